// A new sign-in, perhaps in another tab, brings a new token: what was refused for the old one is sent once more.
(() => {
  "use strict";
  const fp = window.FlowPilot;

  /** `elt` and `requestConfig` of the request that was refused. */
  fp.sendAgain = async ({ elt, requestConfig }) => {
    elt.sentAgain = true;
    if (!await fp.freshToken()) fp.signedOut();
    else if (elt.matches("form")) elt.requestSubmit(requestConfig.triggeringEvent?.submitter);
    else if (elt.matches("button")) elt.click();
  };

  // A dialog as a page of its own would leave it for the login: asked first whether there is a sign-in.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.querySelector("[data-signed-out]") || form.matches("[hx-post]") || event.submitter?.formTarget) return;
    event.preventDefault();
    try {
      if (await fp.freshToken()) form.submit();
      else fp.signedOut();
    } catch {
      fp.toast("error", fp.words("offline"));
    }
  });
})();
