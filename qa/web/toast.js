// @ts-check
/** Short-lived messages, the clipboard and downloads. */
import { byId, el } from "./dom.js";

const STAYS = 7000;
let timer = 0;

/**
 * @param {string} sentence
 * @param {{text: string, act: () => void}} [offer] an action, such as undo
 */
export function toast(sentence, offer) {
  const box = byId("toast");
  clearTimeout(timer);
  const hide = () => box.replaceChildren();
  const act = () => {
    hide();
    offer?.act();
  };
  box.replaceChildren(
    el("div", { class: "toast" }, el("span", {}, sentence), offer && el("button", { type: "button", onclick: act }, offer.text)),
  );
  timer = setTimeout(hide, STAYS);
}

/**
 * Copies a text to the clipboard and confirms it.
 * @param {string} text
 * @param {string} done the confirmation to show
 */
export async function copy(text, done) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyBySelection(text);
    toast(done);
  } catch {
    toast("The browser blocked copying. Select the text and copy it yourself.");
  }
}

/** The fallback for pages served over plain HTTP, which have no clipboard API. @param {string} text */
function copyBySelection(text) {
  const box = el("textarea", { class: "out-of-sight", readonly: true, "aria-hidden": "true" });
  box.value = text;
  const focused = document.activeElement;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!copied) throw new Error("The browser blocked copying.");
}

/**
 * Downloads a text as a file.
 * @param {string} name
 * @param {string} text
 * @param {string} type
 */
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
