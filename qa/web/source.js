// @ts-check
/** The article beside the answer: a side pane on wide screens, a bottom sheet on phones. */
import { showText } from "./article.js";
import { line, words } from "./bidi.js";
import { otherVersions } from "./copies.js";
import { datelineElement } from "./dates.js";
import { afterLayout, announce, byId, el, fill, motion } from "./dom.js";
import { explain } from "./errors.js";
import { icon } from "./icons.js";
import { Offsets } from "./offsets.js";
import { originalLink } from "./original.js";
import { readArticle } from "./service.js";

/** @typedef {import("./types.js").Article} Article */
/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {{article_id: string, start: number, end: number, text: string}} Place `text` is what was there, "" if it is not kept */
/**
 * What to show. `citations` are those of the answer, which the reader can step through; `current` is
 * one of them, a passage, or where a copy has the quoted words.
 * @typedef {{articleId: string, current: Citation|Place|null, citations: Citation[],
 *   passages: Place[], opener: HTMLElement|null}} View
 */

const PHONE = matchMedia("(max-width: 760px)");

export class SourcePane {
  /** @param {{onOnly: (article: Article) => void, onClose: (articleId: string) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.root = byId("source");
    /** @type {View|null} */
    this.view = null;
    this.head = el("div", { class: "source-head" });
    this.text = el("div", { class: "source-text", tabindex: 0, role: "region", "aria-label": "Article text" });
    this.root.append(this.#grip(), this.head, this.text);
    document.addEventListener("click", (event) => {
      // Everything behind the sheet is inert, so a tap outside it lands on these elements.
      const beside = event.target instanceof Element && event.target.matches("html, body, .desk");
      if (beside && this.root.hasAttribute("aria-modal")) this.close();
    });
    PHONE.addEventListener("change", () => this.view && this.#setModal(true));
  }

  /** @param {View} view */
  async open(view) {
    this.view = view;
    this.root.hidden = false;
    document.body.classList.add("reading");
    this.#setModal(true);
    this.#markChips();
    if (this.text.dataset.article !== view.articleId) {
      this.#head(null);
      this.text.replaceChildren(el("p", { class: "loading" }, "Opening the article…"));
      delete this.text.dataset.article;
    }
    try {
      const article = await readArticle(view.articleId);
      if (this.view === view) this.#show(article, view);
    } catch (error) {
      if (this.view === view) this.#fail(error, view);
    }
  }

  close() {
    if (!this.view) return;
    const { articleId, opener } = this.view;
    this.view = null;
    this.root.hidden = true;
    delete this.text.dataset.article;
    this.root.classList.remove("tall");
    document.body.classList.remove("reading");
    this.#setModal(false);
    this.#markChips();
    if (opener?.isConnected) opener.focus();
    this.actions.onClose(articleId);
  }

  /** @param {Article} article @param {View} view */
  #show(article, view) {
    const current = view.current ? [view.current] : [];
    const offsets = new Offsets(article.text);
    const stands = (/** @type {Citation|Place} */ place) => place.article_id === article.id && saysTheSame(place, offsets.slice(place.start, place.end));
    /** @param {(Citation|Place)[]} places @param {import("./article.js").Mark} mark */
    const marked = (places, mark) => places.filter(stands).map(({ start, end }) => ({ start, end, mark }));
    this.#head(article, !current.every(stands));
    showText(this.text, article, [...marked(current, "current"), ...marked(view.citations, "cited"), ...marked(view.passages, "passage")]);
    // Scroll smoothly only within an article that is already open. In a newly opened one, a touch
    // would interrupt the scroll before it reaches the quote.
    const behavior = this.text.dataset.article === article.id ? motion() : "instant";
    this.text.dataset.article = article.id;
    const mark = this.text.querySelector("mark.current");
    if (mark instanceof HTMLElement) {
      // Focus the quote, so that screen readers start reading there.
      mark.tabIndex = -1;
      mark.focus({ preventScroll: true });
      const scroll = () => mark.scrollIntoView({ block: "center", behavior });
      scroll();
      // Paragraphs above the quote have only estimated heights until they are first laid out.
      if (behavior === "instant") afterLayout(scroll);
    } else {
      this.text.scrollTop = 0;
      this.head.querySelector("h2")?.focus({ preventScroll: true });
    }
    announce(`${this.#position()} In the article “${line(article.title)}”.`);
  }

  #position() {
    const { view } = this;
    const index = view && isCitation(view.current) ? view.citations.indexOf(view.current) : -1;
    return view && index >= 0 ? `Quote ${index + 1} of ${view.citations.length}.` : "";
  }

  /**
   * @param {Article|null} article
   * @param {boolean} [changed] whether the article no longer says there what is to be shown
   */
  #head(article, changed = false) {
    const view = /** @type {View} */ (this.view);
    const citation = isCitation(view.current) ? view.current : null;
    const title = article?.title ?? citation?.title ?? "";
    const href = article && originalLink(article.url, citation?.quote, citation?.page);
    const close = el("button", { type: "button", class: "icon-button", "aria-label": "Close the article", title: "Close (Esc)", onclick: () => this.close() }, icon("close"));
    const author = article?.author && el("span", { dir: "auto" }, ...words(article.author));
    const where = article && datelineElement({ ...article, page: citation?.page });
    fill(
      this.head,
      el("div", { class: "source-bar" }, this.#steps(), close),
      el("h2", { tabindex: -1, dir: "auto" }, ...words(title)),
      el("p", { class: "dateline" }, author, author && where && " · ", where),
      article &&
        el(
          "p",
          { class: "source-links" },
          href && el("a", { href, target: "_blank", rel: "noopener noreferrer" }, "Open the original", icon("out")),
          el("button", { type: "button", class: "quiet", onclick: () => this.actions.onOnly(article) }, icon("filter"), "Ask only this article"),
        ),
      article && otherVersions(article, (articleId) => this.open({ ...view, articleId, current: null })),
      changed &&
        el(
          "p",
          { class: "notice" },
          icon("warn"),
          el("span", {}, "The article has changed since this answer.", citation && " It used to say: ", citation && el("q", {}, ...words(citation.quote)), " Ask again for an answer from the current version."),
        ),
    );
  }

  /** Buttons for the previous and next of the answer's citations. */
  #steps() {
    const view = /** @type {View} */ (this.view);
    const index = isCitation(view.current) ? view.citations.indexOf(view.current) : -1;
    if (index < 0) return el("p", { class: "source-kind" }, view.current ? "Nearest passage" : "Article");
    const step = (/** @type {number} */ by) => {
      const citation = view.citations[index + by];
      const button = el(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": by < 0 ? "Previous quote" : "Next quote",
          disabled: !citation,
          onclick: () => this.#step({ ...view, articleId: citation.article_id, current: citation }, by),
        },
        icon(by < 0 ? "previous" : "next"),
      );
      return button;
    };
    return el("div", { class: "steps", role: "group", "aria-label": "Quotes of this answer" }, step(-1), el("span", {}, `Quote ${index + 1} of ${view.citations.length}`), step(1));
  }

  /** @param {View} view @param {number} by */
  async #step(view, by) {
    await this.open(view);
    const [previous, next] = this.head.querySelectorAll(".steps button");
    const same = /** @type {HTMLButtonElement} */ (by < 0 ? previous : next);
    // Keep the focus on the button for keyboard users.
    if (same && !same.disabled) same.focus({ preventScroll: true });
  }

  /** @param {unknown} error @param {View} view */
  #fail(error, view) {
    const { what, next } = explain(error);
    const quote = isCitation(view.current) ? view.current.quote : "";
    fill(
      this.text,
      el("p", { class: "notice" }, icon("warn"), el("span", {}, `${what} ${next}`)),
      quote && el("p", {}, "The quote was: ", el("q", {}, ...words(quote))),
      el("p", {}, el("button", { type: "button", class: "quiet", onclick: () => this.open(view) }, icon("again"), "Try again")),
    );
    this.head.querySelector("button")?.focus();
  }

  /** Marks the chips of the quote that is shown as current. */
  #markChips() {
    for (const chip of document.querySelectorAll(".chip[aria-current]")) chip.removeAttribute("aria-current");
    const { view } = this;
    if (!view || !isCitation(view.current)) return;
    const turn = view.opener?.closest(".turn");
    for (const chip of turn?.querySelectorAll(`.chip[data-citation="${view.current.number}"]`) ?? []) {
      chip.setAttribute("aria-current", "true");
    }
  }

  /** On phones the sheet is modal, and the page behind it inert. @param {boolean} open */
  #setModal(open) {
    const modal = open && PHONE.matches;
    for (const id of ["bar", "chats", "main"]) byId(id).inert = modal;
    if (modal) this.root.setAttribute("aria-modal", "true");
    else this.root.removeAttribute("aria-modal");
    this.root.setAttribute("role", modal ? "dialog" : "complementary");
  }

  /** The handle of the sheet: tap to change its height, pull down to close it. */
  #grip() {
    let from = 0;
    let moved = 0;
    const grip = el("button", { type: "button", class: "grip", "aria-label": "Make the article taller or shorter" });
    grip.addEventListener("pointerdown", (event) => {
      from = event.clientY;
      moved = 0;
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (!grip.hasPointerCapture(event.pointerId)) return;
      moved = event.clientY - from;
      this.root.style.translate = `0 ${Math.max(0, moved)}px`;
    });
    grip.addEventListener("pointerup", () => {
      this.root.style.translate = "";
      if (moved > 100) this.close();
      else if (moved < -40) this.root.classList.add("tall");
    });
    grip.addEventListener("click", () => Math.abs(moved) < 8 && this.root.classList.toggle("tall"));
    return grip;
  }
}

/** @param {Citation|Place|null} current @returns {current is Citation} */
function isCitation(current) {
  return current !== null && "quote" in current;
}

/**
 * Whether the words now at a place are those that were there: exactly for a citation, and apart from
 * case, spacing and marks for a passage or a copy.
 * @param {Citation|Place} place
 * @param {string} now
 */
function saysTheSame(place, now) {
  return isCitation(place) ? now === place.quote : bare(now) === bare(place.text);
}

/** @param {string} text */
const bare = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
