// @ts-check
/** An article's whole text as paragraphs, with quoted and unsearched ranges marked. */
import { words } from "./bidi.js";
import { el } from "./dom.js";
import { Offsets, pieces } from "./offsets.js";

/** The most text, in UTF-16 units, laid out as one paragraph. */
const LONGEST = 10_000;

/** @typedef {import("./types.js").Article} Article */
/** @typedef {"current"|"cited"|"passage"} Mark strongest first */
/** @typedef {{start: number, end: number, mark: Mark}} Marked a range in code points */
/** @typedef {{note: string}} Skipped an unsearched range, and the note shown for it */

/** @type {Record<string, string>} */
const REASONS = { metadata: "metadata", page: "header or footer of a page", promotional: "promotional", repeated: "repeated in many articles" };

/**
 * Fills `parent` with the article. Its `textContent` stays exactly the article's text.
 * @param {HTMLElement} parent
 * @param {Article} article
 * @param {Marked[]} marked
 */
export function showText(parent, article, marked) {
  const offsets = new Offsets(article.text);
  /** @param {number} start @param {number} end @param {Mark|Skipped} value */
  const range = (start, end, value) => ({ start: offsets.unit(start), end: offsets.unit(end), value });
  const ranges = [
    ...marked.map(({ start, end, mark }) => range(start, end, mark)),
    ...article.skipped.map(([start, end], index) => range(start, end, { note: note(article.skipped_reasons[index]) })),
  ];
  const nodes = [];
  let at = 0;
  // Blank lines separate paragraphs, and stay in the page as text nodes so that nothing is lost.
  for (const gap of article.text.matchAll(/(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))+|$/g)) {
    for (const [start, end] of stretches(article.text, at, gap.index)) {
      nodes.push(paragraph(article.text, start, end, ranges, end < gap.index));
    }
    if (gap[0]) nodes.push(document.createTextNode(gap[0]));
    at = gap.index + gap[0].length;
  }
  parent.replaceChildren(...nodes);
}

/** Why a range is not searched. @param {import("./types.js").SkipReason|null|undefined} reason */
function note(reason) {
  return reason ? `not searched: ${REASONS[reason] ?? reason}` : "not searched";
}

/**
 * The ranges of a paragraph: one, unless it is longer than LONGEST. It is then cut at spaces where
 * there are any, and never inside a surrogate pair.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function* stretches(text, start, end) {
  while (end - start > LONGEST) {
    const space = text.lastIndexOf(" ", start + LONGEST);
    let cut = space > start ? space + 1 : start + LONGEST;
    if (/[\udc00-\udfff]/.test(text[cut])) cut += 1;
    yield [start, cut];
    start = cut;
  }
  if (end > start) yield [start, end];
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {import("./offsets.js").Range<Mark|Skipped>[]} ranges
 * @param {boolean} goesOn
 */
function paragraph(text, start, end, ranges, goesOn) {
  const nodes = pieces(start, end, ranges).map((piece, index, all) => {
    const content = words(text.slice(piece.start, piece.end));
    const has = (/** @type {Mark} */ mark) => piece.values.includes(mark);
    const skipped = piece.values.find((value) => typeof value === "object");
    if (has("current")) return el("mark", { class: "current" }, ...content);
    if (has("cited")) return el("mark", { class: "cited" }, ...content);
    if (has("passage")) return el("span", { class: "passage" }, ...content);
    if (skipped) {
      // The style sheet draws the note, so that it is not part of `textContent`.
      const last = !all[index + 1]?.values.includes(skipped);
      return el("span", { class: "skipped", "data-note": last && skipped.note }, ...content);
    }
    return el("span", {}, ...content);
  });
  return el("p", { dir: "auto", class: goesOn && "goes-on" }, ...nodes);
}
