// The review queue: the row that a decision took away, and which part of the panel is in view.
(() => {
  "use strict";

  // The server names the decided row and the one that is open now; either may not be in the list.
  document.addEventListener("proposal-decided", ({ detail }) => {
    document.getElementById(detail.gone)?.remove();
    const current = detail.current && document.getElementById(detail.current);
    if (!current) return;
    for (const row of document.querySelectorAll("[data-rows] [data-row]")) {
      const link = row.querySelector("[data-row-link]");
      row.classList.toggle("is-current", row === current);
      if (row === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    current.scrollIntoView({ block: "nearest" });
  });

  // The tabs of the panel are links to its parts: the one whose part is at the top is the current one.
  function watch() {
    const links = [...document.querySelectorAll("[data-sections] a")];
    const pane = document.querySelector("[data-sections-in]");
    if (!pane || pane.dataset.watched) return;
    pane.dataset.watched = "";
    const parts = links.map((link) => document.getElementById(link.hash.slice(1)));
    const show = () => {
      const top = pane.getBoundingClientRect().top + 120;
      const passed = parts.filter((part) => part.getBoundingClientRect().top <= top).length;
      const atEnd = pane.scrollTop > 0 && pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 2;
      const current = atEnd ? links.length - 1 : Math.max(passed - 1, 0);
      links.forEach((link, index) => {
        if (index === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    };
    pane.addEventListener("scroll", show, { passive: true });
    show();
  }

  document.addEventListener("htmx:afterSettle", watch);
  watch();
})();
