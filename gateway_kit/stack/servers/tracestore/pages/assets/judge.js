// A key presses the control that names it in data-key. Keys with a modifier, and keys typed into a field, stay what they
// are. Without this script, every control is reached with Tab.
let sent = false;

document.addEventListener("submit", (event) => {
  // The second of two quick keys would judge the answer that is leaving.
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => { sent = false; });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  if (event.target.closest("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  const control = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (!control) return;
  event.preventDefault();
  if (control.matches("input, textarea")) control.focus();
  else control.click();
});
