// What every page has: the switch between light and dark, copy buttons, and the focus on what went wrong.
(function () {
  "use strict";

  function isDark() {
    var chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  document.querySelectorAll("[data-theme-switch]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var theme = isDark() ? "light" : "dark";
      document.documentElement.dataset.theme = theme;
      try {
        localStorage.setItem("theme", theme);
      } catch (_) {
        // It then holds for this page only.
      }
    });
  });

  // <button data-copy="id" hidden> copies the text (or the value) of the element with that id.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    if (!navigator.clipboard) return;
    var label = button.querySelector("[data-copy-label]") || button;
    var before = label.textContent;
    var back;
    button.hidden = false;
    button.addEventListener("click", function () {
      var source = document.getElementById(button.dataset.copy);
      navigator.clipboard.writeText("value" in source ? source.value : source.textContent).then(function () {
        label.textContent = "Copied";
        clearTimeout(back);
        back = setTimeout(function () { label.textContent = before; }, 2000);
      });
    });
  });

  // Times are in UTC; whoever points at one sees it by their own clock.
  document.querySelectorAll("time[datetime]").forEach(function (time) {
    time.title = new Date(time.dateTime).toLocaleString() + " (your time)";
  });

  // A page that came back with complaints begins with them, for everybody.
  var alert = document.querySelector(".notice-danger[role=alert]");
  if (alert) alert.focus();

  // What has been done is said once: a reload does not say it again.
  var here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(null, "", here);
  }
})();
