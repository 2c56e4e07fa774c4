// The editor of a flow: the drawn tree is walked by arrow keys and its steps lead to their cards, what was folded
// stays folded after a swap, and leaving the page asks first when something typed is kept nowhere yet.
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

  const drawnAt = (place) => place.closest("#edit-side .fp-node");
  const cardOf = (drawn) => document.getElementById(drawn.id.replace(/^map-/, "card-")); // a removed step has none

  function openCard(drawn, at = "") {
    const card = cardOf(drawn);
    if (!card) return;
    card.scrollIntoView({ block: "start" });
    (at && card.querySelector(at) || card).focus({ preventScroll: true });
  }

  form.addEventListener("click", (event) => {
    const drawn = drawnAt(event.target);
    if (drawn && !event.target.closest("a, button, summary")) openCard(drawn);
  });

  // Walking the drawn tree: down and up in reading order, right to the first way on, left to where it came from.
  const drawnSteps = () => [...form.querySelectorAll("#edit-side .fp-node")];
  const walk = {
    ArrowDown: (drawn, all) => all[all.indexOf(drawn) + 1],
    ArrowUp: (drawn, all) => all[all.indexOf(drawn) - 1],
    ArrowRight: (drawn) => drawn.closest("li").querySelector(":scope > ol .fp-node"),
    ArrowLeft: (drawn) => drawn.closest("ol").closest("li")?.querySelector(":scope > .fp-step .fp-node"),
  };
  const onStep = {
    Enter: (drawn) => openCard(drawn, "input[type=text]"),
    Delete: (drawn) => cardOf(drawn)?.querySelector("button[value^='remove-node:']")?.click(),
    n: (drawn) => {
      const menu = cardOf(drawn)?.querySelector(".fp-addafter");
      if (!menu) return;
      menu.open = true;
      menu.querySelector("button").focus();
    },
  };

  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wrap = event.target.closest("#edit-side [data-tree-wrap]");
    if (!wrap || event.target.closest("a, button, summary")) return;
    const drawn = drawnAt(event.target);
    if (walk[event.key]) {
      const next = drawn ? walk[event.key](drawn, drawnSteps()) : drawnSteps()[0];
      next?.focus();
      next?.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (drawn && onStep[event.key]) onStep[event.key](drawn);
    else return;
    event.preventDefault();
  });

  const touched = () => { unsaved = true; };
  form.addEventListener("input", touched);
  form.addEventListener("submit", () => { unsaved = false; }); // without HTMX the page goes with what was typed
  form.addEventListener("htmx:afterSwap", ({ detail }) => {
    // An editor with a draft has kept what it answers with, unless it says that somebody else was first.
    unsaved = !("autosave" in form.dataset) || detail.xhr.status === 409;
  });
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    if (detail.xhr.getResponseHeader("HX-Redirect")) unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
})();
