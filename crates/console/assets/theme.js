// In the head, before anything is painted: the theme that was chosen, if one was.
(function () {
  "use strict";
  // What is there for browsers without scripts goes away before it is seen.
  document.documentElement.classList.add("js");
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (_) {
    // Without storage, the system's theme holds.
  }
})();
