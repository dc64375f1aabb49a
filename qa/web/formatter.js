// @ts-check
/**
 * A strict formatter: paragraphs, headings, lists, emphasis and code, and nothing else. HTML is
 * never parsed, an image is reduced to its alternative text, and a link is kept only if it leads to
 * a cited article. Pure; body.js makes the nodes.
 *
 * Offsets are UTF-16 indexes into the text.
 *
 * @typedef {{start: number, end: number, strong: boolean, em: boolean, code: boolean,
 *   href: string|null}} Leaf a run of text in one style
 * @typedef {{kind: "p"|"heading"|"ul"|"ol"|"pre", start: number, end: number, items: Leaf[][]}}
 *   Block `items` has one entry, or one per item of a list
 */

const MARKER = /[ \t]*\[\d{1,3}(?:\s*,\s*\d{1,3})*\]/y;
const LINK = /(!?)\[([^\]\n]*)\]\(([^()\s]*)\)/y;
const UNORDERED = /^[ \t]*[-*•][ \t]+/;
const ORDERED = /^[ \t]*\d{1,3}[.)][ \t]+/;
const HEADING = /^#{1,6}[ \t]+/;
const FENCE = /^[ \t]*```/;

/**
 * @param {string} text
 * @param {ReadonlySet<string>} links the URLs that may become links
 * @returns {Block[]}
 */
export function parse(text, links = new Set()) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Block|null} the block that the next line may continue */
  let open = null;
  let fenced = false;
  for (const { start, end, line } of lines(text)) {
    if (FENCE.test(line)) {
      fenced = !fenced;
      open = null;
      if (fenced) blocks.push((open = { kind: "pre", start: end, end, items: [] }));
      continue;
    }
    if (fenced && open) {
      if (open.start === open.end) open.start = start;
      open.end = end;
      continue;
    }
    if (line.trim() === "") {
      open = null;
      continue;
    }
    const kind = kindOf(line);
    const continues = open && (kind === "p" ? open.kind !== "heading" : kind === open.kind && kind !== "heading");
    if (!open || !continues) blocks.push((open = { kind, start, end, items: [] }));
    open.end = end;
  }
  for (const block of blocks) block.items = itemsOf(text, block, links);
  return joinLists(blocks);
}

/** @param {string} line @returns {Block["kind"]} */
function kindOf(line) {
  if (HEADING.test(line)) return "heading";
  if (UNORDERED.test(line)) return "ul";
  return ORDERED.test(line) ? "ol" : "p";
}

/** @param {string} text */
function* lines(text) {
  let start = 0;
  while (start <= text.length) {
    const at = text.indexOf("\n", start);
    const end = at < 0 ? text.length : at;
    yield { start, end, line: text.slice(start, end) };
    start = end + 1;
  }
}

/**
 * The leaves of a block, one entry per item.
 * @param {string} text
 * @param {Block} block
 * @param {ReadonlySet<string>} links
 * @returns {Leaf[][]}
 */
function itemsOf(text, block, links) {
  if (block.kind === "pre") {
    return [[{ start: block.start, end: block.end, strong: false, em: false, code: false, href: null }]];
  }
  /** @type {{start: number, end: number}[]} */
  const items = [];
  const opener = block.kind === "ul" ? UNORDERED : block.kind === "ol" ? ORDERED : HEADING;
  for (const { start, end, line } of lines(text.slice(block.start, block.end))) {
    const mark = opener.exec(line)?.[0].length ?? 0;
    const last = items.at(-1);
    if (last && (mark === 0 || block.kind === "p")) last.end = block.start + end;
    else items.push({ start: block.start + start + (block.kind === "p" ? 0 : mark), end: block.start + end });
  }
  const style = { strong: block.kind === "heading", em: false, code: false, href: null };
  return items.map((item) => leavesOf(text, item.start, item.end, style, links));
}

/**
 * Joins list items separated by blank lines into one list.
 * @param {Block[]} blocks
 */
function joinLists(blocks) {
  /** @type {Block[]} */
  const joined = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last && last.kind === block.kind && (block.kind === "ul" || block.kind === "ol")) {
      last.items.push(...block.items);
      last.end = block.end;
    } else joined.push(block);
  }
  return joined;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {Omit<Leaf, "start"|"end">} style
 * @param {ReadonlySet<string>} links
 * @returns {Leaf[]}
 */
function leavesOf(text, start, end, style, links) {
  /** @type {Leaf[]} */
  const leaves = [];
  let plain = start;
  /** @param {number} to */
  const flush = (to) => {
    if (to > plain) leaves.push({ ...style, start: plain, end: to });
  };
  let at = start;
  while (at < end) {
    const inner = special(text, at, end, style, links);
    if (!inner) {
      at += 1;
      continue;
    }
    flush(at);
    if (inner.code) leaves.push({ ...style, code: true, start: inner.start, end: inner.end });
    else if (inner.end > inner.start) {
      leaves.push(...leavesOf(text, inner.start, inner.end, { ...style, ...inner.style }, links));
    }
    at = plain = inner.after;
  }
  flush(end);
  return leaves;
}

/**
 * The markup that begins at `at`, if any: its inner range, its style, and where it ends. The range
 * of a citation marker is empty, because chips are shown in its place.
 * @param {string} text
 * @param {number} at
 * @param {number} end
 * @param {Omit<Leaf, "start"|"end">} style
 * @param {ReadonlySet<string>} links
 * @returns {{start: number, end: number, after: number, style?: object, code?: boolean}|null}
 */
function special(text, at, end, style, links) {
  const character = text[at];
  if (character === "[" || character === "!" || character === " " || character === "\t") {
    const marker = matchAt(MARKER, text, at);
    if (marker && at + marker[0].length <= end && text[at + marker[0].length] !== "(") {
      return { start: at, end: at, after: at + marker[0].length };
    }
    const link = matchAt(LINK, text, at);
    if (!link || at + link[0].length > end) return null;
    const from = at + link[1].length + 1;
    const href = !link[1] && !style.href && links.has(link[3]) ? link[3] : style.href;
    return { start: from, end: from + link[2].length, after: at + link[0].length, style: { href } };
  }
  if (character === "`") {
    const close = text.indexOf("`", at + 1);
    return close > at + 1 && close < end ? { start: at + 1, end: close, after: close + 1, code: true } : null;
  }
  if (character === "*" || character === "_") {
    return (
      (!style.strong && emphasis(text, at, end, character.repeat(2), { strong: true })) ||
      (!style.em && emphasis(text, at, end, character, { em: true })) ||
      null
    );
  }
  return null;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {number} end
 * @param {string} sign
 * @param {object} style
 */
function emphasis(text, at, end, sign, style) {
  const start = at + sign.length;
  const inWord = /[\p{L}\p{N}]/u;
  if (!text.startsWith(sign, at) || start >= end || /\s/.test(text[start]) || text[start] === sign[0]) return null;
  if (sign[0] === "_" && at > 0 && inWord.test(text[at - 1])) return null;
  for (let close = text.indexOf(sign, start); close >= 0; close = text.indexOf(sign, close + 1)) {
    const after = close + sign.length;
    if (after > end) return null;
    if (/\s/.test(text[close - 1]) || (sign.length === 1 && text[after] === sign)) continue;
    if (sign[0] === "_" && after < text.length && inWord.test(text[after])) continue;
    return { start, end: close, after, style };
  }
  return null;
}

/**
 * @param {RegExp} sticky
 * @param {string} text
 * @param {number} at
 */
function matchAt(sticky, text, at) {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

/**
 * Removes citation markers: `"2020 [1]."` becomes `"2020."`.
 * @param {string} text
 */
export function withoutMarkers(text) {
  return text.replace(/[ \t]*\[\d{1,3}(?:\s*,\s*\d{1,3})*\]/g, "");
}
