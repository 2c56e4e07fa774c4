// A sign-in that ends while somebody types, in the page or its dialog: the page stays, and says so until there is one.
(() => {
  "use strict";
  const fp = window.FlowPilot;
  const banners = () => [...document.querySelectorAll("[data-signed-out]")];
  /** Beside what is typed; nobody sees what is behind a dialog. */
  const banner = () => document.querySelector("dialog[open] [data-signed-out]") ?? banners()[0];
  const tell = (name) => document.dispatchEvent(new Event(name));

  fp.signedOut = () => {
    banner().hidden = false;
    banner().scrollIntoView({ block: "nearest" });
    tell("signed-out");
  };

  /** The token of the new sign-in, if there is one. */
  fp.freshToken = async () => {
    const answer = await fetch(banner().dataset.signedOut, { redirect: "manual" });
    if (!answer.ok) return false;
    const token = (await answer.text()).match(/name="csrfmiddlewaretoken" value="(\w+)"/)[1];
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  };

  document.addEventListener("visibilitychange", async () => {
    if (document.hidden || banners().every((one) => one.hidden) || !await fp.freshToken()) return;
    for (const one of banners()) one.hidden = true;
    tell("signed-in");
  });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr } = event.detail;
    const to = xhr.getResponseHeader("HX-Redirect");
    const login = banner()?.querySelector("a").pathname;
    if (to && new URL(to, location.href).pathname === login) {
      event.preventDefault();
      fp.signedOut();
    } else if (xhr.status === 403 && login && !elt.sentAgain) {
      event.preventDefault();
      import(banner().dataset.script).then(() => fp.sendAgain(event.detail));
    } else elt.sentAgain = false;
  });
})();
