// Decision trees: map or outline (remembered; outline on narrow screens), and the whole screen for one.
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
    const card = tree.closest("[data-tree-card]");
    if (!card) return;
    for (const button of card.querySelectorAll("[data-tree-view]")) {
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

  // On paper stands the outline, with all that the steps say.
  const showAll = (view) => { for (const tree of document.querySelectorAll("[data-tree]")) show(tree, view); };
  window.addEventListener("beforeprint", () => showAll("outline"));
  window.addEventListener("afterprint", () => showAll(wantedView()));

  document.addEventListener("htmx:afterSettle", showNew);
  showNew();
})();
