// @ts-check
/** Filters on which articles may answer: dates, sources, single articles. Shown as tags. */
import { line, words } from "./bidi.js";
import { day } from "./dates.js";
import { byId, el, fill } from "./dom.js";
import { icon } from "./icons.js";
import { noFilters } from "./routes.js";

/** @typedef {import("./types.js").Filters} Filters */
/** @typedef {import("./types.js").Collection} Collection */
/** @typedef {"from"|"to"|"asOf"} DateName the filters by date */

const FIRST_DAY = "1000-01-01";
/** With it, a browser ends the year after four digits. */
const LAST_DAY = "9999-12-31";

export class FilterPanel {
  constructor() {
    /** @type {Filters} */
    this.filters = noFilters();
    /** @type {Collection|null} */
    this.collection = null;
    /** "" for the service's default. */
    this.answerer = "";
    this.panel = byId("filters");
    this.tags = byId("tags");
    this.toggle = byId("filter-button");
    this.toggle.append(icon("filter"), el("span", {}, "Filter"));
    this.toggle.addEventListener("click", () => this.show(this.panel.hidden === true));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.show(false);
      this.toggle.focus();
    });
  }

  /** @param {boolean} open */
  show(open) {
    if (open) this.#render();
    else this.panel.replaceChildren();
    this.panel.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) this.panel.querySelector("input")?.focus();
  }

  /** @param {Collection|null} collection */
  setCollection(collection) {
    this.collection = collection;
    if (!this.panel.hidden) this.#render();
  }

  /** @param {Filters} filters */
  set(filters) {
    this.filters = filters;
    this.#renderTags();
    if (!this.panel.hidden) this.#render();
  }

  /** A sentence if the filters cannot match anything; otherwise "". */
  get problem() {
    const { from, to } = this.filters;
    return from && to && from > to ? "The start date is after the end date, so no article can match. Change one of them." : "";
  }

  /** The answerer chosen here, or else the service's default. */
  get expectedAnswerer() {
    return this.answerer || (this.collection?.answerers.includes("llm") ? "llm" : "extractive");
  }

  #render() {
    const { filters, collection } = this;
    /** @param {string} text @param {DateName} name @param {{min?: string|null, max?: string|null}} bounds */
    const dateField = (text, name, bounds) =>
      el(
        "label",
        { class: "field" },
        el("span", {}, text),
        el("input", {
          type: "date",
          name,
          value: filters[name] ?? "",
          ...bounds,
          onchange: (/** @type {Event} */ event) => this.#setDate(name, /** @type {HTMLInputElement} */ (event.target).value),
        }),
      );
    const published = { min: collection?.published_from, max: collection?.published_to };
    const sources = (collection?.sources ?? []).map(({ source, articles }) =>
      el(
        "label",
        { class: "check" },
        el("input", {
          type: "checkbox",
          name: "source",
          value: source,
          checked: filters.sources.includes(source),
          onchange: (/** @type {Event} */ event) => this.#setSource(source, /** @type {HTMLInputElement} */ (event.target).checked),
        }),
        el("span", { dir: "auto" }, ...words(source)),
        el("span", { class: "count" }, articles.toLocaleString("en")),
      ),
    );
    const focused = /** @type {HTMLInputElement|null} */ (document.activeElement);
    const keep = focused && this.panel.contains(focused) ? [focused.name, focused.value] : null;
    fill(
      this.panel,
      el("div", { class: "dates", role: "group", "aria-label": "Published" }, dateField("Published from", "from", published), dateField("to", "to", published), dateField("Answer as of", "asOf", { max: LAST_DAY })),
      sources.length > 0 && el("fieldset", { class: "sources-choice" }, el("legend", {}, "Sources"), el("div", { class: "checks" }, ...sources)),
      this.#answererChoice(),
    );
    if (keep) [...this.panel.querySelectorAll("input")].find((input) => input.name === keep[0] && (input.type !== "checkbox" || input.value === keep[1]))?.focus();
  }

  /** The choice of answerer; null if there is only one. */
  #answererChoice() {
    if ((this.collection?.answerers.length ?? 0) < 2) return null;
    const options = [
      ["llm", `Written by ${line(this.collection?.model ?? "the chat model")}`],
      ["extractive", "Quotations only"],
    ];
    return el(
      "fieldset",
      { class: "answerer-choice" },
      el("legend", {}, "Answers"),
      ...options.map(([value, text]) =>
        el(
          "label",
          { class: "check" },
          el("input", {
            type: "radio",
            name: "answerer",
            value,
            checked: this.expectedAnswerer === value,
            onchange: () => (this.answerer = value),
          }),
          el("span", {}, text),
        ),
      ),
    );
  }

  /**
   * While a year is typed, the browser gives each of its beginnings, such as 0020, as a date. They
   * are no filters, and the field that is being typed in has to stay.
   * @param {DateName} name
   * @param {string} value an ISO date, or ""
   */
  #setDate(name, value) {
    if (value && value < FIRST_DAY) return;
    this.filters = { ...this.filters, [name]: value };
    this.#renderTags();
  }

  /** @param {string} source @param {boolean} chosen */
  #setSource(source, chosen) {
    const others = this.filters.sources.filter((each) => each !== source);
    this.set({ ...this.filters, sources: chosen ? [...others, source] : others });
  }

  #renderTags() {
    const { filters } = this;
    /** @type {[string, Filters][]} */
    const tags = [];
    if (filters.from) tags.push([`From ${day(filters.from)}`, { ...filters, from: "" }]);
    if (filters.to) tags.push([`Until ${day(filters.to)}`, { ...filters, to: "" }]);
    if (filters.asOf) tags.push([`As of ${day(filters.asOf)}`, { ...filters, asOf: "" }]);
    for (const source of filters.sources) {
      tags.push([source, { ...filters, sources: filters.sources.filter((each) => each !== source) }]);
    }
    for (const article of filters.articles) {
      tags.push([`“${line(article.title)}”`, { ...filters, articles: filters.articles.filter((each) => each !== article) }]);
    }
    const buttons = tags.map(([text, without]) =>
      el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: "tag",
            "aria-label": `Remove the filter: ${line(text)}`,
            onclick: () => {
              this.set(without);
              byId("question").focus();
            },
          },
          el("span", { dir: "auto" }, ...words(text)),
          icon("close"),
        ),
      ),
    );
    this.tags.replaceChildren(...buttons);
    this.tags.hidden = buttons.length === 0;
  }
}
