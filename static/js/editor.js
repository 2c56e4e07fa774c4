// The editor of a flow: a step of the drawn tree leads to its card, what was folded stays folded after a
// swap, and leaving the page asks first when something was typed.
(() => {
  "use strict";
  const form = document.querySelector("[data-edit-form]");
  if (!form) return;

  const folding = () => form.querySelectorAll("#cards details[id]");
  let folds = new Map();
  let unsaved = form.dataset.editForm === "unsaved"; // the answer to a form that came without HTMX

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id === "editor") folds = new Map([...folding()].map((one) => [one.id, one.open]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const one of folding()) {
      const menu = one.classList.contains("fp-addafter");
      if (!menu && folds.has(one.id)) one.open = folds.get(one.id);
    }
    folds = new Map();
  });

  form.addEventListener("click", (event) => {
    const drawn = event.target.closest("#edit-side .fp-node");
    if (!drawn || event.target.closest("a, button, summary")) return;
    const card = document.getElementById(drawn.id.replace(/^map-/, "card-"));
    if (!card) return; // a removed step has none
    card.scrollIntoView({ block: "start" });
    card.focus({ preventScroll: true });
  });

  const touched = () => { unsaved = true; };
  form.addEventListener("input", touched);
  form.addEventListener("submit", () => { unsaved = false; }); // without HTMX the page goes with what was typed
  form.addEventListener("htmx:afterSwap", touched);
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    if (detail.xhr.getResponseHeader("HX-Redirect")) unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
})();
