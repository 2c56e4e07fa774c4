// Blacking out parts of a screenshot before it is sent: what is covered never leaves the machine.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const dialog = document.getElementById("blackout");

  const STEP = 10; // pixels of the screen that an arrow key moves or grows by
  const canvas = document.getElementById("blackout-canvas");
  let picture;
  let rectangles = [];
  let done = () => {};

  /** Pixels of the picture in one of the screen. */
  const scale = () => canvas.width / canvas.getBoundingClientRect().width;
  const last = () => rectangles.at(-1);

  function draw(marked = true) {
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    pen.fillStyle = "#000";
    for (const one of rectangles) pen.fillRect(one.x, one.y, one.width, one.height);
    if (!marked || !last()) return;
    pen.strokeStyle = "#7ea2ff";
    pen.lineWidth = 2 * scale();
    pen.strokeRect(last().x, last().y, last().width, last().height);
  }

  function placeOf(event) {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) * scale(), y: (event.clientY - box.top) * scale() };
  }

  const between = (from, to) => ({
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    width: Math.abs(from.x - to.x),
    height: Math.abs(from.y - to.y),
  });

  canvas.addEventListener("pointerdown", (event) => {
    const from = placeOf(event);
    rectangles.push(between(from, from));
    canvas.setPointerCapture(event.pointerId);
    const stretch = (moved) => {
      rectangles[rectangles.length - 1] = between(from, placeOf(moved));
      draw();
    };
    canvas.addEventListener("pointermove", stretch);
    canvas.addEventListener("pointerup", () => canvas.removeEventListener("pointermove", stretch), { once: true });
  });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || !last()) return;
    event.preventDefault();
    const [x, y] = arrow.map((part) => part * STEP * scale());
    if (event.shiftKey) {
      last().width = Math.max(STEP, last().width + x);
      last().height = Math.max(STEP, last().height + y);
    } else {
      last().x += x;
      last().y += y;
    }
    draw();
  });

  fp.actions["blackout-add"] = () => {
    const [width, height] = [canvas.width / 4, canvas.height / 8];
    rectangles.push({ x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height });
    draw();
    canvas.focus();
  };

  fp.actions["blackout-undo"] = () => {
    rectangles.pop();
    draw();
  };

  fp.actions["blackout-apply"] = () => {
    draw(false);
    done(true);
  };

  dialog.addEventListener("close", () => done(false));

  const blob = (type) => new Promise((resolve) => { canvas.toBlob(resolve, type, 0.92); });

  /** Ask what to cover. If anything, the picture with it covered is put in the other one's place before the dialog
   *  closes: until then nothing can be sent. */
  fp.blackOut = async (file, put) => {
    picture = await createImageBitmap(file);
    [canvas.width, canvas.height] = [picture.width, picture.height];
    rectangles = [];
    draw();
    fp.openDialog(dialog);
    canvas.focus();
    const applied = await new Promise((resolve) => { done = resolve; });
    if (applied && rectangles.length) {
      const covered = await blob(file.type === "image/jpeg" ? "image/jpeg" : "image/png");
      const name = file.name.replace(/\.\w+$/, covered.type === "image/jpeg" ? ".jpg" : ".png");
      put(new File([covered], name, { type: covered.type }));
    }
    dialog.close();
  };
})();
