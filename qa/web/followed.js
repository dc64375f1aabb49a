// @ts-check
/** What is followed: feeds, sitemaps, pages and folders, with the last look at each and its error. */
import { line, words } from "./bidi.js";
import { ago } from "./dates.js";
import { announce, byId, el } from "./dom.js";
import { explain } from "./errors.js";
import { icon } from "./icons.js";
import { listFollowed, lookNow, unfollow } from "./service.js";
import { toast } from "./toast.js";
import { count } from "./turn.js";

/** @typedef {import("./types.js").FollowedSource} FollowedSource */

const LOOK_AGAIN = 5_000;

const KINDS = { page: "Page", feed: "Feed", sitemap: "Sitemap", folder: "Folder" };

export class FollowedPanel {
  /**
   * @param {() => void} onChanged called when articles may have come or gone
   * @param {() => void} onArrived called when they have by themselves
   */
  constructor(onChanged, onArrived) {
    this.onChanged = onChanged;
    this.onArrived = onArrived;
    /** What was shown last of the sources; null before they were first read. @type {string|null} */
    this.known = null;
    this.panel = byId("followed");
    this.list = byId("followed-list");
    this.total = byId("followed-total");
    setInterval(() => this.#refresh(), LOOK_AGAIN);
  }

  /** Shows what has arrived meanwhile, if the library is shown and anything may be followed. */
  async #refresh() {
    const isNothingFollowed = this.panel.hidden && this.known !== null;
    if (document.hidden || byId("library").hidden || isNothingFollowed) return;
    if (this.list.querySelector(".busy, :focus")) return;
    const before = this.known;
    await this.load();
    if (before !== null && this.known !== before) this.onArrived();
  }

  /** Shows what is followed now; what was shown stays if that cannot be read. */
  async load() {
    const found = await listFollowed().catch(() => null);
    if (!found) return;
    const sources = found.followed;
    this.known = JSON.stringify(sources.map(({ address, articles }) => [address, articles]));
    this.panel.hidden = sources.length === 0;
    const failing = sources.filter(({ error }) => error).length;
    this.total.textContent = `${count(sources.length, "source")} followed${failing ? `, ${failing} with an error` : ""}`;
    this.list.replaceChildren(...sources.map((source) => this.#row(source)));
  }

  /** @param {FollowedSource} source */
  #row(source) {
    const name = line(source.title ?? source.address);
    const looked = source.looked ? `checked ${ago(source.looked, new Date())}` : "not checked yet";
    const facts = [source.kind && KINDS[source.kind], count(source.articles, "article"), looked];
    const look = el("button", { type: "button", class: "icon-button", "aria-label": `Check ${name} now`, title: "Check now" }, icon("again"));
    const stop = el("button", { type: "button", class: "icon-button", "aria-label": `Stop following ${name}`, title: "Stop following" }, icon("close"));
    const row = el(
      "li",
      {},
      el(
        "div",
        { class: "row-words" },
        el("p", { class: "followed-name", dir: "auto", title: source.address }, ...words(source.title ?? source.address)),
        el("p", { class: "dateline" }, ...words(facts.filter(Boolean).join(" · "))),
        source.error && el("p", { class: "followed-error" }, icon("warn"), el("span", {}, ...words(source.error))),
      ),
      look,
      stop,
    );
    look.addEventListener("click", () => this.#act(row, () => lookNow(source.address), `${name} was checked.`));
    stop.addEventListener("click", () => this.#act(row, () => unfollow(source.address), `${name} is no longer followed. Its articles stay.`));
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {() => Promise<unknown>} act
   * @param {string} done
   */
  async #act(row, act, done) {
    row.classList.add("busy");
    for (const button of row.querySelectorAll("button")) button.disabled = true;
    try {
      await act();
      toast(done);
      announce(done);
    } catch (error) {
      const { what, next } = explain(error);
      toast(`${what} ${next}`);
    }
    await this.load();
    // Still there if the sources could not be read again.
    row.classList.remove("busy");
    for (const button of row.querySelectorAll("button")) button.disabled = false;
    this.onChanged();
  }
}
