// @ts-check
/**
 * Characters that turn the reading direction round can make a text look like another. They are
 * kept where they are, so that the text stays exact, but the browser does not lay them out: a
 * small visible label stands in their place.
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
 * Nodes whose `textContent`, joined, is the text given.
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
 * A text for a label, an attribute or a file: one line, without control characters.
 * @param {string} text
 */
export function line(text) {
  return text
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
}
