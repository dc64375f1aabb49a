// @ts-check
/** The open chat: asks questions, shows answers as they stream in, and saves every turn. */
import { answerText, historyOf, merged, titleFor } from "./chats.js";
import { announce, byId, motion } from "./dom.js";
import { explain } from "./errors.js";
import { askAddress, chatAddress } from "./routes.js";
import { ask, filtersBody } from "./service.js";
import { copy, toast } from "./toast.js";
import { count, doubtsOf, TurnView } from "./turn.js";

/** @typedef {import("./types.js").Chat} Chat */
/** @typedef {import("./types.js").Turn} Turn */
/** @typedef {import("./types.js").Filters} Filters */

export class Conversation {
  /**
   * @param {{chats: import("./chats.js").Chats, filters: import("./filters.js").FilterPanel,
   *   composer: () => import("./composer.js").Composer, source: import("./source.js").SourcePane,
   *   onChange: () => void}} parts
   */
  constructor(parts) {
    this.parts = parts;
    this.list = byId("turns");
    /** @type {Chat|null} */
    this.chat = null;
    /** @type {Map<Turn, TurnView>} */
    this.views = new Map();
    /** @type {AbortController|null} */
    this.running = null;
    /** Whether another tab has saved the open chat while an answer was written here. */
    this.stale = false;
    /** Ids of deleted chats, which the end of an answer does not save again. @type {Set<string>} */
    this.forgotten = new Set();
  }

  /** Shows a chat; null shows an empty one. @param {Chat|null} chat */
  show(chat) {
    this.stop();
    for (const turn of chat?.turns ?? []) {
      // An answer that was streaming when the page closed is no longer streaming.
      if (turn.state === "asking") turn.state = "stopped";
    }
    this.#open(chat);
    this.list.lastElementChild?.scrollIntoView({ block: "start" });
  }

  /** Shows what another tab has saved in the open chat; after the answer that is being written here. */
  refresh() {
    this.stale = this.running !== null;
    const stored = this.chat && !this.stale && this.parts.chats.get(this.chat.id);
    if (this.chat && stored) this.#open({ ...stored, turns: merged(this.chat.turns, stored.turns) });
  }

  /** @param {Chat|null} chat */
  #open(chat) {
    this.chat = chat;
    this.stale = false;
    this.views.clear();
    for (const turn of chat?.turns ?? []) this.#view(turn);
    this.#render();
  }

  /**
   * Asks in the open chat. Returns false, without asking, if the filters cannot match any article.
   * @param {string} question
   * @returns {boolean}
   */
  ask(question) {
    const { filters, composer } = this.parts;
    if (filters.problem) {
      composer().warn(filters.problem);
      filters.show(true);
      return false;
    }
    const now = new Date().toISOString();
    this.chat ??= { id: crypto.randomUUID?.() ?? `${Date.now()}`, title: titleFor(question), created: now, updated: now, turns: [] };
    /** @type {Turn} */
    const turn = {
      id: `${this.chat.turns.length}-${Date.now()}`,
      question,
      asked: now,
      filters: structuredClone(filters.filters),
      answerer: filters.expectedAnswerer,
      state: "asking",
      text: "",
      sentences: [],
      citations: [],
      answer: null,
      trouble: null,
    };
    this.chat.turns.push(turn);
    this.#view(turn);
    this.#render();
    history.replaceState(null, "", chatAddress(this.chat.id));
    this.list.lastElementChild?.scrollIntoView({ block: "start", behavior: motion() });
    this.#run(this.chat, turn);
    composer().focus();
    return true;
  }

  stop() {
    this.running?.abort();
  }

  /** @param {Turn} turn */
  #again(turn) {
    if (this.running || !this.chat) return;
    Object.assign(turn, { state: "asking", text: "", sentences: [], citations: [], answer: null, trouble: null });
    turn.answerer = this.parts.filters.expectedAnswerer;
    this.#run(this.chat, turn);
  }

  /** @param {Chat} chat @param {Turn} turn */
  async #run(chat, turn) {
    const running = new AbortController();
    this.running = running;
    this.parts.composer().setBusy(true);
    const view = /** @type {TurnView} */ (this.views.get(turn));
    view.found = null;
    view.update();
    this.#keep(chat, turn);
    let drawn = 0;
    // Draw at most once per frame, however fast tokens arrive.
    const draw = () => (drawn ||= requestAnimationFrame(() => ((drawn = 0), turn.state === "asking" && view.update())));
    try {
      const earlier = chat.turns.slice(0, chat.turns.indexOf(turn));
      const body = {
        question: turn.question,
        history: historyOf(earlier),
        filters: filtersBody(turn.filters),
        ...(turn.filters.asOf && { as_of: turn.filters.asOf }),
        ...(turn.ignoreDates && { reads_dates: false }),
        ...(this.parts.filters.answerer && { answerer: turn.answerer }),
      };
      for await (const event of ask(body, running.signal)) {
        if (running.signal.aborted) break;
        if (event.kind === "passages") view.found = { standalone: event.standalone_question, passages: event.passages };
        else if (event.kind === "token") turn.text += event.text;
        else if (event.kind === "sentence") {
          turn.sentences.push(event.sentence);
          const known = new Set(turn.citations.map((citation) => citation.number));
          turn.citations.push(...event.citations.filter((citation) => !known.has(citation.number)));
        } else {
          turn.answer = event.answer;
          turn.state = "done";
        }
        draw();
      }
      if (turn.state === "asking") turn.state = "stopped";
    } catch (error) {
      turn.state = running.signal.aborted ? "stopped" : "failed";
      if (turn.state === "failed") turn.trouble = explain(error);
    }
    cancelAnimationFrame(drawn);
    chat.updated = new Date().toISOString();
    view.update();
    this.#keep(chat, turn);
    announce(spoken(turn));
    if (this.running === running) {
      this.running = null;
      this.parts.composer().setBusy(false);
      if (this.stale) this.refresh();
    }
  }

  /** @param {Chat} chat @param {Turn} turn the one that changed */
  #keep(chat, turn) {
    if (this.forgotten.has(chat.id)) return;
    const kept = this.parts.chats.save(chat, turn);
    if (kept === "made room") toast("The browser's storage was full. The oldest chats were deleted to make room for this one.");
    if (kept === "not kept") toast("The browser does not store data for this page, so this chat will be lost when you close it. Copy what you need.");
    this.parts.onChange();
  }

  /** @param {Turn} turn */
  #view(turn) {
    const { source } = this.parts;
    const view = new TurnView(turn, {
      onCite: (cited, citation, opener) => {
        const citations = cited.answer?.citations ?? cited.citations;
        const passages = cited.answer?.passages ?? view.found?.passages ?? [];
        // The chip may have been made before the complete answer arrived; use the citation from that.
        const current = citations.find((each) => each.number === citation.number) ?? citation;
        source.open({ articleId: current.article_id, current, citations, passages, opener });
      },
      onOpenCopy: ({ article_id, start, end }, quote, opener) => {
        const current = start === null || end === null ? null : { article_id, start, end, text: quote };
        source.open({ articleId: article_id, current, citations: [], passages: [], opener });
      },
      onPassage: (passage, opener) => {
        source.open({ articleId: passage.article_id, current: passage, citations: [], passages: turn.answer?.passages ?? [], opener });
      },
      onAgain: (again) => this.#again(again),
      onIgnoreDates: (read) => {
        if (this.running) return;
        read.ignoreDates = true;
        this.#again(read);
      },
      onEdit: (edited) => this.parts.composer().edit(edited.question),
      onCopy: (copied) => copy(answerText(copied), "Answer copied, with its sources."),
      onLink: (linked) => {
        const address = new URL(askAddress(linked.question, linked.filters), location.href);
        copy(address.href, "Link to this question copied.");
      },
    });
    this.views.set(turn, view);
  }

  #render() {
    const views = [...this.views.values()];
    for (const [index, view] of views.entries()) {
      const latest = index === views.length - 1;
      if (view.latest !== latest) {
        view.latest = latest;
        view.update();
      }
      view.element.classList.toggle("latest", latest);
    }
    this.list.replaceChildren(...views.map((view) => view.element));
    this.parts.onChange();
  }
}

/** How a turn ended, for screen readers. @param {Turn} turn */
function spoken(turn) {
  if (turn.trouble) return `${turn.trouble.what} ${turn.trouble.next}`;
  if (!turn.answer) return "The answer was stopped.";
  if (!turn.answer.answered) return "The articles do not say. The nearest passages are listed.";
  const { sentences, citations } = turn.answer;
  const doubts = doubtsOf(sentences);
  const ready = `The answer is ready: ${count(sentences.length, "sentence")}, ${count(citations.length, "citation")}.`;
  return doubts ? `${ready} ${doubts}.` : ready;
}
