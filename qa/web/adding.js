// @ts-check
/** The dialog for adding articles: drop or choose files, or paste a text. */
import { line } from "./bidi.js";
import { announce, byId, el } from "./dom.js";
import { explain } from "./errors.js";
import { icon } from "./icons.js";
import { addArticle, addFile } from "./service.js";
import { count } from "./turn.js";

/** @typedef {import("./types.js").Added} Added */

const SAID = { added: "Added", replaced: "Replaced with this version", unchanged: "Already added, unchanged", skipped: "Skipped" };

export class Adding {
  /** @param {() => void} onAdded */
  constructor(onAdded) {
    this.onAdded = onAdded;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("add-dialog"));
    this.report = byId("add-report");
    this.form = /** @type {HTMLFormElement} */ (byId("paste-form"));
    this.files = /** @type {HTMLInputElement} */ (byId("add-files"));
    this.bar = /** @type {HTMLProgressElement} */ (byId("add-progress"));
    this.save = /** @type {HTMLButtonElement} */ (byId("paste-save"));
    this.sending = false;
    /** Files not sent yet. @type {File[]} */
    this.queue = [];
    this.stopped = new AbortController();
    this.files.addEventListener("change", () => {
      this.#take([...(this.files.files ?? [])]);
      this.files.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#paste();
    });
    byId("add-close").append(icon("close"));
    byId("add-close").addEventListener("click", () => this.dialog.close());
    byId("add-stop").addEventListener("click", () => this.#stop());
    this.acceptDrops(this.dialog);
  }

  open() {
    if (this.dialog.open) return;
    if (!this.sending) this.report.replaceChildren();
    this.dialog.showModal();
  }

  /** @param {HTMLElement} place the drop target */
  acceptDrops(place) {
    const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
    place.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      place.classList.add("dropping");
    });
    place.addEventListener("dragleave", (event) => {
      if (!(event.relatedTarget instanceof Node) || !place.contains(event.relatedTarget)) place.classList.remove("dropping");
    });
    place.addEventListener("drop", (event) => {
      place.classList.remove("dropping");
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.open();
      const items = [...(event.dataTransfer?.items ?? [])];
      const folder = items.some((item) => item.webkitGetAsEntry?.()?.isDirectory);
      if (folder) this.#line("Folders cannot be dropped here.", "Add it from the command line: qa ingest FOLDER", "trouble");
      else this.#take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** Sends files one at a time, so that one bad file does not stop the others. @param {File[]} files */
  async #take(files) {
    this.queue.push(...files);
    if (this.sending || this.queue.length === 0) return;
    this.sending = true;
    this.stopped = new AbortController();
    let done = 0;
    byId("add-running").hidden = false;
    while (this.queue.length > 0 && !this.stopped.signal.aborted) {
      const file = /** @type {File} */ (this.queue.shift());
      this.bar.max = done + this.queue.length + 1;
      this.bar.value = done;
      const row = this.#line(file.name, "Being read…", "busy");
      try {
        const { articles } = await addFile(file, this.stopped.signal);
        this.#tell(row, file.name, articles);
      } catch (error) {
        const { what, next } = explain(error);
        const said = this.stopped.signal.aborted ? "Stopped." : `${what} ${next}`;
        this.#line(file.name, said, "trouble", row);
      }
      done += 1;
    }
    this.sending = false;
    byId("add-running").hidden = true;
    announce(`${count(done, "file")} done. See the list for the results.`);
    this.onAdded();
  }

  #stop() {
    for (const file of this.queue.splice(0)) this.#line(file.name, "Not sent.", "trouble");
    this.stopped.abort();
  }

  async #paste() {
    const fields = new FormData(this.form);
    /** @type {Record<string, string>} */
    const article = {};
    for (const [name, value] of fields) {
      if (typeof value === "string" && value.trim()) article[name] = name === "text" ? value : value.trim();
    }
    if (!article.text) return;
    const name = line(article.title ?? article.text).slice(0, 80);
    const row = this.#line(name, "Being read…", "busy");
    this.save.disabled = true;
    try {
      const { articles } = await addArticle(article);
      this.#tell(row, name, articles);
      if (articles.every(({ status }) => status !== "skipped")) this.form.reset();
      this.onAdded();
    } catch (error) {
      const { what, next } = explain(error);
      this.#line(name, `${what} ${next}`, "trouble", row);
    }
    this.save.disabled = false;
  }

  /** @param {HTMLElement} row @param {string} name @param {Added[]} articles */
  #tell(row, name, articles) {
    const skipped = articles.filter(({ status }) => status === "skipped");
    if (articles.length === 1) {
      const [{ status, reason }] = articles;
      this.#line(name, reason || `${SAID[status]}.`, status === "skipped" ? "trouble" : "done", row);
      return;
    }
    const taken = count(articles.length - skipped.length, "article");
    const reasons = [...new Set(skipped.map(({ reason }) => reason))].join(" ");
    const said = skipped.length ? `${taken} added, ${skipped.length} skipped. ${reasons}` : `${taken} added.`;
    this.#line(name, said, skipped.length ? "trouble" : "done", row);
  }

  /**
   * @param {string} name
   * @param {string} said
   * @param {"busy"|"done"|"trouble"} state
   * @param {HTMLElement} [row] the row to update; a new one if omitted
   */
  #line(name, said, state, row = el("li")) {
    row.className = state;
    row.replaceChildren(el("span", { class: "add-name", dir: "auto" }, line(name)), el("span", { class: "add-said" }, said));
    if (!row.isConnected) this.report.append(row);
    row.scrollIntoView({ block: "nearest" });
    return row;
  }
}
