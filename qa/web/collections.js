// @ts-check
/** The choice of a collection: links to the pages of the others that this reader may use. */
import { line, words } from "./bidi.js";
import { byId, el } from "./dom.js";
import { collectionAddress, collectionIn } from "./routes.js";
import { listCollections } from "./service.js";

/** @typedef {import("./types.js").CollectionInfo} CollectionInfo */

export class CollectionChooser {
  constructor() {
    this.root = /** @type {HTMLDetailsElement} */ (byId("collections"));
    this.list = byId("collection-list");
    /** The collection of this page. */
    this.current = collectionIn(location.pathname);
    /** @type {CollectionInfo[]} */
    this.collections = [];
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.root.open) return;
      event.preventDefault();
      this.root.open = false;
      this.root.querySelector("summary")?.focus();
    });
  }

  /** Reads which there are; without an answer, none are offered. */
  async load() {
    this.collections = await listCollections()
      .then(({ collections }) => collections)
      .catch(() => []);
    this.render();
  }

  get isKnown() {
    return this.collections.some(({ name }) => name === this.current);
  }

  /** @param {string} [hash] the part of the address that the links keep */
  render(hash = "") {
    byId("collection-name").textContent = titleOf(this.current);
    this.root.hidden = this.isKnown ? this.collections.length < 2 : this.collections.length === 0;
    this.list.replaceChildren(...this.collections.map((each) => this.#item(each, hash)));
  }

  /** @param {CollectionInfo} collection @param {string} hash */
  #item({ name, description }, hash) {
    const href = collectionAddress(name, location.pathname) + hash;
    return el(
      "li",
      {},
      el(
        "a",
        { href, "aria-current": name === this.current ? "true" : null },
        el("span", { dir: "auto" }, titleOf(name)),
        description && el("span", { class: "collection-about", dir: "auto" }, ...words(line(description))),
      ),
    );
  }
}

/** @param {string} name */
export const titleOf = (name) => (name === "default" ? "Default" : line(name));
