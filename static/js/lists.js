// Lists of rows: the current one, moving with j and k, selecting for bulk actions.
//   <ul data-rows="open|focus"> <li data-row> <a data-row-link> … <input type=checkbox name=ids>
// "open" clicks the row moved to (list beside detail), "focus" only moves the focus (tables).
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const list = () => document.querySelector("[data-rows]");
  const links = () => [...document.querySelectorAll("[data-rows] [data-row-link]")];
  const isCurrent = (link) => link === document.activeElement || link.hasAttribute("aria-current");

  /** Move by `step` rows from the current one; from nowhere, to the first. */
  fp.moveRow = (step) => {
    const all = links();
    const focused = all.indexOf(document.activeElement);
    const from = focused >= 0 ? focused : all.findIndex(isCurrent);
    const next = all[from < 0 ? 0 : from + step];
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    next.focus({ preventScroll: true });
    if (list().dataset.rows === "open") next.click();
  };

  fp.markCurrent = (link) => {
    for (const other of links()) {
      const on = other === link;
      other.closest("[data-row]").classList.toggle("is-current", on);
      if (on) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
  };

  document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
    if (detail.xhr.status < 400 && detail.elt.matches("[data-rows=open] [data-row-link]")) fp.markCurrent(detail.elt);
  });

  // selecting
  const boxes = () => [...document.querySelectorAll("[data-rows] input[type=checkbox]")];
  let last = null;

  function showSelection() {
    const count = boxes().filter((box) => box.checked).length;
    for (const bar of document.querySelectorAll("[data-bulk]")) {
      bar.hidden = count === 0;
      bar.querySelector("[data-bulk-count]").textContent = `${count} ${fp.words("selected")}`;
    }
  }

  /** Tick or untick the current row. */
  fp.toggleRow = () => {
    const current = links().find(isCurrent);
    const box = current && current.closest("[data-row]").querySelector("input[type=checkbox]");
    if (box) box.click();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.matches("[data-rows] input[type=checkbox]")) return;
    const all = boxes();
    if (event.shiftKey && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
      for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
    }
    last = event.target;
    showSelection();
  });

  fp.actions["clear-selection"] = () => {
    for (const box of boxes()) box.checked = false;
    showSelection();
  };
  fp.actions["next-row"] = () => fp.moveRow(1);
  fp.actions["previous-row"] = () => fp.moveRow(-1);
  document.addEventListener("htmx:afterSettle", showSelection);
  showSelection();
})();
