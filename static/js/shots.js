// The files of an intake: listed with what they show, and taken when they are dropped anywhere on the page.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const form = () => document.querySelector("[data-intake]");
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

  async function drawThumbnail(canvas, file) {
    const picture = await createImageBitmap(file);
    const scale = Math.max(canvas.width / picture.width, canvas.height / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  }

  const sizeOf = (file) => `${Math.ceil(file.size / 1024)} KB`;

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

  fp.listShots = (files) => document.getElementById("intake-shots").replaceChildren(...files.map(shot));

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
    fp.enclose([...event.dataTransfer.files]);
  });
})();
