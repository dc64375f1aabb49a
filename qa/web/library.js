// @ts-check
/** The articles page: browse, search, open, add and remove articles. */
import { Adding } from "./adding.js";
import { line, words } from "./bidi.js";
import { datelineElement } from "./dates.js";
import { announce, byId, el } from "./dom.js";
import { explain } from "./errors.js";
import { FollowedPanel } from "./followed.js";
import { icon } from "./icons.js";
import { articleAddress } from "./routes.js";
import { listArticles, removeArticle } from "./service.js";
import { toast } from "./toast.js";
import { count } from "./turn.js";

/** @typedef {import("./types.js").ArticleRow} ArticleRow */

const TYPING_PAUSE = 200;
const PAGE = 30;

/** How many other articles tell its story. @param {ArticleRow} article */
const versions = ({ cluster }) => cluster && (cluster.articles === 2 ? "1 copy" : `${cluster.articles - 1} copies`);

export class Library {
  /** @param {{onChanged: () => void, onRemoved: (id: string) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.search = /** @type {HTMLInputElement} */ (byId("article-search"));
    this.total = byId("article-total");
    this.list = byId("article-list");
    this.end = byId("article-end");
    /** @type {string|null} */
    this.cursor = null;
    /** Aborted when the next request starts. @type {AbortController} */
    this.reading = new AbortController();
    let pause = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => this.load(), TYPING_PAUSE);
    });
    const changed = () => {
      this.load();
      actions.onChanged();
    };
    this.followed = new FollowedPanel(changed, () => {
      // A list that somebody has opened further, or is in with the keyboard, stays as it is.
      if (this.list.childElementCount <= PAGE && !this.list.querySelector(":focus")) changed();
      else this.#recount();
    });
    this.adding = new Adding({ onAdded: changed, onFollowed: () => this.followed.load() });
    byId("add-articles").prepend(icon("plus"));
    byId("add-articles").addEventListener("click", () => this.adding.open());
    this.adding.acceptDrops(byId("library"));
  }

  /** @param {import("./types.js").Collection} collection */
  setCollection(collection) {
    this.adding.formats = collection.formats ?? [];
  }

  /** Shows the library when it is opened. */
  show() {
    this.followed.load();
    return this.load();
  }

  /** Moves the focus to the link to an article, or to the search if it is not in the list. @param {string} id */
  focusOn(id) {
    const link = [...this.list.querySelectorAll("a")].find((each) => each.getAttribute("href") === articleAddress(id));
    (link ?? this.search).focus();
  }

  /** Shows the first page of search results. */
  load() {
    this.cursor = null;
    return this.#more(true);
  }

  /** @param {boolean} fresh */
  async #more(fresh) {
    this.reading.abort();
    const reading = (this.reading = new AbortController());
    try {
      const q = this.search.value.trim();
      const page = await listArticles({ q, cursor: this.cursor, limit: PAGE, signal: reading.signal });
      const rows = page.articles.map((article) => this.#row(article));
      if (fresh) this.list.replaceChildren(...rows);
      else this.list.append(...rows);
      this.cursor = page.next_cursor;
      this.total.textContent = totalOf(page.total, q);
      const more = el("button", { type: "button", class: "button", onclick: () => this.#more(false) }, "Show more");
      this.end.replaceChildren(...(this.cursor ? [more] : []));
      if (!fresh) rows[0]?.querySelector("a")?.focus();
    } catch (error) {
      if (reading.signal.aborted) return;
      const { what, next } = explain(error);
      const again = el("button", { type: "button", class: "quiet", onclick: () => this.#more(fresh) }, icon("again"), "Try again");
      this.end.replaceChildren(el("p", { class: "notice" }, icon("warn"), el("span", {}, `${what} ${next} `, again)));
    }
  }

  /** @param {ArticleRow} article */
  #row(article) {
    const title = line(article.title);
    const where = datelineElement(article);
    const size = [count(article.passages, "passage"), versions(article)].filter(Boolean).join(" · ");
    const row = el(
      "li",
      {},
      el(
        "div",
        { class: "row-words" },
        el("a", { href: articleAddress(article.id), dir: "auto" }, ...words(article.title)),
        el("p", { class: "dateline" }, where, where && " · ", size),
      ),
      el("button", { type: "button", class: "icon-button", "aria-label": `Remove “${title}”`, title: "Remove", onclick: () => this.#confirm(article, row) }, icon("trash")),
    );
    return row;
  }

  /** @param {ArticleRow} article @param {HTMLElement} row */
  #confirm(article, row) {
    const dialog = /** @type {HTMLDialogElement} */ (byId("remove-dialog"));
    const close = () => dialog.close();
    const remove = el("button", { type: "button", class: "button danger" }, "Remove");
    const problem = el("p", { role: "alert" });
    remove.addEventListener("click", async () => {
      remove.disabled = true;
      try {
        await removeArticle(article.id);
        close();
        this.actions.onRemoved(article.id);
        const beside = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        (beside?.querySelector("a") ?? this.search).focus();
        toast(`“${line(article.title)}” was removed.`);
        this.actions.onChanged();
        const left = await this.#recount();
        if (left !== null && !this.search.value.trim()) announce(`${count(left, "article")} left.`);
      } catch (error) {
        const { what, next } = explain(error);
        problem.textContent = `${what} ${next}`;
        remove.disabled = false;
      }
    });
    dialog.replaceChildren(
      el("h2", { id: "remove-title" }, "Remove this article?"),
      el("p", { dir: "auto" }, ...words(`“${article.title}”`)),
      el("p", {}, "New answers will not use it. Earlier answers keep their quotes, but can no longer open it."),
      problem,
      el("p", { class: "dialog-actions" }, el("button", { type: "button", class: "button", onclick: close }, "Cancel"), remove),
    );
    dialog.showModal();
  }

  /** Shows how many articles there are now. Returns the number, or null if it cannot be read. */
  async #recount() {
    const q = this.search.value.trim();
    const page = await listArticles({ q, limit: 1 }).catch(() => null);
    if (page) this.total.textContent = totalOf(page.total, q);
    return page && page.total;
  }
}

/** @param {number} total @param {string} q what was searched for, or "" */
function totalOf(total, q) {
  if (total === 0) return q ? `No articles found for “${q}”.` : "There are no articles yet. Add some to begin.";
  return q ? `${count(total, "article")} found for “${q}”` : count(total, "article");
}
