// @ts-check
/** Dates as a newspaper prints them. The page is in English, so its dates are too. */

const LONG = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/**
 * `day("2022-04-20")` is `"20 April 2022"`; what is not a date is given back.
 * @param {string} iso
 */
export function day(iso) {
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? iso : LONG.format(date);
}

/**
 * When something happened, as one would say it today.
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

/**
 * Who published it and when, as one line; "" when neither is known.
 * @param {{source: string|null, published: string|null}} article
 */
export function dateline(article) {
  return [article.source, article.published && day(article.published)].filter(Boolean).join(", ");
}
