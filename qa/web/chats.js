// @ts-check
/** The chats, stored only in this browser: one storage entry per chat. */
import { dateline, day } from "./dates.js";
import { line } from "./bidi.js";
import { withoutMarkers } from "./formatter.js";
import { Memory } from "./storage.js";

/** @typedef {import("./types.js").Chat} Chat */
/** @typedef {import("./types.js").Turn} Turn */
/** @typedef {import("./types.js").Citation} Citation */

const PREFIX = "article-qa.chat.";
const TURNS_SENT = 6;
// Six turns of this length stay within the service's limit of 100,000 characters.
const LONGEST_TURN = 14_000;

/** The name of a chat's storage entry. @param {string} id */
export const entryOf = (id) => PREFIX + id;

/** Chats in the browser's storage, or in anything with the same interface. */
export class Chats {
  /** @param {import("./storage.js").Entries} storage @param {string} collection the one of the page */
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
    return this.#read(entryOf(id));
  }

  /**
   * Saves a chat, with the turns that another tab has saved in it. If the browser's storage is full,
   * the oldest other chats are deleted, unless that is still too little.
   * @param {Chat} chat
   * @param {Turn} [changed] the turn that replaces the stored one
   * @returns {"kept"|"made room"|"not kept"}
   */
  save(chat, changed) {
    if (this.collection !== "default") chat.collection ??= this.collection;
    const turns = merged(chat.turns, this.get(chat.id)?.turns ?? [], changed);
    const entry = JSON.stringify({ ...chat, turns: turns.map(slim) });
    const others = this.#all().filter((other) => other.id !== chat.id);
    /** @type {{id: string, entry: string}[]} */
    const deleted = [];
    let outcome = this.#write(chat.id, entry);
    while (outcome === "full" && others.length > 0) {
      const { id } = /** @type {Chat} */ (others.pop());
      deleted.push({ id, entry: this.storage.getItem(entryOf(id)) ?? "" });
      this.remove(id);
      outcome = this.#write(chat.id, entry);
    }
    if (outcome !== "kept") for (const other of deleted.reverse()) this.#write(other.id, other.entry);
    if (outcome !== "kept" || this.storage instanceof Memory) return "not kept";
    return deleted.length > 0 ? "made room" : "kept";
  }

  /** @param {string} id @param {string} entry @returns {"kept"|"full"|"refused"} */
  #write(id, entry) {
    try {
      this.storage.setItem(entryOf(id), entry);
      return "kept";
    } catch (error) {
      return error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "refused";
    }
  }

  /** @param {string} id */
  remove(id) {
    this.storage.removeItem(entryOf(id));
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
 * The turns of a chat in this page and in storage, in the order in which they were asked. Of one that
 * is in both, the stored one stays, unless it is `changed` or was saved before its answer had ended.
 * @param {Turn[]} turns
 * @param {Turn[]} stored
 * @param {Turn} [changed]
 */
export function merged(turns, stored, changed) {
  const all = new Map(turns.map((turn) => [turn.id, turn]));
  for (const turn of stored) {
    const ended = turn.state !== "asking" && turn.id !== changed?.id;
    if (ended || !all.has(turn.id)) all.set(turn.id, turn);
  }
  return [...all.values()].sort((a, b) => (a.asked < b.asked ? -1 : Number(a.asked > b.asked)));
}

/**
 * A turn as it is stored: without what is in its answer too. The passages of an answered question
 * keep their offsets but not their text, which can be read again.
 * @param {Turn} turn
 * @returns {Turn}
 */
function slim(turn) {
  const { answer } = turn;
  if (!answer) return turn;
  const passages = answer.answered ? answer.passages.map((passage) => ({ ...passage, text: "" })) : answer.passages;
  return { ...turn, text: "", sentences: [], citations: [], answer: { ...answer, passages } };
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
