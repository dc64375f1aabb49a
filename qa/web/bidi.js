// @ts-check
/**
 * Bidirectional control characters can make a text look like a different one. They stay in the
 * document, so that the text is exact, but hidden: the reader sees a small label instead.
 */
import { el } from "./dom.js";

const CONTROL = /[\u202a-\u202e\u2066-\u2069]/;

/** @type {Record<string, string>} */
const NAMES = {
  "\u202a": "LRE",
  "\u202b": "RLE",
  "\u202c": "PDF",
  "\u202d": "LRO",
  "\u202e": "RLO",
  "\u2066": "LRI",
  "\u2067": "RLI",
  "\u2068": "FSI",
  "\u2069": "PDI",
};

/**
 * Nodes whose joined `textContent` is exactly `text`.
 * @param {string} text
 * @returns {(Text|HTMLElement)[]}
 */
export function words(text) {
  if (!CONTROL.test(text)) return [document.createTextNode(text)];
  const parts = text.split(/([\u202a-\u202e\u2066-\u2069])/).filter(Boolean);
  return parts.map((part) =>
    part in NAMES
      ? el("span", { class: "control", "data-name": NAMES[part] }, el("span", { hidden: true }, part))
      : document.createTextNode(part),
  );
}

/**
 * Text for a label, an attribute or a file: one line, without control characters.
 * @param {string} text
 */
export function line(text) {
  return text
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
}
