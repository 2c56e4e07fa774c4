// Keyboard: single keys (`data-hotkey="a"`), chords (`data-hotkey="g r"`), and the keys that every page has.
// Off while typing, with Ctrl, Meta or Alt, held down, in a dialog, and for people who switched them off.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const CHORD_MS = 1200;
  let prefix = "";
  let prefixTimer;

  const everywhere = {
    "?": () => fp.actions.shortcuts(),
    j: () => fp.moveRow(1),
    k: () => fp.moveRow(-1),
    x: () => fp.toggleRow(),
    t: () => fp.switchTree?.(),
  };

  function typing(element) {
    if (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)) return true;
    return element.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(element.type);
  }

  const ignored = (event) =>
    event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing
    || (event.repeat && !/[jk]/.test(event.key)) || typing(event.target) || document.querySelector("dialog[open]") !== null
    || document.body.dataset.hotkeys === "off";

  /** The last visible thing with this hotkey: a toast's Undo is later in the page than a row's. */
  const named = (keys) =>
    [...document.querySelectorAll(`[data-hotkey="${CSS.escape(keys)}"]`)].filter((one) => one.checkVisibility()).pop();

  const startsChord = (key) => document.querySelector(`[data-hotkey^="${CSS.escape(key)} "]`) !== null;

  function press(keys) {
    const element = named(keys);
    if (element) element[element.matches("input, textarea, select") ? "focus" : "click"]();
    else everywhere[keys]?.();
    return element || everywhere[keys];
  }

  document.addEventListener("keydown", (event) => {
    if (ignored(event) || event.key.length !== 1) return;
    const keys = prefix ? `${prefix} ${event.key}` : event.key;
    clearTimeout(prefixTimer);
    if (!prefix && startsChord(event.key)) {
      prefix = event.key;
      prefixTimer = setTimeout(() => { prefix = ""; }, CHORD_MS);
      return;
    }
    prefix = "";
    if (press(keys)) event.preventDefault();
  });
})();
