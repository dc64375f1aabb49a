// @ts-check
/** Every failure, as a sentence that says what happened and one that says what to do next. */

/** @typedef {import("./types.js").Trouble} Trouble */

/** A request that did not do what was asked. `status` is 0 when nothing answered. */
export class Failure extends Error {
  /**
   * @param {number} status
   * @param {string} detail a sentence from the service, or ""
   * @param {number} wait seconds to wait before another try
   */
  constructor(status, detail, wait = 0) {
    super(detail || `The service answered ${status}.`);
    this.status = status;
    this.detail = detail;
    this.wait = wait;
  }
}

/**
 * The failure that a response carries: an RFC 9457 problem, or only its status.
 * @param {Response} response not ok
 */
export async function failureOf(response) {
  const body = await response.json().catch(() => null);
  const detail = typeof body?.detail === "string" ? body.detail : "";
  return new Failure(response.status, detail, secondsToWait(response.headers.get("Retry-After")));
}

/**
 * The failure inside an `error` event.
 * @param {{status?: number, detail?: string, title?: string}} problem
 */
export function failureIn(problem) {
  return new Failure(problem.status ?? 500, problem.detail ?? problem.title ?? "");
}

/**
 * Seconds in a Retry-After header, which holds either seconds or a date.
 * @param {string|null} header
 */
export function secondsToWait(header) {
  if (!header) return 0;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : 0;
}

/**
 * What to tell the reader.
 * @param {unknown} error
 * @returns {Trouble}
 */
export function explain(error) {
  if (!(error instanceof Failure)) {
    return {
      what: "The service cannot be reached.",
      next: "Check that it is running (qa serve) and that you are connected, then try again.",
      action: "retry",
      wait: 0,
    };
  }
  const { status, detail, wait } = error;
  /** @type {(what: string, next: string, action?: "retry"|"edit") => Trouble} */
  const trouble = (what, next, action = "retry") => ({ what: detail || what, next, action, wait });
  if (status === 0) return trouble("The answer broke off before its end.", "Try again.");
  if (status === 404) return trouble("This is not in the collection any more.", "Go back and choose another.", "edit");
  if (status === 413) return trouble("This is larger than the service accepts.", "Send less of it.", "edit");
  if (status === 422) return trouble("The service could not use this question.", "Change it and ask again.", "edit");
  if (status === 429) {
    return trouble("Too many questions came at once.", wait ? `Try again in ${wait} seconds.` : "Wait a moment, then try again.");
  }
  if (status === 503) return trouble("The service is not ready to answer.", "Wait a moment, then try again.");
  if (status >= 500) return trouble("Something failed inside the service.", "Try again; if it happens again, its log says more.");
  return trouble(`The service refused this (${status}).`, "Change the question or the filters and ask again.", "edit");
}
