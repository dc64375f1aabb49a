// @ts-check
/** Links to an article's original page, scrolled to the quoted words. */

const EDGE = 5;

/**
 * The URL of the original, at the page of a PDF or with a text fragment for the quote; null unless it
 * is an http or https URL.
 *
 * @param {string|null} url
 * @param {string} [quote]
 * @param {number|null} [page]
 */
export function originalLink(url, quote = "", page = null) {
  if (!url || !URL.canParse(url)) return null;
  const address = new URL(url);
  if (address.protocol !== "https:" && address.protocol !== "http:") return null;
  if (page) {
    address.hash = `page=${page}`;
    return address.href;
  }
  const fragment = textFragment(quote);
  if (fragment) address.hash = `${address.hash}:~:text=${fragment}`;
  return address.href;
}

/**
 * The quote as a text directive: all of it if it is short, otherwise its first and last words.
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
  // Hyphens and commas are syntax in a text directive, and encodeURIComponent leaves hyphens alone.
  return encodeURIComponent(text.toWellFormed()).replaceAll("-", "%2D");
}
