// The guided thread: what is being said, as it comes; the field that keeps what was typed; commands to copy.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const POLL_MS = 1000;
  const FAILURES = 2;
  let source;
  let watched;
  let poll;

  const thread = () => document.getElementById("thread");
  const scroller = () => document.querySelector("[data-thread-scroll]");

  /** Show what is newest, unless somebody reads further up. */
  function follow(always) {
    const pane = scroller();
    if (!pane) return;
    const near = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 240;
    if (always || near) requestAnimationFrame(() => { pane.scrollTop = pane.scrollHeight; });
  }

  function unwatch() {
    source?.close();
    clearInterval(poll);
    source = poll = watched = undefined;
  }

  /** Fetch the thread as it stands. The field below is not part of it, so nothing that is typed is lost. */
  function refresh() {
    const current = thread();
    if (current) htmx.ajax("GET", current.dataset.thread, { target: "#thread", swap: "outerHTML" });
  }

  /** Without a stream: look every second. The swap that follows ends it when the turn is over. */
  function lookNowAndThen() {
    source?.close();
    source = undefined;
    poll ??= setInterval(refresh, POLL_MS);
  }

  function watch() {
    const turn = document.querySelector("[data-stream]");
    if (!turn) {
      unwatch();
      return;
    }
    if (watched === turn.dataset.stream) return;
    unwatch();
    watched = turn.dataset.stream;
    let failures = 0;
    source = new EventSource(watched);
    source.addEventListener("open", () => { failures = 0; });
    source.addEventListener("html", (event) => {
      const said = document.querySelector("[data-stream] [data-said]");
      if (!said) return;
      said.innerHTML = event.data; // rendered and cleaned by the server
      follow(false);
    });
    source.addEventListener("step", refresh);
    source.addEventListener("done", () => { source?.close(); });
    source.addEventListener("error", (event) => {
      if (event.data !== undefined) refresh(); // the server's sentence stands in the thread
      else if (++failures >= FAILURES || source?.readyState === EventSource.CLOSED) lookNowAndThen();
    });
  }

  /** Each block of code of the current step gets the button that copies it. */
  function offerCopies() {
    const label = document.getElementById("copy-button");
    for (const block of document.querySelectorAll("[data-copyable] pre:not([data-copy-source])")) {
      const scope = document.createElement("div");
      scope.className = "fp-copyable";
      scope.dataset.copyScope = "";
      block.dataset.copySource = "";
      block.replaceWith(scope);
      scope.append(block, label.content.cloneNode(true));
    }
  }

  function prepare() {
    offerCopies();
    watch();
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target || event.target;
    if (target.id !== "thread") return; // as a whole: what the event names is not in the page any more
    prepare();
    follow(true);
    const next = document.getElementById("now-title");
    if (!next) return;
    if (next.matches("[data-focus]")) next.focus({ preventScroll: true });
    fp.announce(next.dataset.announce);
  });

  // Which button was pressed, also when it came with the last swap and htmx does not know it yet.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const pressed = detail.triggeringEvent?.submitter;
    if (!pressed || !detail.elt.matches("[data-say]")) return;
    for (const name of ["option", "outcome", "kind"]) detail.formData.delete(name);
    if (pressed.name) detail.formData.set(pressed.name, pressed.value);
  });

  // Written and taken: the field is empty again.
  document.addEventListener("thread-moved", () => {
    const form = document.querySelector("[data-say]");
    if (form) form.querySelector("textarea").value = "";
    const outcome = document.getElementById("own-outcome");
    if (outcome) outcome.value = "";
  });

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-say]");
    if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-send]"));
  });

  prepare();
  if (document.getElementById("now")) follow(true);
})();
