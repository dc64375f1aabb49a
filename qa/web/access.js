// @ts-check
/** Asks for the service's key, once: the service keeps it in a cookie that no script can read. */
import { byId } from "./dom.js";

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
      location.reload();
      return;
    }
    const problem = await response.json().catch(() => null);
    trouble.textContent = problem?.detail ?? `The service returned status ${response.status}.`;
  } catch {
    trouble.textContent = "The service cannot be reached. Check that it is running, then try again.";
  }
}
