// Keys: single letters that do something, unless somebody writes or has switched them off.

const KEPT = "sitegen-review-keys";

const writes = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;

function on() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

export function keys(acts) {
  const help = document.getElementById("help");
  const choice = document.getElementById("keys-on");
  const opener = document.getElementById("help-open");
  const show = () => help.open || help.showModal();
  choice.checked = on();
  choice.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, choice.checked ? "on" : "off");
    } catch {
      // It holds for this page only then.
    }
  });
  opener.hidden = false;
  opener.addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open || writes(event.target)) return;
    const act = event.key === "?" ? show : acts[event.key];
    if (!act || !choice.checked) return;
    event.preventDefault();
    act();
  });
  document.documentElement.dataset.keys = "ready";
}
