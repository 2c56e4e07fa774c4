// Files beside an answer: chosen, pasted or dropped; listed, blacked out or left out before they are sent.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const LOG_LINES = 15;
  const LOG_LENGTH = 2000;

  const form = () => document.querySelector("[data-say]");
  const field = () => form().elements.uploads;

  function row(file, index) {
    const item = document.getElementById("shot").content.firstElementChild.cloneNode(true);
    item.querySelector("[data-name]").textContent = file.name;
    item.querySelector("canvas").hidden = true;
    item.querySelector("[data-no-image]").hidden = false;
    for (const button of item.querySelectorAll("[data-action]")) {
      button.dataset.index = index;
      button.setAttribute("aria-label", `${button.dataset.label} ${file.name}`);
    }
    item.querySelector("[data-action=black-out]").hidden = !file.type.startsWith("image/");
    return item;
  }

  /** The files that the field holds. */
  const show = () => document.getElementById("say-shots").replaceChildren(...[...field().files].map(row));

  function hold(files) {
    const all = new DataTransfer();
    for (const file of files) all.items.add(file);
    field().files = all.files;
    show();
  }

  function enclose(files) {
    hold([...field().files, ...files]);
    fp.announce(files.map((file) => file.name).join(", "));
  }

  fp.actions["remove-shot"] = (button) => {
    hold([...field().files].filter((_, index) => index !== Number(button.dataset.index)));
    field().focus();
  };

  fp.actions["black-out"] = async (button) => {
    const index = Number(button.dataset.index);
    const files = [...field().files];
    await import(document.getElementById("blackout").dataset.script); // fetched when it is first needed
    await fp.blackOut(files[index], (blackened) => hold(files.with(index, blackened)));
  };

  const named = (file, index) => (file.name === "image.png" ? new File([file], `screenshot-${index + 1}.png`, { type: file.type }) : file);

  // What is pasted joins the files that were chosen; a long text is a log.
  document.addEventListener("paste", (event) => {
    if (!event.target.closest?.("[data-say]")) return;
    const text = event.clipboardData.getData("text/plain");
    const files = text ? [] : [...event.clipboardData.files].map((file, at) => named(file, field().files.length + at));
    if (text.length > LOG_LENGTH || text.split("\n").length > LOG_LINES) files.push(new File([text], "pasted.log", { type: "text/plain" }));
    if (!files.length) return;
    event.preventDefault();
    enclose(files);
  });

  const dropped = (event) => (event.dataTransfer?.types.includes("Files") ? form() : null);
  document.addEventListener("dragover", (event) => {
    if (!dropped(event)) return;
    event.preventDefault(); // else the browser leaves the page for the file
    dropped(event).classList.add("is-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form()?.classList.remove("is-dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!dropped(event)) return;
    event.preventDefault();
    form().classList.remove("is-dropping");
    enclose([...event.dataTransfer.files]);
  });

  document.addEventListener("change", ({ target }) => { if (target.id === "say-files") show(); });

  // Written and taken: what was sent is not held any more.
  let sent = [];
  const mark = (file) => `${file.name} ${file.size} ${file.lastModified}`;
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt === form()) sent = [...field().files].map(mark);
  });
  document.addEventListener("thread-said", () => hold([...field().files].filter((file) => !sent.includes(mark(file)))));

  show();
})();
