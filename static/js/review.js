// The review queue: its rows, and what of the panel is in view.
(() => {
  "use strict";
  const fp = window.FlowPilot;

  // Either may be missing in the list.
  document.addEventListener("proposal-decided", ({ detail }) => {
    document.getElementById(detail.gone)?.remove();
    const current = detail.current && document.getElementById(detail.current);
    if (!current) return;
    fp.markCurrent(current.querySelector("[data-row-link]"));
    current.scrollIntoView({ block: "nearest" });
  });

  // Of other rows nothing was ticked, nor "all that match".
  for (const swapped of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(swapped, ({ detail }) => {
    if (detail.target.id === "queue-rows") document.getElementById("bulk")?.reset();
  });

  // Searched while it was typed: again when the field is left, rows would come anew under a tick.
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, triggeringEvent } = event.detail;
    const left = triggeringEvent?.type === "change" && triggeringEvent.target.matches(".fp-search input");
    if (left && elt.matches("[data-filters]")) event.preventDefault();
  });

  // Rows that come later name no filters: the address bar does.
  document.addEventListener("htmx:beforeProcessNode", ({ target }) => {
    if (target.matches("[data-row-link]") && !target.search) target.search = location.search;
  });

  // The panel stays when the list is narrowed: its links go on with the list's filters.
  document.addEventListener("click", ({ target }) => {
    const link = target.closest("a[data-with-filters]");
    if (link) link.search = location.search;
  }, { capture: true });

  // The address of this proposal among its filters.
  fp.actions["copy-link"] = async (link, event) => {
    event.preventDefault();
    await navigator.clipboard.writeText(link.href);
    fp.toast("success", fp.words("copied"));
  };

  // The tab whose part is at the top is the current one; parts may come after the panel.
  function show(pane) {
    const links = [...document.querySelectorAll("[data-sections] a")];
    const top = pane.getBoundingClientRect().top + 120;
    const passed = links.filter((link) => document.getElementById(link.hash.slice(1))?.getBoundingClientRect().top <= top).length;
    const atEnd = pane.scrollTop > 0 && pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 2;
    const current = atEnd ? links.length - 1 : Math.max(passed - 1, 0);
    links.forEach((link, index) => { link.ariaCurrent = index === current ? "true" : null; });
  }

  function watch() {
    const pane = document.querySelector("[data-sections-in]");
    if (!pane) return;
    if (!("watched" in pane.dataset)) pane.addEventListener("scroll", () => show(pane), { passive: true });
    pane.dataset.watched = "";
    show(pane);
  }

  // Which row is open, and a plus while more come.
  function place() {
    const spot = document.querySelector("[data-position]");
    const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
    const at = rows.findIndex((row) => row.matches(".is-current"));
    if (!spot) return;
    const all = rows.length + (document.querySelector("[data-rows] .fp-more") ? "+" : "");
    spot.textContent = at < 0 ? "" : spot.dataset.position.replace("%1", at + 1).replace("%2", all);
  }

  document.addEventListener("htmx:afterOnLoad", place);

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    watch();
    // Whoever asked for a part before it came is led to it now.
    if (detail.elt.id === "tree" && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  });
  watch();
  place();
})();
