// @ts-check
/** Failures, as one sentence that says what happened and one that says what to do next. */

/** @typedef {import("./types.js").Trouble} Trouble */

/** A failed request. `status` is 0 if the stream broke off. */
export class Failure extends Error {
  /**
   * @param {number} status
   * @param {string} detail a sentence from the service, or ""
   * @param {number} wait seconds to wait before retrying
   */
  constructor(status, detail, wait = 0) {
    super(detail || `The service returned status ${status}.`);
    this.status = status;
    this.detail = detail;
    this.wait = wait;
  }
}

/**
 * The failure in a response: an RFC 9457 problem, or only its status.
 * @param {Response} response one that is not ok
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
    };
  }
  const { status, detail, wait } = error;
  /** @type {(what: string, next: string, action?: "retry"|"edit") => Trouble} */
  const trouble = (what, next, action = "retry") => ({ what: detail || what, next, action });
  if (status === 0) return trouble("The answer broke off before it was complete.", "Try again.");
  // The service's sentence is for programs: it says in which header to send the key.
  if (status === 401) return { ...trouble("", "Enter one, then try again."), what: "This service needs a key." };
  if (status === 403) return trouble("The service does not allow this.", "Ask whoever runs the service for a key that may change articles.", "edit");
  if (status === 404) return trouble("This is no longer in the collection.", "Go back and choose another.", "edit");
  if (status === 413) return trouble("This is larger than the service accepts.", "Send less at once.", "edit");
  if (status === 422) return trouble("The service could not use this.", "Change it, then try again.", "edit");
  const later = wait ? `Try again in ${wait} seconds.` : "Wait a moment, then try again.";
  if (status === 429) return trouble("The service is receiving too many questions.", later);
  if (status === 503) return trouble("The service is not ready to answer.", later);
  if (status >= 500) return trouble("The service failed.", "Try again. If it keeps failing, check its log.");
  return trouble(`The service refused the request (${status}).`, "Change what you sent, then try again.", "edit");
}
