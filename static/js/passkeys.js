// Security keys: the button on the page hands the page's options to the browser, and the form takes the answer.
(() => {
  "use strict";
  const button = document.getElementById("key-button");
  if (!button) return;
  const failed = document.getElementById("key-error");

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault(); // said on the page, not in the console
    failed.hidden = false;
  });
  button.addEventListener("click", () => { failed.hidden = true; });

  const ids = { add: button.id, authenticate: button.id, credential: button.dataset.credential, data: "key-options" };
  window.allauth.webauthn.forms[button.dataset.key]({ ids });
})();
