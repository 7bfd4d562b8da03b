// What is for the host at the projector alone goes away while nobody moves the pointer or types.
const AFTER = 4000;

export function hideAtRest() {
  const root = document.documentElement;
  let waiting = 0;
  const wake = () => {
    root.classList.remove("resting");
    clearTimeout(waiting);
    waiting = setTimeout(() => root.classList.add("resting"), AFTER);
  };
  for (const sign of ["pointermove", "pointerdown", "keydown"]) addEventListener(sign, wake);
  wake();
}
