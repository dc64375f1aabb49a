// @ts-check
/** Dates in English, like the rest of the page. */
import { words } from "./bidi.js";
import { el } from "./dom.js";

const LONG = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/**
 * `day("2022-04-20")` is `"20 April 2022"`; anything that is not a date is returned unchanged.
 * @param {string} iso
 */
export function day(iso) {
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? iso : LONG.format(date);
}

/**
 * A time relative to `now`: the time of day, "yesterday", a weekday or a date.
 * @param {string} iso
 * @param {Date} now
 */
export function ago(iso, now) {
  const then = new Date(iso);
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  if (days <= 0) return then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (days === 1) return "yesterday";
  if (days < 7) return then.toLocaleDateString("en-GB", { weekday: "long" });
  return then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** @param {Date} date */
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** @typedef {{source: string|null, published: string|null, page?: number|null}} Dated */

/**
 * The source, the date of publication and, for a citation, its page as one line; "" if none is known.
 * @param {Dated} article
 */
export function dateline({ source, published, page }) {
  return [source, published && day(published), page && `page ${page}`].filter(Boolean).join(", ");
}

/**
 * The dateline as an element, in which the source has its own direction; null if none is known.
 * @param {Dated} article
 */
export function datelineElement(article) {
  const when = dateline({ ...article, source: null });
  const source = article.source && el("span", { dir: "auto" }, ...words(article.source));
  return source || when ? el("span", { dir: "ltr" }, source, source && when && ", ", when) : null;
}
