// The page around the components: announcing, loading state, focus after a swap, menus, theme, copy.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const LOADING_AFTER_MS = 150;

  /** Say something to screen readers, even if it is what was said last. */
  fp.announce = (text) => {
    const announcer = document.getElementById("announcer");
    announcer.textContent = "";
    requestAnimationFrame(() => { announcer.textContent = text; });
  };

  /** A sentence that the server wrote into the page for scripts. */
  fp.words = (key) => document.getElementById("words").dataset[key] || "";

  /** What a click on `[data-action=name]` does; the other files add theirs. */
  fp.actions = {};

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    const action = button && fp.actions[button.dataset.action];
    if (action) action(button, event);
  });

  // loading
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    detail.xhr.fpLoading = setTimeout(() => {
      detail.target.classList.add("is-loading");
      detail.target.setAttribute("aria-busy", "true");
    }, LOADING_AFTER_MS);
  });

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    clearTimeout(detail.xhr.fpLoading);
    detail.target.classList.remove("is-loading");
    detail.target.removeAttribute("aria-busy");
  });

  // filters: parameters without a value stay out of the address
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb !== "get" || !detail.elt.closest("[data-filters]")) return;
    for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
  });

  // saving a list's filters: those of the address, unless it says them by the name of another view
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!detail.elt.matches("[data-save-view]") || new URLSearchParams(location.search).has("view")) return;
    detail.formData.set("query", location.search);
  });

  // focus after a swap: the first field with an error, else what the new content names
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target || event.target; // swaps by server-sent events name no target
    const wrong = target.querySelector("[aria-invalid=true]");
    const named = target.matches("[data-focus]") ? target : target.querySelector("[data-focus]");
    if (wrong) wrong.focus();
    else if (named) named.focus({ preventScroll: true });
    const said = target.matches("[data-announce]") ? target : target.querySelector("[data-announce]");
    if (said) fp.announce(said.dataset.announce);
  });

  // menus close on a click elsewhere and on Escape
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /** Fold the thing around the button out or in (on narrow screens). */
  const foldable = (selector) => (button) => {
    const open = button.closest(selector).classList.toggle("is-open");
    button.setAttribute("aria-expanded", String(open));
  };
  fp.actions["toggle-nav"] = foldable("[data-nav]");
  fp.actions["toggle-filters"] = foldable("[data-filters]");

  fp.actions.copy = async (button) => {
    const source = button.closest("[data-copy-scope]").querySelector("[data-copy-source]");
    await navigator.clipboard.writeText(source.textContent);
    fp.toast("success", fp.words("copied"));
  };

  // theme
  function showTheme() {
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === fp.theme.stored()));
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme]");
    if (!button) return;
    try {
      localStorage.setItem("fp-theme", button.dataset.theme);
    } catch {
      return; // nothing to remember it in
    }
    fp.theme.apply();
    showTheme();
  });
  showTheme();

  fp.actions.print = () => window.print();

  // What is folded on the screen is printed, and folded again afterwards.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = document.querySelectorAll("details.fp-fold:not([open])");
    for (const fold of folded) fold.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
  });
})();
