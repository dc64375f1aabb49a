// @ts-check
/** Asks for the service's key, once: the service keeps it in a cookie that no script can read. */
import { byId } from "./dom.js";
import { icon } from "./icons.js";
import { lasting, note } from "./storage.js";
import { toast } from "./toast.js";

/** In the browser's storage once a key was accepted: the cookie itself cannot be seen. */
const SIGNED_IN = "article-qa-signed-in";

/** Shows the button that forgets the key, if there is one. */
export function offerSignOut() {
  const button = byId("sign-out");
  button.append(icon("leave"));
  button.hidden = lasting.getItem(SIGNED_IN) === null;
  button.addEventListener("click", async () => {
    const response = await fetch("session", { method: "DELETE" }).catch(() => null);
    if (!response?.ok) {
      toast("The service cannot be reached, so the key is kept. Try again.");
      return;
    }
    lasting.removeItem(SIGNED_IN);
    location.reload();
  });
}

/** Asks for a key, and loads the page again once the service has accepted one. */
export function askForKey() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("key-dialog"));
  if (dialog.open) return;
  const form = /** @type {HTMLFormElement} */ (byId("key-form"));
  form.onsubmit = (event) => {
    event.preventDefault();
    send(String(new FormData(form).get("key") ?? ""));
  };
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
}

/** @param {string} key */
async function send(key) {
  const trouble = byId("key-trouble");
  trouble.textContent = "";
  try {
    const response = await fetch("session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key }),
    });
    if (response.ok) {
      note(lasting, SIGNED_IN, "yes");
      location.reload();
      return;
    }
    const problem = await response.json().catch(() => null);
    trouble.textContent = problem?.detail ?? `The service returned status ${response.status}.`;
  } catch {
    trouble.textContent = "The service cannot be reached. Check that it is running, then try again.";
  }
}
