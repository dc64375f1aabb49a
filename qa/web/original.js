// @ts-check
/** Links that leave for an article's own page, at the words that were quoted. */

const EDGE = 5;

/**
 * The address of the original with a text fragment for the quote; null when the address is not
 * one a browser may follow (anything but http and https).
 *
 * @param {string|null} url
 * @param {string} [quote]
 */
export function originalLink(url, quote = "") {
  if (!url || !URL.canParse(url)) return null;
  const address = new URL(url);
  if (address.protocol !== "https:" && address.protocol !== "http:") return null;
  const fragment = textFragment(quote);
  if (fragment) address.hash = `${address.hash}:~:text=${fragment}`;
  return address.href;
}

/**
 * The quote as a text directive: whole when it is short, else its first and last words.
 * `textFragment("a well-kept, dry cellar")` is `"a%20well%2Dkept%2C%20dry%20cellar"`.
 *
 * @param {string} quote
 */
export function textFragment(quote) {
  const found = quote.trim().split(/\s+/u).filter(Boolean);
  const oneLine = !/[\r\n]/.test(quote.trim());
  if (found.length <= 2 * EDGE && oneLine) return encode(found.join(" "));
  return `${encode(found.slice(0, EDGE).join(" "))},${encode(found.slice(-EDGE).join(" "))}`;
}

/** @param {string} text */
function encode(text) {
  // The hyphen and the comma separate the parts of a directive; encodeURIComponent leaves the hyphen.
  return encodeURIComponent(text.toWellFormed()).replaceAll("-", "%2D");
}
