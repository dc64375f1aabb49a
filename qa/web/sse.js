// @ts-check

/** @typedef {{event: string, data: string}} ServerEvent */

/**
 * Parses server-sent events from text that arrives in arbitrary chunks.
 *
 * `new EventParser().feed("event: token\ndata: {}\n\n")` is `[{event: "token", data: "{}"}]`.
 */
export class EventParser {
  constructor() {
    this.rest = "";
    this.event = "";
    /** @type {string[]} */
    this.data = [];
    this.started = false;
  }

  /**
   * The events completed by this chunk.
   * @param {string} piece
   * @returns {ServerEvent[]}
   */
  feed(piece) {
    let text = this.rest + piece;
    if (!this.started && text !== "") {
      text = text.replace(/^\ufeff/, "");
      this.started = true;
    }
    const events = [];
    let at = 0;
    for (const end of text.matchAll(/\r\n|\n|\r/g)) {
      // The matching line feed may be in the next chunk.
      if (end[0] === "\r" && end.index === text.length - 1) break;
      const event = this.#line(text.slice(at, end.index));
      if (event) events.push(event);
      at = end.index + end[0].length;
    }
    this.rest = text.slice(at);
    return events;
  }

  /**
   * @param {string} line
   * @returns {ServerEvent|null}
   */
  #line(line) {
    if (line === "") {
      const event = { event: this.event || "message", data: this.data.join("\n") };
      const complete = this.data.length > 0;
      this.event = "";
      this.data = [];
      return complete ? event : null;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    if (field === "data") this.data.push(value);
    return null;
  }
}
