// @ts-check
/** One question and its answer, on the page. */
import { line, words } from "./bidi.js";
import { quotedParts, writtenParts } from "./body.js";
import { filterWords } from "./chats.js";
import { chip } from "./chip.js";
import { alsoIn } from "./copies.js";
import { dateline, datelineElement, day } from "./dates.js";
import { el, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { originalLink } from "./original.js";

/** @typedef {import("./types.js").Turn} Turn */
/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {import("./types.js").Passage} Passage */
/**
 * @typedef {{
 *   onCite: (turn: Turn, citation: Citation, opener: HTMLElement) => void,
 *   onOpenCopy: import("./copies.js").OpenCopy,
 *   onPassage: (passage: Passage, opener: HTMLElement) => void,
 *   onAgain: (turn: Turn) => void, onIgnoreDates: (turn: Turn) => void, onEdit: (turn: Turn) => void,
 *   onCopy: (turn: Turn) => void, onLink: (turn: Turn) => void,
 * }} TurnActions
 */

/** Below this confidence, a warning says that the quotes may not answer the question. */
const SURE = 0.6;

/** Renders a turn as one `<article>`. After changing the turn, call `update`. */
export class TurnView {
  /**
   * @param {Turn} turn
   * @param {TurnActions} actions
   */
  constructor(turn, actions) {
    this.turn = turn;
    this.actions = actions;
    /** The retrieved passages, while streaming. @type {{standalone: string, passages: Passage[]}|null} */
    this.found = null;
    this.latest = false;
    const heading = `question-${turn.id}`;
    const only = filterWords(turn);
    this.above = el("div", { class: "above" });
    this.body = el("div", { class: "body" });
    this.below = el("div", { class: "below" });
    this.element = el(
      "article",
      { class: "turn", "aria-labelledby": heading },
      el("h2", { class: "question", id: heading, dir: "auto" }, ...words(turn.question)),
      only && el("p", { class: "only" }, ...words(only)),
      this.above,
      this.body,
      this.below,
    );
    this.update();
  }

  update() {
    const { turn } = this;
    const { answer } = turn;
    this.element.dataset.state = turn.state;
    this.element.dataset.kind = !answer ? "" : answer.answered ? answer.answerer : "unanswered";
    this.body.setAttribute("aria-busy", String(turn.state === "asking"));
    if (answer && !answer.answered) {
      this.above.replaceChildren(...this.#timeframe());
      this.body.replaceChildren(this.#unanswered());
      this.below.replaceChildren(this.#actions());
      return;
    }
    this.#label();
    const quoted = (answer?.answerer ?? turn.answerer) === "extractive";
    const view = {
      text: answer?.text ?? turn.text,
      sentences: answer?.sentences ?? turn.sentences,
      citations: answer?.citations ?? turn.citations,
      done: turn.state !== "asking",
      short: answer?.short_answer ?? null,
    };
    const parts = quoted ? quotedParts(view, this.#cite, this.actions.onOpenCopy) : writtenParts(view, this.#cite);
    reconcile(this.body, parts);
    this.below.replaceChildren(...this.#after());
  }

  /** @param {Citation} citation @param {HTMLElement} opener */
  #cite = (citation, opener) => this.actions.onCite(this.turn, citation, opener);

  /** The lines above the answer: how it was made, and the short answer. */
  #label() {
    const { turn, found } = this;
    const { answer } = turn;
    const standalone = answer?.standalone_question ?? found?.standalone;
    const nodes = [];
    if (standalone && standalone.trim() !== turn.question.trim()) {
      nodes.push(el("p", { class: "read-as", dir: "auto" }, "Understood as: ", ...words(standalone)));
    }
    nodes.push(...this.#timeframe());
    if (answer?.notice) nodes.push(el("p", { class: "notice" }, icon("warn"), el("span", {}, ...words(answer.notice))));
    if (turn.state === "asking") nodes.push(el("p", { class: "label working" }, this.#progress()));
    else if (answer) nodes.push(el("p", { class: "label" }, ...labelOf(answer)));
    // What is so now, and what was, say more.
    const short = answer?.standing ? null : answer?.short_answer;
    const citation = short && answer.citations.find((each) => each.number === short.citation);
    if (short && citation) {
      nodes.push(el("p", { class: "short", dir: "auto" }, ...words(short.text), chip(citation, this.#cite)));
    }
    this.above.replaceChildren(...nodes);
  }

  /** The days that the question was read to ask about, to be taken away. */
  #timeframe() {
    const { answer } = this.turn;
    if (!answer?.timeframe) return [];
    const { text, first, last, speaks_of } = answer.timeframe;
    const what = speaks_of === "happened" ? "articles of that time first" : `only articles ${spanOf(first, last)}`;
    const button = el(
      "button",
      { type: "button", class: "tag", "aria-label": `Search all dates, not just ${line(text)}`, onclick: () => this.actions.onIgnoreDates(this.turn) },
      el("span", { dir: "auto" }, ...words(text)),
      icon("close"),
    );
    return [el("p", { class: "timeframe" }, button, el("span", { class: "label" }, what))];
  }

  #progress() {
    if (this.turn.text) return "Writing, and checking each sentence";
    if (!this.found) return "Searching the articles";
    const { passages } = this.found;
    const articles = new Set(passages.map((passage) => passage.article_id)).size;
    return `Reading ${count(passages.length, "passage")} from ${count(articles, "article")}`;
  }

  /** What follows the answer: the sources of a chat model's answer, any failure, and actions. */
  #after() {
    const { turn } = this;
    const nodes = [];
    if (turn.answer?.answerer === "llm" && turn.answer.citations.length > 0) nodes.push(this.#sources(turn.answer.citations));
    if (turn.state === "stopped") nodes.push(el("p", { class: "stopped" }, "Stopped before it was complete."));
    if (turn.trouble) nodes.push(this.#trouble(turn.trouble));
    if (turn.state !== "asking") nodes.push(this.#actions());
    return nodes;
  }

  /** @param {Citation[]} citations */
  #sources(citations) {
    const items = citations.map((citation) => {
      const href = originalLink(citation.url, citation.quote);
      return el(
        "li",
        {},
        chip(citation, this.#cite),
        el(
          "div",
          {},
          el("blockquote", { dir: "auto" }, ...words(citation.quote)),
          el(
            "p",
            { class: "from", dir: "auto" },
            el("cite", {}, ...words(citation.title)),
            dateline(citation) && el("span", { class: "dateline" }, datelineElement(citation)),
            href && el("a", { href, target: "_blank", rel: "noopener noreferrer", "aria-label": `The original of “${line(citation.title)}”` }, "Original", icon("out")),
          ),
          alsoIn([citation], this.actions.onOpenCopy),
        ),
      );
    });
    return el("section", { class: "sources" }, el("h3", {}, "Sources"), el("ol", {}, ...items));
  }

  /** "The articles do not say", with the nearest passages. */
  #unanswered() {
    const answer = /** @type {import("./types.js").Answer} */ (this.turn.answer);
    const nearest = answer.passages.slice(0, 4).map((passage) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: "nearest", onclick: (/** @type {Event} */ event) => this.actions.onPassage(passage, /** @type {HTMLElement} */ (event.currentTarget)) },
          el("span", { class: "nearest-title", dir: "auto" }, ...words(passage.title)),
          el("span", { class: "dateline" }, datelineElement(passage)),
          passage.text && el("span", { class: "nearest-text", dir: "auto" }, ...words(excerpt(passage))),
        ),
      ),
    );
    const why = answer.text.replace(/^the articles do not say\W*/i, "");
    const standalone = answer.standalone_question.trim() !== answer.question.trim() && answer.standalone_question;
    return el(
      "div",
      { class: "unanswered" },
      standalone && el("p", { class: "read-as", dir: "auto" }, "Understood as: ", ...words(standalone)),
      answer.notice && el("p", { class: "notice" }, icon("warn"), el("span", {}, ...words(answer.notice))),
      el("p", { class: "unanswered-head" }, "The articles do not say"),
      why && el("p", { dir: "auto" }, ...words(why)),
      nearest.length > 0 && el("h3", {}, "The nearest passages"),
      nearest.length > 0 && el("ul", { class: "nearest-list" }, ...nearest),
    );
  }

  /** @param {import("./types.js").Trouble} trouble */
  #trouble(trouble) {
    const { turn, actions } = this;
    const again = button("again", "Try again", () => actions.onAgain(turn));
    const edit = button("edit", "Edit the question", () => actions.onEdit(turn));
    return el(
      "div",
      { class: "trouble" },
      icon("warn"),
      el(
        "div",
        {},
        el("p", {}, el("strong", {}, trouble.what), " ", trouble.next),
        el("p", { class: "trouble-actions" }, trouble.action === "retry" && again, edit),
      ),
    );
  }

  #actions() {
    const { turn, actions } = this;
    if (turn.trouble) return el("div");
    return el(
      "div",
      { class: "actions", role: "group", "aria-label": "This answer" },
      button("copy", "Copy", () => actions.onCopy(turn), "Copy the answer with its sources"),
      this.latest && button("again", "Ask again", () => actions.onAgain(turn), "Ask the question again"),
      button("link", "Copy question link", () => actions.onLink(turn), "Copy a link to this question"),
      turn.answer?.kept_until && keptLink(turn.answer),
    );
  }
}

/** The days from the first to the last, either of which may be open. @param {string|null} first @param {string|null} last */
function spanOf(first, last) {
  if (!first) return last && `up to ${day(last)}`;
  if (!last) return `from ${day(first)} on`;
  return first === last ? `from ${day(first)}` : `from ${day(first)} to ${day(last)}`;
}

/** The permalink of an answer, where it can be saved and its quotes verified. @param {import("./types.js").Answer} answer */
function keptLink(answer) {
  const title = `This answer on a page of its own, kept until ${day((answer.kept_until ?? "").slice(0, 10))}`;
  return el("a", { class: "quiet", href: `answers/${encodeURIComponent(answer.id)}`, target: "_blank", rel: "noopener", title }, icon("out"), "Saved answer");
}

/**
 * @param {Parameters<typeof icon>[0]} name
 * @param {string} text
 * @param {() => void} onclick
 * @param {string} [title]
 */
function button(name, text, onclick, title) {
  return el("button", { type: "button", class: "quiet", onclick, title }, icon(name), text);
}

/**
 * One line on how an answer was made.
 * @param {import("./types.js").Answer} answer
 */
function labelOf(answer) {
  const articles = new Set(answer.citations.map((citation) => citation.article_id)).size;
  if (answer.answerer === "extractive") {
    const unsure = (answer.confidence ?? 1) < SURE && el("span", { class: "label-warning" }, "may not answer the question");
    return [el("span", { class: "swatch" }), `Quoted word for word from ${count(articles, "article")}`, unsure || ""];
  }
  const by = answer.model ? `Written by ${line(answer.model)}` : "Written";
  const checked = `${by} from ${count(articles, "article")}, each sentence checked`;
  const doubts = doubtsOf(answer.sentences);
  if (!doubts) return [checked];
  return [checked, el("span", { class: "label-warning" }, doubts)];
}

/**
 * How many sentences the articles contradict, and how many they do not bear out: "1 of 3 sentences
 * contradicted, 1 not found"; empty if there are none.
 * @param {import("./types.js").Sentence[]} sentences
 */
export function doubtsOf(sentences) {
  const unsupported = sentences.filter((sentence) => !sentence.supported);
  const contradicted = unsupported.filter((sentence) => sentence.outcome === "contradicted").length;
  const notFound = unsupported.length - contradicted;
  const counted = [contradicted && `${contradicted} contradicted`, notFound && `${notFound} not found`].filter(Boolean);
  const [first, ...rest] = counted;
  if (!first) return "";
  return [first.replace(" ", ` of ${count(sentences.length, "sentence")} `), ...rest].join(", ");
}

/** @param {number} number @param {string} noun */
export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** The beginning of a passage, cut at a word boundary, without its headline. @param {Passage} passage */
function excerpt(passage) {
  const whole = passage.text.replace(/\s+/g, " ").trim();
  const heading = `# ${passage.title}`;
  const one = whole.startsWith(heading) ? whole.slice(heading.length).trimStart() : whole;
  return one.length <= 240 ? one : `${one.slice(0, 240).replace(/\s+\S*$/, "")}…`;
}
