// The intake. Nothing of it is kept in the browser; without this file the form works as plain HTML.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const form = () => document.querySelector("[data-intake]");
  if (!form()) return;

  const KEEP_AFTER_MS = 800;
  const LOG_LINES = 15;
  const LOG_LENGTH = 2000;
  const MOST_FILES = 5;
  const LARGEST = 10 * 2 ** 20;
  const field = (name) => form().elements[name];
  const words = (key) => document.getElementById("intake-words").dataset[key];

  let timer;
  let unkept = false;

  function post(options) {
    const data = new FormData(form());
    data.delete("uploads");
    return fetch(form().dataset.draftUrl, { method: "POST", body: data, redirect: "manual", ...options });
  }

  async function keep(options = {}) {
    clearTimeout(timer);
    if (!unkept) return;
    unkept = false;
    try {
      let answer = await post(options);
      if (answer.status === 403 && await fp.freshToken()) answer = await post(options);
      if (answer.type === "opaqueredirect") fp.signedOut();
      else if (answer.ok || answer.status === 409 || answer.status === 422) document.getElementById("intake-look").innerHTML = await answer.text();
      else unkept = true;
    } catch {
      unkept = true; // the next letter tries again
    }
  }

  function typed() {
    unkept = true;
    clearTimeout(timer);
    timer = setTimeout(keep, KEEP_AFTER_MS);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) keep({ keepalive: true });
  });
  // what is sent is no draft
  document.addEventListener("submit", () => clearTimeout(timer));
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.xhr.getResponseHeader("HX-Redirect")) return;
    unkept = false;
    // who comes back begins anew
    addEventListener("pageshow", () => location.reload(), { once: true });
  });
  document.addEventListener("signed-out", () => { unkept = true; });
  document.addEventListener("signed-in", () => keep());

  const log = () => field("log");

  function showNumbers() {
    const count = log().value.split("\n").length;
    const numbers = form().querySelector("[data-line-numbers]");
    numbers.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
    numbers.scrollTop = log().scrollTop;
  }

  function takeLog(text) {
    log().value = [log().value, text].filter(Boolean).join("\n");
    document.getElementById("intake-log").open = true;
    const said = `${text.split("\n").length} ${words("lines")}`;
    form().querySelector("[data-log-count]").textContent = said;
    document.getElementById("log-pasted").hidden = false;
    fp.announce(said);
    showNumbers();
    typed();
  }

  fp.actions["log-to-text"] = () => {
    field("problem").value = [field("problem").value, log().value].filter(Boolean).join("\n");
    log().value = "";
    document.getElementById("log-pasted").hidden = true;
    document.getElementById("intake-log").open = false;
    field("problem").focus();
    showNumbers();
    typed();
  };

  fp.actions["go-to-line"] = (button) => {
    const lines = log().value.split("\n");
    const at = Number(button.dataset.line) - 1;
    const start = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
    document.getElementById("intake-log").open = true;
    log().focus();
    log().setSelectionRange(start, start + (lines[at] || "").length);
    log().scrollTop = (log().scrollHeight / lines.length) * Math.max(0, at - 3);
  };

  let chosen = [];

  const withFiles = () => import(form().dataset.script); // fetched when there are some, or they come

  function show(files) {
    chosen = files;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    field("uploads").files = transfer.files;
    withFiles().then(() => fp.listShots(files));
  }

  const taken = (file) => field("uploads").accept.split(",").some((ending) => file.name.toLowerCase().endsWith(ending));

  function refusal(file) {
    if (!taken(file)) return words("kind");
    return file.size > LARGEST ? words("large") : "";
  }

  function add(files) {
    for (const file of files) if (refusal(file)) fp.toast("error", `${file.name} ${refusal(file)}`);
    const all = [...chosen, ...files.filter((file) => !refusal(file))];
    const room = MOST_FILES - document.querySelectorAll("#intake-kept > li").length;
    if (all.length > room) fp.toast("error", words("full"));
    show(all.slice(0, room));
  }

  const named = (file) => (file.name === "image.png" ? new File([file], `screenshot-${chosen.length + 1}.png`, { type: file.type }) : file);

  fp.actions["remove-shot"] = (button) => {
    show(chosen.filter((_, index) => index !== Number(button.dataset.index)));
    field("problem").focus();
  };

  fp.actions["black-out"] = async (button) => {
    const index = Number(button.dataset.index);
    await import(document.getElementById("blackout").dataset.script); // fetched when it is first needed
    await fp.blackOut(chosen[index], (blackened) => show(chosen.with(index, blackened)));
  };

  const askTicket = () => window.htmx.trigger(field("ticket"), "look-up");

  fp.actions["look-up"] = (button, event) => {
    event.preventDefault();
    askTicket();
  };

  fp.actions["use-ticket"] = (button, event) => {
    event.preventDefault();
    field("ticket").value = button.value;
    field("ticket").focus();
    askTicket();
    typed();
  };

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target?.id === "ticket-preview") {
      const client = detail.target.querySelector("[data-ticket-client]")?.dataset.ticketClient;
      if (client) field("client").value = client;
    } else if (document.getElementById("intake-shots")?.childElementCount === 0) begin();
  });

  document.addEventListener("input", (event) => {
    if (!event.target.closest("[data-intake]") || event.target === field("uploads")) return;
    if (event.target === log()) showNumbers();
    typed();
  });
  document.addEventListener("change", (event) => {
    if (event.target === field("uploads")) add([...field("uploads").files]);
  });
  document.addEventListener("scroll", (event) => {
    if (event.target === log()) form().querySelector("[data-line-numbers]").scrollTop = log().scrollTop;
  }, true);

  document.addEventListener("paste", (event) => {
    if (!event.target.closest?.("[data-intake]")) return;
    const files = [...event.clipboardData.files];
    const text = event.clipboardData.getData("text/plain");
    if (files.length && !text) {
      event.preventDefault();
      for (const file of files) add([named(file)]);
    } else if (event.target === field("problem") && (text.length > LOG_LENGTH || text.split("\n").length > LOG_LINES)) {
      event.preventDefault();
      takeLog(text.replaceAll("\r\n", "\n"));
    }
  });

  fp.enclose = add;
  document.addEventListener("dragenter", withFiles, { once: true });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.closest("[data-intake]")) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form().requestSubmit(document.getElementById("intake-start"));
    } else if (event.target === field("ticket")) {
      event.preventDefault();
      askTicket();
    }
  });

  function begin() {
    chosen = [];
    showNumbers();
    if (field("problem").value || log().value) typed();
  }
  begin();
})();
