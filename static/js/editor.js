// The editor of a flow: the drawn tree is walked by arrow keys, a swap keeps folds and what was typed meanwhile,
// and leaving the page asks when something is kept nowhere yet.
(() => {
  "use strict";
  const form = document.querySelector("[data-edit-form]");
  if (!form) return;

  const folding = () => [...form.querySelectorAll("details[id]:not(.fp-addafter)")];
  let folds = new Map();
  let unsaved = form.dataset.editForm === "unsaved"; // the answer to a form that came without HTMX

  form.addEventListener("htmx:beforeSwap", () => { folds = new Map(folding().map((one) => [one.id, one.open])); });

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

  // Up and down in reading order, right to the first way on, left to where it came from.
  const drawnSteps = () => [...form.querySelectorAll("#edit-side .fp-node")].filter((one) => one.checkVisibility());
  const walk = {
    ArrowDown: (drawn, all) => all[all.indexOf(drawn) + 1],
    ArrowUp: (drawn, all) => all[all.indexOf(drawn) - 1],
    ArrowRight: (drawn) => {
      drawn.querySelector(".fp-node__fold")?.setAttribute("open", "");
      return drawn.closest("li").querySelector(":scope > ol .fp-node");
    },
    ArrowLeft: (drawn) => drawn.closest("ol").closest("li")?.querySelector(":scope > .fp-step .fp-node"),
  };
  function addAfter(drawn) {
    const menu = cardOf(drawn)?.querySelector(".fp-addafter");
    if (!menu) return;
    menu.open = true;
    menu.querySelector("button").focus();
  }

  const onStep = {
    Enter: (drawn) => openCard(drawn, "input[type=text]"),
    Delete: (drawn) => cardOf(drawn)?.querySelector("button[value^='remove-node:']")?.click(),
    Insert: addAfter,
    n: addAfter,
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

  const late = new Map(); // fields typed in since the last request left
  form.addEventListener("input", ({ target }) => {
    if (!target.name) return; // the search in the tree
    unsaved = true;
    late.set(target.id, target);
    form.dispatchEvent(new Event("typed"));
  });
  form.addEventListener("htmx:beforeSend", () => late.clear());
  form.addEventListener("submit", () => { unsaved = false; }); // without HTMX the page goes along
  form.addEventListener("htmx:afterSwap", ({ detail }) => {
    for (const one of folding()) one.open = folds.get(one.id) ?? one.open;
    for (const [id, { value }] of late) {
      const now = document.getElementById(id);
      if (!now) continue;
      const sent = now.value;
      now.value = value;
      if (now.selectedIndex < 0) now.value = sent; // what it led to is gone
    }
    unsaved = late.size > 0 || !("autosave" in form.dataset) || detail.xhr.status === 409;
  });
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    if (detail.xhr.getResponseHeader("HX-Redirect")) unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
})();
