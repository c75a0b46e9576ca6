// The theme that the reader chose, before anything is drawn: data-theme is "light", "dark" or not there.
(function () {
  "use strict";
  try {
    const chosen = localStorage.getItem("rulepack-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (error) {
    // No storage, no choice: the system's theme it is.
  }
})();

// Written by rulepack; changes here are overwritten.
