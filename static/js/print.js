// The night on paper: one button.
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
