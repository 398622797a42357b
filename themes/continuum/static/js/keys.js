// The key / leads to the search. Readers can switch it off on the search page: single keys are in the way of those who
// speak to their machines.

const link = document.querySelector("[data-search-link]");

function wanted() {
  try {
    return localStorage.getItem("search-key") !== "off";
  } catch {
    return true;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
    return;
  }
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") || !wanted()) {
    return;
  }
  event.preventDefault();
  const field = document.getElementById("search-field");
  if (field) {
    field.focus();
    field.select();
  } else {
    location.href = link.href;
  }
});
