// The one dialog: what is swapped into it opens it; events that its content names, or leaving it, close it.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const dialog = document.getElementById("dialog");
  const body = document.getElementById("dialog-body");

  /** Open a dialog. Everything outside it is inert, so the toasts come along and go back when it closes. */
  fp.openDialog = (one) => {
    if (one.open) return;
    const toasts = document.getElementById("toasts");
    const home = toasts.parentElement;
    one.append(toasts);
    one.addEventListener("close", () => home.append(toasts), { once: true });
    one.showModal();
  };

  fp.actions["close-dialog"] = (button) => button.closest("dialog").close();
  fp.actions.shortcuts = () => {
    const list = document.getElementById("shortcuts"); // not there before sign-in
    if (list) fp.openDialog(list);
  };

  // A click on the backdrop closes, unless something was typed.
  document.addEventListener("click", (event) => {
    const open = event.target;
    if (open.tagName === "DIALOG" && !open.querySelector("form")) open.close();
  });

  // Ctrl+Enter sends what was typed, from a field of several lines, too.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.target.closest("form")?.requestSubmit();
  });

  const closeWhenOpen = () => { if (dialog.open) dialog.close(); };

  /** Close when the server says one of these events (HX-Trigger) happened: data-closes-on="proposal-decided". */
  function closeOn(names) {
    for (const name of names) document.body.addEventListener(name, closeWhenOpen, { once: true });
  }

  document.addEventListener("htmx:afterSwap", ({ detail, target }) => {
    const swapped = detail.target || target;
    if (swapped !== body) return;
    for (const content of body.querySelectorAll("[data-closes-on]")) {
      closeOn(content.dataset.closesOn.split(" ").filter(Boolean));
    }
    fp.openDialog(dialog);
  });

  // A form in the dialog whose answer went elsewhere is done with, also when the answer is that it came too late.
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const sender = detail.requestConfig?.elt;
    if (sender && dialog.contains(sender) && !dialog.contains(detail.target)) closeWhenOpen();
  });

  dialog.addEventListener("close", () => body.replaceChildren());
})();
