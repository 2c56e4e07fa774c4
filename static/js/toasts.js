// Toasts: success 5 s, with Undo 30 s, errors and warnings stay; at most three; they wait while looked at.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const region = document.getElementById("toasts");
  const LIFETIME_MS = { success: 5000, info: 5000, undo: 30000 };
  const MOST = 3;

  const lifetime = (toast) => LIFETIME_MS[toast.querySelector("[data-toast-undo]") ? "undo" : toast.dataset.toast];

  function arm(toast) {
    toast.dataset.armed = "";
    const time = lifetime(toast);
    if (!time) return;
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), time); };
    const wait = () => clearTimeout(timer);
    for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, wait);
    for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, () => { wait(); start(); });
    start();
  }

  const text = (toast) => toast.querySelector(".fp-toast__text").textContent;

  /** Arm new toasts; the same text twice is shown once, and the oldest make room. */
  function tidy() {
    for (const toast of region.querySelectorAll("[data-toast]:not([data-armed])")) {
      for (const older of region.querySelectorAll("[data-armed]")) if (text(older) === text(toast)) older.remove();
      arm(toast);
    }
    while (region.childElementCount > MOST) region.firstElementChild.remove();
  }

  /** Show a toast made by a script. Kinds: success, error. */
  fp.toast = (kind, words) => {
    const toast = document.getElementById(`toast-${kind}`).content.firstElementChild.cloneNode(true);
    toast.querySelector(".fp-toast__text").textContent = words;
    region.append(toast);
  };

  fp.actions["close-toast"] = (button) => button.closest("[data-toast]").remove();
  document.addEventListener("click", (event) => {
    const undo = event.target.closest("[data-toast-undo]");
    if (undo) undo.addEventListener("htmx:afterRequest", () => undo.closest("[data-toast]")?.remove(), { once: true });
  });

  // What went wrong with a request. 422 is the form again, 409 a panel: both are swapped in, not announced here.
  const wordsFor = (status) => fp.words(String(status)) || fp.words(status >= 500 ? "500" : "404");
  document.addEventListener("htmx:responseError", ({ detail }) => fp.toast("error", wordsFor(detail.xhr.status)));
  document.addEventListener("htmx:sendError", () => fp.toast("error", fp.words("offline")));
  document.addEventListener("htmx:timeout", () => fp.toast("error", fp.words("offline")));
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { status, responseText } = detail.xhr;
    if (status === 409 && !responseText.trim()) {
      detail.shouldSwap = false;
      fp.toast("error", fp.words("409"));
    }
    // A refusal that brings its own toast: nothing is swapped, but what goes out-of-band is.
    if (status >= 400 && detail.xhr.getResponseHeader("HX-Reswap") === "none") {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });

  new MutationObserver(tidy).observe(region, { childList: true });
  tidy();
})();
