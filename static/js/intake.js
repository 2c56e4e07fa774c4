// The intake: what is typed is kept on the server, pasted logs and screenshots find their place, the ticket is
// looked up. Nothing of it is kept in the browser; without this file the form works as plain HTML.
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
  const THUMBNAIL = { width: 96, height: 64 };
  const field = (name) => form().elements[name];
  const words = (key) => document.getElementById("intake-words").dataset[key];

  // keeping what is typed
  let timer;
  let unkept = false;

  const banner = () => form().querySelector("[data-signed-out]");

  function signedOut() {
    unkept = true;
    banner().hidden = false;
    banner().scrollIntoView({ block: "nearest" });
  }

  /** After a new sign-in the page's token is of the old one. Whether there is a sign-in again. */
  async function freshToken() {
    const answer = await fetch(form().dataset.freshUrl, { redirect: "manual" });
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  }

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
      if (answer.status === 403 && await freshToken()) answer = await post(options);
      if (answer.type === "opaqueredirect") signedOut();
      else if (answer.ok || answer.status === 422) document.getElementById("intake-look").innerHTML = await answer.text();
      else unkept = true;
    } catch {
      unkept = true; // the network: the next letter tries again
    }
  }

  function typed() {
    unkept = true;
    clearTimeout(timer);
    timer = setTimeout(keep, KEEP_AFTER_MS);
  }

  document.addEventListener("visibilitychange", async () => {
    if (document.visibilityState === "hidden") keep({ keepalive: true });
    else if (!banner().hidden && await freshToken()) {
      banner().hidden = true;
      keep();
    }
  });

  // A form that was sent after the sign-in has ended stays, instead of following to the login page.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, elt } = event.detail;
    const to = xhr.getResponseHeader("HX-Redirect");
    const login = banner()?.querySelector("a").pathname;
    if (!to || elt !== form() || new URL(to, location.href).pathname !== login) return;
    event.preventDefault();
    signedOut();
  });

  // the log
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

  // screenshots and other files
  let chosen = [];

  async function drawThumbnail(canvas, file) {
    const picture = await createImageBitmap(file);
    const scale = Math.max(THUMBNAIL.width / picture.width, THUMBNAIL.height / picture.height);
    const size = [picture.width * scale, picture.height * scale];
    const place = [(THUMBNAIL.width - size[0]) / 2, (THUMBNAIL.height - size[1]) / 2];
    canvas.getContext("2d").drawImage(picture, ...place, ...size);
  }

  const sizeOf = (file) => (file.size < 2 ** 20 ? `${Math.ceil(file.size / 1024)} KB` : `${(file.size / 2 ** 20).toFixed(1)} MB`);

  function shot(file, index) {
    const item = document.getElementById("shot").content.firstElementChild.cloneNode(true);
    item.querySelector("[data-name]").textContent = file.name;
    item.querySelector("[data-size]").textContent = sizeOf(file);
    for (const button of item.querySelectorAll("[data-action]")) {
      button.dataset.index = index;
      button.setAttribute("aria-label", `${button.dataset.label} ${file.name}`);
    }
    const canvas = item.querySelector("canvas");
    canvas.setAttribute("aria-label", file.name);
    const picture = file.type.startsWith("image/");
    canvas.hidden = item.querySelector("[data-action=black-out]").hidden = !picture;
    item.querySelector("[data-no-image]").hidden = picture;
    if (picture) drawThumbnail(canvas, file).catch(() => { canvas.hidden = true; });
    return item;
  }

  function show(files) {
    chosen = files;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    field("uploads").files = transfer.files;
    document.getElementById("intake-shots").replaceChildren(...files.map(shot));
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

  /** Pasted pictures are all called image.png. */
  const named = (file) => (file.name === "image.png" ? new File([file], `screenshot-${chosen.length + 1}.png`, { type: file.type }) : file);

  fp.actions["remove-shot"] = (button) => {
    show(chosen.filter((_, index) => index !== Number(button.dataset.index)));
    field("problem").focus();
  };

  fp.actions["black-out"] = async (button) => {
    const index = Number(button.dataset.index);
    const blackened = await fp.blackOut(chosen[index]);
    if (blackened) show(chosen.map((file, place) => (place === index ? blackened : file)));
  };

  // the ticket
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

  // the whole form
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

  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault(); // else the browser leaves the page for the file
    form().classList.add("is-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form().classList.remove("is-dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    form().classList.remove("is-dropping");
    add([...event.dataTransfer.files]);
  });

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
