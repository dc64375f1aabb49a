// @ts-check
/** The other articles that say what is quoted, or tell the same story: "Also in 3 others". */
import { line, words } from "./bidi.js";
import { datelineElement } from "./dates.js";
import { el } from "./dom.js";

/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {import("./types.js").CitedCopy} CitedCopy */
/** @typedef {(copy: CitedCopy, quote: string, opener: HTMLElement) => void} OpenCopy */

const MOST_SHOWN = 50;

/**
 * Those that any of the citations names, each once, behind a line that opens.
 * @param {Citation[]} citations
 * @param {OpenCopy} onOpen
 */
export function alsoIn(citations, onOpen) {
  const cited = new Set(citations.map((citation) => citation.article_id));
  /** @type {Map<string, {copy: CitedCopy, quote: string}>} */
  const copies = new Map();
  for (const { copy, quote } of citations.flatMap((citation) => (citation.copies ?? []).map((copy) => ({ copy, quote: citation.quote })))) {
    if (!cited.has(copy.article_id) && !copies.has(copy.article_id)) copies.set(copy.article_id, { copy, quote });
  }
  const items = [...copies.values()].map(({ copy, quote }) => {
    const button = el("button", { type: "button", class: "also-link", dir: "auto", onclick: () => onOpen(copy, quote, button) }, ...named(copy));
    return button;
  });
  return listed("Also in", items);
}

/**
 * The other articles of an article's story.
 * @param {import("./types.js").Article} article
 * @param {(id: string) => void} onOpen
 */
export function otherVersions(article, onOpen) {
  const items = (article.copies ?? []).map((copy) =>
    el("button", { type: "button", class: "also-link", dir: "auto", onclick: () => onOpen(copy.id) }, ...named(copy)),
  );
  return listed("The same story in", items);
}

/** @param {{title: string, source: string|null, published: string|null}} copy */
function named(copy) {
  const where = datelineElement(copy);
  return [...words(line(copy.title)), where && el("span", { class: "dateline" }, " ", where)];
}

/** @param {string} what @param {HTMLElement[]} items */
function listed(what, items) {
  if (items.length === 0) return null;
  const shown = items.slice(0, MOST_SHOWN).map((item) => el("li", {}, item));
  const rest = items.length - shown.length;
  return el(
    "details",
    { class: "also" },
    el("summary", {}, `${what} ${items.length.toLocaleString("en")} other${items.length === 1 ? "" : "s"}`),
    el("ul", {}, ...shown, rest > 0 && el("li", {}, `and ${rest.toLocaleString("en")} more`)),
  );
}
