// @ts-check
/** The chats, stored only in this browser: one storage entry per chat. */
import { dateline, day } from "./dates.js";
import { line } from "./bidi.js";
import { withoutMarkers } from "./formatter.js";

/** @typedef {import("./types.js").Chat} Chat */
/** @typedef {import("./types.js").Turn} Turn */
/** @typedef {import("./types.js").Citation} Citation */

const PREFIX = "article-qa.chat.";
const TURNS_SENT = 6;
// Six turns of this length stay within the service's limit of 100,000 characters.
const LONGEST_TURN = 14_000;

/** Chats in the browser's storage, or in anything with the same interface. */
export class Chats {
  /** @param {Storage} storage @param {string} collection the one of the page */
  constructor(storage, collection = "default") {
    this.storage = storage;
    this.collection = collection;
  }

  /** The chats of this collection, latest first. @returns {Chat[]} */
  list() {
    return this.#all().filter((chat) => collectionOf(chat) === this.collection);
  }

  /** All chats, latest first. A broken entry is skipped, not deleted. @returns {Chat[]} */
  #all() {
    /** @type {Chat[]} */
    const chats = [];
    for (let index = 0; index < this.storage.length; index += 1) {
      const key = this.storage.key(index);
      const chat = key?.startsWith(PREFIX) ? this.#read(key) : null;
      if (chat) chats.push(chat);
    }
    return chats.sort((a, b) => (a.updated < b.updated ? 1 : -1));
  }

  /** The chat with this id, of whichever collection. @param {string} id @returns {Chat|null} */
  get(id) {
    return this.#read(PREFIX + id);
  }

  /**
   * Saves a chat. If the browser's storage is full, the oldest other chats are deleted.
   * @param {Chat} chat
   * @returns {"kept"|"made room"|"not kept"}
   */
  save(chat) {
    if (this.collection !== "default") chat.collection ??= this.collection;
    const entry = JSON.stringify({ ...chat, turns: chat.turns.map(slim) });
    const others = this.#all().filter((other) => other.id !== chat.id);
    for (let room = "kept"; ; room = "made room") {
      try {
        this.storage.setItem(PREFIX + chat.id, entry);
        return /** @type {"kept"|"made room"} */ (room);
      } catch {
        const oldest = others.pop();
        if (!oldest) return "not kept";
        this.remove(oldest.id);
      }
    }
  }

  /** @param {string} id */
  remove(id) {
    this.storage.removeItem(PREFIX + id);
  }

  /** @param {string} key @returns {Chat|null} */
  #read(key) {
    try {
      const chat = JSON.parse(this.storage.getItem(key) ?? "null");
      return typeof chat?.id === "string" && Array.isArray(chat.turns) ? chat : null;
    } catch {
      return null;
    }
  }
}

/** @param {Chat} chat */
export const collectionOf = (chat) => (typeof chat.collection === "string" ? chat.collection : "default");

/**
 * A turn as it is stored: the passages of an answered question keep their offsets but not their
 * text, which can be read again.
 * @param {Turn} turn
 * @returns {Turn}
 */
function slim(turn) {
  if (!turn.answer?.answered) return turn;
  const passages = turn.answer.passages.map((passage) => ({ ...passage, text: "" }));
  return { ...turn, answer: { ...turn.answer, passages } };
}

/** @param {string} question */
export function titleFor(question) {
  const title = line(question);
  return title.length <= 60 ? title : `${title.slice(0, 57).replace(/\s+\S*$/, "").toWellFormed()}…`;
}

/**
 * An answer as plain text: the sentences with their markers, then the sources.
 * @param {Turn} turn
 */
export function answerText(turn) {
  const text = (turn.answer?.text ?? turn.text).trim();
  const citations = turn.answer?.citations ?? turn.citations;
  if (citations.length === 0) return text;
  const sources = citations.map(
    (citation) => `[${citation.number}] ${source(citation)}\n    “${line(citation.quote)}”`,
  );
  return `${text}\n\nSources\n${sources.join("\n")}`;
}

/** @param {Citation} citation */
function source(citation) {
  const parts = [line(citation.title), line(dateline(citation)), citation.url && line(citation.url)];
  return parts.filter(Boolean).join(" · ");
}

/**
 * A chat as a Markdown document.
 * @param {Chat} chat
 */
export function asMarkdown(chat) {
  const turns = chat.turns.map((turn) => {
    const only = filterWords(turn);
    const citations = turn.answer?.citations ?? turn.citations;
    const text = turn.answer?.text ?? turn.text;
    const quotes = citations.map(
      (citation) => `${citation.number}. ${escape(source(citation))}  \n   > ${escape(line(citation.quote))}`,
    );
    return [
      `## ${escape(line(turn.question))}`,
      only && `*${escape(only)}*`,
      // A chat model's answer is Markdown already; a quotation is not, so it is escaped.
      turn.answer?.answerer === "extractive" ? escape(text) : text,
      turn.answer?.notice && `*${escape(turn.answer.notice)}*`,
      turn.state === "stopped" && "*This answer was stopped before it was complete.*",
      turn.trouble && `*${escape(turn.trouble.what)}*`,
      quotes.length > 0 && `### Sources\n\n${quotes.join("\n")}`,
    ]
      .filter(Boolean)
      .join("\n\n");
  });
  return `# ${escape(line(chat.title))}\n\n${turns.join("\n\n")}\n`;
}

/** @param {string} text */
const escape = (text) => text.replace(/[\\`*_<>#|~]/g, "\\$&").replace(/\[(?!\d{1,3}\])/g, "\\[");

/** A turn's filters as a phrase; "" if it had none. @param {Turn} turn */
export function filterWords(turn) {
  const { from, to, asOf, sources, articles } = turn.filters;
  const parts = [
    from && to ? `${day(from)} to ${day(to)}` : from ? `from ${day(from)}` : to ? `until ${day(to)}` : "",
    sources.map(line).join(", "),
    articles.map((article) => `“${line(article.title)}”`).join(", "),
  ].filter(Boolean);
  const words = [parts.length > 0 && `Only ${parts.join(" · ")}`, asOf && `As of ${day(asOf)}`];
  return words.filter(Boolean).join(" · ");
}

/**
 * The conversation so far, as sent to the service: the latest completed turns.
 * @param {Turn[]} turns
 * @returns {{role: "user"|"assistant", content: string}[]}
 */
export function historyOf(turns) {
  return turns
    .filter((turn) => turn.state === "done" && turn.answer)
    .slice(-TURNS_SENT)
    .flatMap((turn) => [
      { role: "user", content: turn.question },
      { role: "assistant", content: withoutMarkers(turn.answer?.text ?? "").slice(0, LONGEST_TURN).toWellFormed() },
    ]);
}
