// @ts-check
/** The browser's storage, or, where the browser refuses it, one that lasts until the page is closed. */

/** @typedef {Pick<Storage, "length"|"key"|"getItem"|"setItem"|"removeItem">} Entries */

/** Entries in memory. @implements {Entries} */
export class Memory {
  /** @type {Map<string, string>} */
  #entries = new Map();

  get length() {
    return this.#entries.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#entries.keys()][index] ?? null;
  }

  /** @param {string} name */
  getItem(name) {
    return this.#entries.get(name) ?? null;
  }

  /** @param {string} name @param {string} value */
  setItem(name, value) {
    this.#entries.set(name, value);
  }

  /** @param {string} name */
  removeItem(name) {
    this.#entries.delete(name);
  }
}

/** @param {() => Storage|null} read throws, or returns null, where the browser refuses @returns {Entries} */
function usable(read) {
  try {
    return read() ?? new Memory();
  } catch {
    return new Memory();
  }
}

/** Kept until the reader deletes it. */
export const lasting = usable(() => localStorage);

/** Kept as long as the tab. */
export const ofTab = usable(() => sessionStorage);

/**
 * Sets an entry that the page can do without; a full storage does not take it.
 * @param {Entries} storage
 * @param {string} name
 * @param {string} value
 */
export function note(storage, name, value) {
  try {
    storage.setItem(name, value);
  } catch {
    // What it says lasts until the page is closed.
  }
}
