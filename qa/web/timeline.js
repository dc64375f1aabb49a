// @ts-check
/** The page of timelines: dated quotes about a name or a question, in order. */
import { words } from "./bidi.js";
import { datelineElement, day } from "./dates.js";
import { byId, el } from "./dom.js";
import { explain } from "./errors.js";
import { icon } from "./icons.js";
import { timelineAddress } from "./routes.js";
import { readTimeline, timelineRequest } from "./service.js";
import { count } from "./turn.js";

/** @typedef {import("./types.js").TimelineEntry} TimelineEntry */

export class TimelineView {
  /** @param {{onOpen: (entry: TimelineEntry, entries: TimelineEntry[], opener: HTMLElement) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.about = /** @type {HTMLInputElement} */ (byId("timeline-about"));
    this.asOf = /** @type {HTMLInputElement} */ (byId("timeline-as-of"));
    this.total = byId("timeline-total");
    this.list = byId("timeline-list");
    /** What is shown or being read. */
    this.shown = "";
    byId("timeline-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const address = timelineAddress(this.about.value.trim(), this.asOf.value);
      if (location.hash === address) this.#load();
      else location.hash = address;
    });
  }

  /** @param {string} about @param {string} asOf */
  show(about, asOf) {
    this.about.value = about;
    this.asOf.value = asOf;
    if (about) this.#load();
    else {
      this.shown = "";
      this.total.replaceChildren();
      this.list.replaceChildren();
      this.about.focus();
    }
  }

  async #load() {
    const [about, asOf] = [this.about.value.trim(), this.asOf.value];
    const asked = (this.shown = timelineAddress(about, asOf));
    this.total.textContent = "Searching the articles";
    try {
      const { entries } = await readTimeline(about, asOf);
      if (this.shown !== asked) return;
      this.list.replaceChildren(...entries.map((entry) => this.#row(entry, entries)));
      this.total.replaceChildren(...this.#summary(entries, about, asOf));
    } catch (error) {
      if (this.shown !== asked) return;
      const { what, next } = explain(error);
      this.list.replaceChildren();
      this.total.replaceChildren(icon("warn"), el("span", {}, `${what} ${next}`));
    }
  }

  /** @param {TimelineEntry[]} entries @param {string} about @param {string} asOf */
  #summary(entries, about, asOf) {
    if (entries.length === 0) return [el("span", {}, ...words(`No article mentions “${about}”.`))];
    /** @param {string} name @param {"json"|"markdown"} format @param {string} suffix */
    const file = (name, format, suffix) => el("a", { href: timelineRequest(about, asOf, format), download: `timeline.${suffix}` }, name);
    return [`${count(entries.length, "quote")}. Save as `, file("Markdown", "markdown", "md"), " or ", file("JSON", "json", "json")];
  }

  /** @param {TimelineEntry} entry @param {TimelineEntry[]} entries */
  #row(entry, entries) {
    const { citation } = entry;
    const open = el("button", { type: "button", class: "also-link", dir: "auto", onclick: () => this.actions.onOpen(entry, entries, open) }, ...words(citation.title));
    return el(
      "li",
      {},
      el("p", { class: "timeline-day" }, dayOrMonth(entry.day), entry.dated_by === "publication" && el("span", { class: "dateline" }, " (published)")),
      el("div", {}, el("q", { dir: "auto" }, ...words(citation.quote)), el("p", { class: "dateline" }, open, " ", datelineElement(citation))),
    );
  }
}

/** @param {string} iso a date or a month */
const dayOrMonth = (iso) => (iso.length === 7 ? day(`${iso}-01`).replace(/^1 /, "") : day(iso));
