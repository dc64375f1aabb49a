// @ts-check
/**
 * The service counts Unicode code points; JavaScript strings count UTF-16 units. Only this module
 * converts between the two.
 */

/** Converts offsets into one text. Only the characters above U+FFFF are stored. */
export class Offsets {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    /** Code point index of each character that takes two units, ascending. @type {number[]} */
    this.wide = [];
    let seen = 0;
    for (const pair of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) {
      this.wide.push(pair.index - seen);
      seen += 1;
    }
  }

  /**
   * The UTF-16 index of a code point index: `new Offsets("🍜 is soup").unit(2) === 3`.
   * @param {number} point
   */
  unit(point) {
    let low = 0;
    let high = this.wide.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.wide[middle] < point) low = middle + 1;
      else high = middle;
    }
    return Math.min(point + low, this.text.length);
  }

  /**
   * The text between two code point indexes.
   * @param {number} start
   * @param {number} end
   */
  slice(start, end) {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}

/**
 * The number of code points in a text.
 * @param {string} text
 */
export function countPoints(text) {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

/**
 * @template T
 * @typedef {{start: number, end: number, value: T}} Range
 */

/**
 * Cuts [start, end) at the boundaries of the ranges, so that each piece is entirely inside or
 * entirely outside each range. Ranges may overlap.
 *
 * `pieces(0, 5, [{start: 1, end: 3, value: "a"}])` is
 * `[{0, 1, []}, {1, 3, ["a"]}, {3, 5, []}]`.
 *
 * @template T
 * @param {number} start
 * @param {number} end
 * @param {Range<T>[]} ranges
 * @returns {{start: number, end: number, values: T[]}[]}
 */
export function pieces(start, end, ranges) {
  const near = ranges.filter((range) => range.start < end && range.end > start);
  const borders = new Set([start, end]);
  for (const range of near) {
    borders.add(Math.max(start, range.start));
    borders.add(Math.min(end, range.end));
  }
  const sorted = [...borders].sort((a, b) => a - b);
  return sorted.slice(1).map((to, index) => {
    const from = sorted[index];
    const values = near.filter((range) => range.start <= from && range.end >= to);
    return { start: from, end: to, values: values.map((range) => range.value) };
  });
}
