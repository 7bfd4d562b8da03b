// What a tap need not wait for comes after the frame that shows it.
const COVERED = 1000; // milliseconds: where nobody looks no frames are drawn

export function afterPaint(act) {
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    setTimeout(act);
  });
  const late = () => {
    cancelAnimationFrame(frame);
    act();
  };
  const timer = setTimeout(late, document.hidden ? 0 : COVERED);
}

// However often it is called, `act` comes once a frame.
export function oncePerFrame(act) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    afterPaint(() => {
      waits = false;
      act();
    });
  };
}
