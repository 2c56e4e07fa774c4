// The guided thread: what is being said, as it comes; the field that keeps what was typed; commands to copy.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const POLL_MS = 1000;
  const FAILURES = 2;
  let source;
  let watched;
  let poll;
  let asking = false;
  let reads = false; // further up than what is newest
  let acted = false;
  let sent;

  const thread = () => document.getElementById("thread");
  const words = () => document.getElementById("say-text");
  const scroller = () => document.querySelector("[data-thread-scroll]");

  /** Whether somebody reads further up. To be asked before anything is added. */
  function readsUp() {
    const pane = scroller();
    return Boolean(pane) && pane.scrollHeight - pane.scrollTop - pane.clientHeight >= 240;
  }

  /** Show what is newest. */
  function follow() {
    const pane = scroller();
    if (pane) requestAnimationFrame(() => { pane.scrollTop = pane.scrollHeight; });
  }

  function unwatch() {
    source?.close();
    clearInterval(poll);
    source = poll = watched = undefined;
  }

  /** Fetch the thread as it stands. The field below is not part of it, so nothing that is typed is lost. */
  async function refresh() {
    const current = thread();
    if (!current || asking) return;
    asking = true;
    try {
      await htmx.ajax("GET", current.dataset.thread, { target: "#thread", swap: "outerHTML" });
    } catch {
      // a toast says so, and the next look asks again
    } finally {
      asking = false;
    }
  }

  /** What has been said so far: rendered and cleaned by the server. */
  function show(html) {
    const said = document.querySelector("[data-stream] [data-said]");
    if (!said || !html) return;
    reads = readsUp();
    said.innerHTML = html;
    if (!reads) follow();
  }

  /** Ask for what has been said; when nothing more comes, for the thread. */
  async function look() {
    const turn = document.querySelector("[data-stream]");
    if (!turn) return;
    try {
      const answer = await fetch(turn.dataset.sofar, { redirect: "manual" });
      if (!poll) return; // the thread came meanwhile
      if (answer.type === "opaqueredirect") fp.signedOut();
      else if (answer.status === 200) show(await answer.text());
      else if (answer.status < 500) refresh();
    } catch {
      // cannot be reached: the next look asks again
    }
  }

  /** Without a stream: look every second. The swap that follows ends it when the turn is over. */
  function lookNowAndThen() {
    source?.close();
    source = undefined;
    poll ??= setInterval(look, POLL_MS);
  }

  /** The turn is over. Should the thread not come now, it is asked for again. */
  function over() {
    lookNowAndThen();
    refresh();
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
    source = new EventSource(`${watched}?proof=${turn.dataset.proof}`);
    source.addEventListener("open", () => { failures = 0; });
    source.addEventListener("html", (event) => show(event.data));
    source.addEventListener("step", over);
    source.addEventListener("error", (event) => {
      if (event.data !== undefined) over(); // the server's sentence stands in the thread
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

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id === "thread") reads = readsUp();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target || event.target;
    if (target.id !== "thread") return; // as a whole: what the event names is not in the page any more
    prepare();
    const refused = document.querySelector("#thread > [role=alert]");
    if (refused) refused.scrollIntoView({ block: "nearest" });
    else if (acted || !reads) follow();
    acted = false;
    const next = document.getElementById("now-title");
    if (!next) return;
    const purpose = document.querySelector("[data-of-step]"); // what a script is for, as long as nobody wrote there
    if (purpose && purpose.value === purpose.defaultValue) purpose.value = purpose.defaultValue = next.textContent;
    if (next.matches("[data-focus]")) next.focus({ preventScroll: true });
    fp.announce(next.dataset.announce);
  });

  // Which button was pressed, also when it came with the last swap and htmx does not know it yet.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const pressed = detail.triggeringEvent?.submitter;
    if (!detail.elt.matches("[data-say]")) return;
    sent = words().value;
    if (!pressed) return;
    for (const name of ["option", "outcome", "kind"]) detail.formData.delete(name);
    if (pressed.name) detail.formData.set(pressed.name, pressed.value);
  });

  document.addEventListener("thread-moved", () => { acted = true; });

  // Written and taken: the field is empty again, but for what was typed since.
  document.addEventListener("thread-said", () => {
    if (words().value === sent) words().value = "";
    document.getElementById("own-outcome").value = "";
  });

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-say]");
    if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-send]"));
  });

  // What handles files is fetched when somebody comes to the field, or drags something over the page.
  const composer = document.querySelector("[data-say]"); // no swap replaces it
  const handleFiles = () => import(composer.dataset.script);
  composer?.addEventListener("focusin", handleFiles, { once: true });
  if (composer) document.addEventListener("dragenter", handleFiles, { once: true });

  document.addEventListener("signed-out", unwatch);
  document.addEventListener("signed-in", watch);

  prepare();
  if (document.getElementById("now")) follow();
})();
