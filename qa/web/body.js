// @ts-check
/** An answer's text as nodes: one element per sentence, followed by its citation chips. */
import { words } from "./bidi.js";
import { chip } from "./chip.js";
import { alsoIn } from "./copies.js";
import { dateline, datelineElement } from "./dates.js";
import { el } from "./dom.js";
import { parse, withoutMarkers } from "./formatter.js";
import { icon } from "./icons.js";
import { Offsets, pieces } from "./offsets.js";
import { originalLink } from "./original.js";

/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {import("./types.js").Sentence} Sentence */
/** @typedef {import("./formatter.js").Leaf} Leaf */
/** @typedef {(citation: Citation, chip: HTMLElement) => void} Cite */
/**
 * @typedef {{text: string, sentences: Sentence[], citations: Citation[], done: boolean,
 *   short: {text: string, citation: number}|null}} View what has arrived of an answer so far
 */
/** @typedef {import("./dom.js").Part} Part */
/** @typedef {{sentence: number|null, last: boolean, leaves: Leaf[]}} Run */

/**
 * A chat model's answer, block by block.
 * @param {View} view
 * @param {Cite} onCite
 * @returns {Part[]}
 */
export function writtenParts(view, onCite) {
  // Hide the beginning of a marker that is still arriving.
  const text = view.done ? view.text : view.text.replace(/[ \t]*\[[\d,\s]*$/, "");
  const offsets = new Offsets(text);
  const ranges = view.sentences.map((sentence, index) => ({
    start: offsets.unit(sentence.start),
    end: offsets.unit(sentence.end),
    value: index,
  }));
  const links = new Set(view.citations.map((citation) => citation.url ?? ""));
  const blocks = parse(text, links).map((block) => ({
    block,
    items: block.items.map((leaves) => runsOf(leaves, ranges)),
  }));
  closeSentences(blocks.flatMap(({ items }) => items.flat()));
  const byNumber = new Map(view.citations.map((citation) => [citation.number, citation]));

  /** @param {Run} run @returns {Part} */
  const partOf = (run) => {
    const sentence = run.sentence === null ? null : view.sentences[run.sentence];
    const said = run.leaves.map((leaf) => [text.slice(leaf.start, leaf.end), leaf.strong, leaf.em, leaf.code, leaf.href]);
    return {
      key: JSON.stringify([said, sentence ?? view.done, run.last]),
      make: () => {
        const content = run.leaves.map((leaf) => leafNode(text, leaf));
        if (!sentence) return el("span", { class: view.done ? "loose" : "unchecked" }, ...content);
        const numbers = run.last ? sentence.citations : [];
        const chips = numbers.flatMap((number) => byNumber.get(number) ?? []).map((found) => chip(found, onCite));
        const why = run.last && !sentence.supported && whyNode(sentence);
        const several = run.last && attested(sentence);
        return el("span", { class: classOf(sentence) }, el("span", { class: "words" }, ...content), chipGroup(chips), several, why);
      },
    };
  };
  return blocks.map(({ block, items }) => {
    const { kind } = block;
    const runs = items.map((each) => each.map(partOf));
    if (kind === "ul" || kind === "ol") {
      const parts = runs.map((each) => ({ key: "li", make: () => el("li", { dir: "auto" }), parts: each }));
      return { key: kind, make: () => el(kind), parts };
    }
    if (kind === "pre") return { key: kind, make: () => el("pre", { tabindex: 0 }), parts: runs[0] };
    return { key: kind, make: () => el("p", { dir: "auto", class: kind === "heading" && kind }), parts: runs[0] };
  });
}

/**
 * Groups consecutive pieces of the same sentence.
 * @param {Leaf[]} leaves
 * @param {import("./offsets.js").Range<number>[]} ranges
 * @returns {Run[]}
 */
function runsOf(leaves, ranges) {
  /** @type {Run[]} */
  const runs = [];
  for (const leaf of leaves) {
    for (const piece of pieces(leaf.start, leaf.end, ranges)) {
      const sentence = piece.values[0] ?? null;
      const cut = { ...leaf, start: piece.start, end: piece.end };
      const run = runs.at(-1);
      if (run && run.sentence === sentence) run.leaves.push(cut);
      else runs.push({ sentence, last: false, leaves: [cut] });
    }
  }
  return runs;
}

/** Marks the last run of each sentence, which is where its chips go. @param {Run[]} runs */
function closeSentences(runs) {
  const seen = new Set();
  for (const run of runs.toReversed()) {
    run.last = run.sentence !== null && !seen.has(run.sentence);
    seen.add(run.sentence);
  }
}

/** @param {string} text @param {Leaf} leaf @returns {Node} */
function leafNode(text, leaf) {
  /** @type {HTMLElement|DocumentFragment} */
  let node = document.createDocumentFragment();
  node.append(...words(text.slice(leaf.start, leaf.end)));
  if (leaf.code) node = el("code", {}, node);
  if (leaf.em) node = el("em", {}, node);
  if (leaf.strong) node = el("strong", {}, node);
  const href = leaf.href && originalLink(leaf.href);
  if (href) node = el("a", { href, target: "_blank", rel: "noopener noreferrer" }, node);
  return node;
}

/** @param {Sentence} sentence */
function classOf(sentence) {
  if (sentence.supported) return "sentence";
  return sentence.outcome === "contradicted" ? "sentence unsupported contradicted" : "sentence unsupported";
}

/** @param {Sentence} sentence */
function whyNode(sentence) {
  const contradicted = sentence.outcome === "contradicted";
  const reason = sentence.reason || "No passage in the articles says this.";
  const verdict = el("strong", {}, contradicted ? "Contradicted. " : "Not found. ");
  return el("span", { class: contradicted ? "why contradicted" : "why" }, icon("warn"), el("span", {}, verdict, ...words(reason)));
}

/** Chips that never wrap to a new line without the sentence's last word. @param {HTMLElement[]} chips */
function chipGroup(chips) {
  return chips.length > 0 && el("span", { class: "chips" }, "\u2060", ...chips);
}

/**
 * An answer made of quotations: consecutive sentences from one article are grouped, with its title
 * below. Quotations are never parsed as Markdown.
 * @param {View} view
 * @param {Cite} onCite
 * @param {import("./copies.js").OpenCopy} [onCopy]
 * @returns {Part[]}
 */
export function quotedParts(view, onCite, onCopy = () => {}) {
  const offsets = new Offsets(view.text);
  const byNumber = new Map(view.citations.map((citation) => [citation.number, citation]));
  /** @type {{articleId: string|null, sentences: Sentence[]}[]} */
  const groups = [];
  for (const sentence of view.sentences) {
    const articleId = byNumber.get(sentence.citations[0])?.article_id ?? null;
    const group = groups.at(-1);
    if (group && articleId && group.articleId === articleId) group.sentences.push(sentence);
    else groups.push({ articleId, sentences: [sentence] });
  }
  /** @type {Part[]} */
  const parts = groups.map((group) => ({
    key: JSON.stringify([group, view.short]),
    make: () => quotation(group.sentences, byNumber, view, onCite, onCopy),
  }));
  const rest = view.text.slice(offsets.unit(view.sentences.at(-1)?.end ?? 0));
  if (rest.trim() && (!view.done || view.sentences.length === 0)) {
    const words_ = withoutMarkers(rest).replace(/[ \t]*\[[\d,\s]*$/, "");
    parts.push({ key: words_, make: () => el("p", { class: "unchecked", dir: "auto" }, ...words(words_)) });
  }
  return parts;
}

/**
 * @param {Sentence[]} sentences
 * @param {Map<number, Citation>} byNumber
 * @param {View} view
 * @param {Cite} onCite
 * @param {import("./copies.js").OpenCopy} onCopy
 */
function quotation(sentences, byNumber, view, onCite, onCopy) {
  const offsets = new Offsets(view.text);
  const lines = sentences.flatMap((sentence) => {
    const found = sentence.citations.flatMap((number) => byNumber.get(number) ?? []);
    const said = oneLine(offsets.slice(sentence.start, sentence.end));
    const bare = oneLine(withoutMarkers(said));
    if (found.length > 1 && !found.some((citation) => bare.includes(quoteIn(citation)))) {
      return toldBy(said, found, onCite);
    }
    // Prefer the quote itself: the article may contain text that looks like a marker, and line
    // breaks. What the sentence says before and beyond it is a note of ours.
    const whole = found.find((citation) => bare.includes(quoteIn(citation)));
    const quote = whole?.quote ?? bare;
    const at = whole ? bare.indexOf(quoteIn(whole)) : 0;
    const before = bare.slice(0, at).trim();
    const note = whole ? bare.slice(at + quoteIn(whole).length).trim() : "";
    const short = view.short && sentence.citations.includes(view.short.citation) ? view.short.text : "";
    const chips = found.map((citation) => chip(citation, onCite));
    return el(
      "p",
      { dir: "auto" },
      before && el("span", { class: "note" }, ...words(before), " "),
      quoted(quote, short),
      chipGroup(chips),
      note && el("span", { class: "note" }, " ", ...words(note)),
      attested(sentence),
    );
  });
  const first = byNumber.get(sentences[0].citations[0]);
  // The title of an article without a headline is its first sentence; do not show it twice.
  const repeats = first && dateline(first) && first.title.trim() === first.quote.trim();
  const caption =
    first &&
    el(
      "figcaption",
      { dir: "auto" },
      !repeats && el("cite", {}, ...words(first.title)),
      dateline(first) && el("span", { class: "dateline" }, datelineElement(first)),
    );
  const cited = sentences.flatMap((sentence) => sentence.citations.flatMap((number) => byNumber.get(number) ?? []));
  const several = new Set(cited.map((citation) => citation.article_id)).size > 1;
  return el("figure", { class: "quotation" }, el("blockquote", {}, ...lines), !several && caption, alsoIn(cited, onCopy));
}

/**
 * A sentence that says what articles give at different times, and below it the quotes of each.
 * @param {string} said
 * @param {Citation[]} found
 * @param {Cite} onCite
 */
function toldBy(said, found, onCite) {
  const told = said.split(/(\s*\[\d+\])/).map((part) => {
    const citation = found.find((each) => part.trim() === `[${each.number}]`);
    return citation ? chipGroup([chip(citation, onCite)]) : el("span", {}, ...words(part));
  });
  const quotes = found.map((citation) => {
    const where = datelineElement(citation);
    const title = el("span", { dir: "auto" }, ...words(citation.title));
    return el("p", { class: "from", dir: "auto" }, quoted(citation.quote, ""), " ", el("span", { class: "note" }, title, where && ", ", where));
  });
  return [el("p", { class: "told", dir: "auto" }, ...told), ...quotes];
}

/** @param {string} quote @param {string} short */
const quoted = (quote, short) => el("q", { class: /^["“‘]/.test(quote.trim()) && "bare" }, ...underlined(quote.trim(), short));

/** @param {Citation} citation */
const quoteIn = (citation) => oneLine(withoutMarkers(citation.quote));

/** How many independent articles say so, if it is more than one. @param {Sentence} sentence */
function attested({ attested: articles }) {
  if (!articles || articles < 2) return null;
  return el("span", { class: "note attested" }, ` ${articles.toLocaleString("en")} articles`);
}

/** @param {string} text */
const oneLine = (text) => text.split(/\s+/).filter(Boolean).join(" ");

/**
 * The quote, with the first occurrence of the short answer underlined.
 * @param {string} quote
 * @param {string} short
 * @returns {Node[]}
 */
function underlined(quote, short) {
  const at = short ? quote.indexOf(short) : -1;
  if (at < 0) return words(quote);
  const end = at + short.length;
  return [...words(quote.slice(0, at)), el("strong", { class: "short-here" }, ...words(quote.slice(at, end))), ...words(quote.slice(end))];
}
