// Decision trees: map or outline (remembered; outline on narrow screens), the whole screen for one, finding steps
// in it and folding its ways.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const narrow = matchMedia("(max-width: 62rem)");

  function storedView() {
    try {
      return localStorage.getItem("fp-tree-view");
    } catch {
      return null; // storage may be forbidden
    }
  }

  const wantedView = () => storedView() || (narrow.matches ? "outline" : "map");

  function show(tree, view) {
    tree.dataset.view = view;
    tree.dataset.shown = "";
    // The map is for the shape: what the steps say is folded away until asked for.
    for (const more of tree.querySelectorAll(".fp-node__more:not(.fp-node__more--old)")) more.open = view === "outline";
    for (const button of tree.closest("[data-tree-card]")?.querySelectorAll("[data-tree-view]") || []) {
      button.setAttribute("aria-pressed", String(button.dataset.treeView === view));
    }
  }

  function showNew() {
    for (const tree of document.querySelectorAll("[data-tree]:not([data-shown])")) show(tree, wantedView());
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tree-view]");
    if (!button) return;
    const view = button.dataset.treeView;
    try {
      localStorage.setItem("fp-tree-view", view);
    } catch {
      // not remembered, but shown all the same
    }
    for (const tree of button.closest("[data-tree-card]").querySelectorAll("[data-tree]")) show(tree, view);
  });

  /** The tree moves into a dialog and comes back when that closes: one tree, so ids stay unique. */
  fp.actions["tree-expand"] = (button) => {
    const wrap = button.closest("[data-tree-card]").querySelector("[data-tree-wrap]");
    const home = wrap.parentElement;
    const dialog = document.getElementById("tree-dialog");
    dialog.querySelector("[data-tree-slot]").append(wrap);
    dialog.addEventListener("close", () => { if (home.isConnected) home.append(wrap); else wrap.remove(); }, { once: true });
    fp.openDialog(dialog);
  };

  fp.switchTree = () => {
    document.querySelector("[data-tree-card] [data-tree-view][aria-pressed=false]")?.click();
  };

  const foldsOf = (card) => [...card.querySelectorAll(".fp-node__fold")];

  /** All ways but those from the first question, so that its answers can be chosen from. */
  fp.actions["tree-fold"] = (button) => {
    const fold = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(fold));
    foldsOf(button.closest("[data-tree-card]")).forEach((one, place) => { one.open = !fold || place === 0; });
  };

  /** Unfold whatever hides a step. */
  function reveal(step) {
    const above = (place) => place.closest("ol").closest("li");
    for (let branch = above(step); branch; branch = above(branch)) {
      const fold = branch.querySelector(":scope > .fp-step > .fp-node > .fp-node__fold");
      if (fold) fold.open = true;
    }
  }

  const said = (step) => [...step.parentElement.querySelectorAll(".fp-edge, .fp-node__title, .fp-prose, [data-copy-source]")]
    .map((part) => part.textContent).join(" ").toLowerCase();

  function find(card, words) {
    for (const step of card.querySelectorAll(".fp-node")) {
      const text = words.length ? said(step) : "";
      step.classList.toggle("is-hit", words.length > 0 && words.every((word) => text.includes(word)));
      step.classList.remove("is-current");
    }
  }

  function goOn(card, by) {
    const hits = [...card.querySelectorAll(".is-hit")];
    const now = hits.findIndex((step) => step.classList.contains("is-current"));
    const place = now < 0 && by < 0 ? hits.length - 1 : (now + by + hits.length) % hits.length;
    hits[now]?.classList.remove("is-current");
    if (!hits.length) return "0";
    reveal(hits[place]);
    hits[place].classList.add("is-current");
    hits[place].scrollIntoView({ block: "center", inline: "nearest" });
    fp.announce(hits[place].querySelector(".fp-node__title").textContent);
    return `${place + 1}/${hits.length}`;
  }

  function tell(box, found) {
    const output = box.nextElementSibling;
    output.value = found;
    output.hidden = !box.value.trim();
  }

  // A form around the tree, an editor, hears nothing of what is only looked for.
  for (const kind of ["input", "change", "keydown"]) {
    document.addEventListener(kind, (event) => {
      const box = event.target.closest?.("[data-tree-find]");
      if (!box) return;
      event.stopPropagation();
      const card = box.closest("[data-tree-card]");
      if (kind === "input") {
        find(card, box.value.toLowerCase().split(/\s+/).filter(Boolean));
        tell(box, card.querySelectorAll(".is-hit").length);
      } else if (kind === "keydown" && event.key === "Enter") {
        event.preventDefault();
        tell(box, goOn(card, event.shiftKey ? -1 : 1));
      }
    }, true);
  }

  // On paper stands the outline, with all that the steps say.
  const showAll = (view) => { for (const tree of document.querySelectorAll("[data-tree]")) show(tree, view); };
  window.addEventListener("beforeprint", () => showAll("outline"));
  window.addEventListener("afterprint", () => showAll(wantedView()));

  document.addEventListener("htmx:afterSettle", showNew);
  showNew();
})();
