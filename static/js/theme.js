// Blocking, in <head>: sets the theme before the first paint. "auto" (nothing stored) follows the system.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem("fp-theme") || "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  }

  function apply() {
    const choice = stored();
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  }

  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  window.FlowPilot = { theme: { stored, apply } };
})();
