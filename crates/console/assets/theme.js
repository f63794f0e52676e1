// In the head, before anything is painted: the theme that was chosen, if one was.
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (_) {
    // Without storage, the system's theme holds.
  }
})();
