// @ts-check
/** The dialog for adding articles: drop or choose files and folders, give an address, paste a text. */
import { line } from "./bidi.js";
import { announce, byId, el } from "./dom.js";
import { filesIn, pathOf } from "./dropped.js";
import { Failure, explain } from "./errors.js";
import { icon } from "./icons.js";
import { addAddress, addArticle, addFile, follow, listFollowed, undoAddition } from "./service.js";
import { count } from "./turn.js";

/** @typedef {import("./types.js").Added} Added */
/** @typedef {import("./types.js").AddReport} AddReport */
/** @typedef {"waiting"|"busy"|"done"|"trouble"} State */

const SAID = { added: "Added", replaced: "Replaced with this version", unchanged: "Already added, unchanged", skipped: "Skipped" };

const MS_BETWEEN_LOOKS = 2000;

/** The most skipped articles of one file that are listed. */
const MOST_REASONS = 20;

export class Adding {
  /** @param {{onAdded: () => void, onFollowed: () => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("add-dialog"));
    this.report = byId("add-report");
    this.form = /** @type {HTMLFormElement} */ (byId("paste-form"));
    this.addressForm = /** @type {HTMLFormElement} */ (byId("address-form"));
    this.bar = /** @type {HTMLProgressElement} */ (byId("add-progress"));
    this.save = /** @type {HTMLButtonElement} */ (byId("paste-save"));
    this.sending = false;
    /** Files not sent yet, with their rows in the report. @type {{file: File, row: HTMLElement}[]} */
    this.queue = [];
    /** The formats that the service reads, as suffixes. @type {string[]} */
    this.formats = [];
    /** Those of what is being added, which the button stops. @type {Set<AbortController>} */
    this.running = new Set();
    for (const id of ["add-files", "add-folder"]) {
      const input = /** @type {HTMLInputElement} */ (byId(id));
      input.addEventListener("change", () => {
        this.#take([...(input.files ?? [])], id === "add-folder");
        input.value = "";
      });
    }
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#paste();
    });
    this.addressForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#addAddress();
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
    place.addEventListener("drop", async (event) => {
      place.classList.remove("dropping");
      if (!holdsFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      this.open();
      const { files, folders, unread } = await filesIn(event.dataTransfer);
      for (const path of unread) this.#line(path, "The browser could not read it. Check that you may open it, then drop it again.", "trouble");
      this.#take(files, folders > 0);
    });
  }

  /**
   * Sends files one at a time, so that one bad file does not stop the others.
   * @param {File[]} files
   * @param {boolean} fromFolder files of other formats are then passed over, as on the command line
   */
  async #take(files, fromFolder) {
    const wanted = fromFolder ? files.filter((file) => this.#isArticle(pathOf(file))) : files;
    const others = files.length - wanted.length;
    if (others > 0) this.#line("Other files", `${count(others, "file")} of other formats, or hidden, passed over.`, "done");
    for (const file of wanted) this.queue.push({ file, row: this.#line(pathOf(file), "Waiting", "waiting") });
    if (this.sending || this.queue.length === 0) return;
    this.sending = true;
    let done = 0;
    byId("add-running").hidden = false;
    while (this.queue.length > 0) {
      const { file, row } = /** @type {{file: File, row: HTMLElement}} */ (this.queue.shift());
      this.bar.max = done + this.queue.length + 1;
      this.bar.value = done;
      await this.#add(pathOf(file), row, (signal) => addFile(file, pathOf(file), signal));
      done += 1;
    }
    this.sending = false;
    byId("add-running").hidden = true;
    announce(`${count(done, "file")} done. See the list for the results.`);
    this.actions.onAdded();
  }

  /** @param {string} path */
  #isArticle(path) {
    const name = path.toLowerCase();
    const hidden = name.split("/").some((part) => part.startsWith("."));
    return !hidden && (this.formats.length === 0 || this.formats.some((suffix) => name.endsWith(suffix)));
  }

  #stop() {
    for (const { file, row } of this.queue.splice(0)) this.#line(pathOf(file), "Not sent.", "trouble", row);
    for (const each of this.running) each.abort();
  }

  async #addAddress() {
    const fields = new FormData(this.addressForm);
    const address = String(fields.get("address") ?? "").trim();
    if (!address) return;
    const row = this.#line(address, "Fetching…", "busy");
    const followed = fields.get("follow") === "on";
    const button = /** @type {HTMLButtonElement} */ (byId("address-save"));
    button.disabled = true;
    const report = await this.#add(address, row, (signal) => (followed ? this.#follow(address, row) : this.#fetch(address, row, signal)), "Fetching…");
    button.disabled = false;
    if (!report || !(followed || takenFrom(report))) return;
    this.addressForm.reset();
    this.actions.onAdded();
    if (followed) this.actions.onFollowed();
  }

  /** Adds what is at an address, and tells of each entry of a list. @param {string} address @param {HTMLElement} row @param {AbortSignal} signal */
  async #fetch(address, row, signal) {
    const alone = !this.sending;
    try {
      return await addAddress(address, signal, (done, total) => {
        this.#line(address, `${done} of ${total} fetched…`, "busy", row);
        if (!alone || this.sending) return;
        byId("add-running").hidden = false;
        this.bar.max = total;
        this.bar.value = done;
      });
    } finally {
      if (alone && !this.sending) byId("add-running").hidden = true;
    }
  }

  /** Follows an address, and tells meanwhile how many articles were found. @param {string} address @param {HTMLElement} row */
  async #follow(address, row) {
    const telling = setInterval(async () => {
      const { followed } = await listFollowed().catch(() => ({ followed: [] }));
      const found = followed.find((each) => each.address === address)?.articles;
      if (found && row.className === "busy") this.#line(address, `${count(found, "article")} so far…`, "busy", row);
    }, MS_BETWEEN_LOOKS);
    try {
      return await follow(address);
    } finally {
      clearInterval(telling);
    }
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
    const row = this.#line(name, "Reading…", "busy");
    this.save.disabled = true;
    const report = await this.#add(name, row, () => addArticle(article));
    this.save.disabled = false;
    if (report && takenFrom(report)) this.form.reset();
    this.actions.onAdded();
  }

  /**
   * Adds something and tells its outcome in its row. Returns the report, or null if it failed.
   * @param {string} name
   * @param {HTMLElement} row
   * @param {(signal: AbortSignal) => Promise<AddReport>} send
   * @param {string} [meanwhile]
   */
  async #add(name, row, send, meanwhile = "Reading…") {
    this.#line(name, meanwhile, "busy", row);
    const running = new AbortController();
    this.running.add(running);
    try {
      const report = await send(running.signal);
      this.#tell(row, name, report);
      return report;
    } catch (error) {
      const isStopped = error instanceof DOMException && error.name === "AbortError";
      this.#line(name, isStopped ? "Stopped." : said(error), "trouble", row);
      return null;
    } finally {
      this.running.delete(running);
    }
  }

  /** @param {HTMLElement} row @param {string} name @param {AddReport} report */
  #tell(row, name, { articles, undo }) {
    const skipped = articles.filter(({ status }) => status === "skipped");
    const state = skipped.length ? "trouble" : "done";
    if (articles.length === 1) this.#line(name, articles[0].reason || `${SAID[articles[0].status]}.`, state, row);
    else this.#line(name, summary(articles), state, row);
    if (articles.length > 1 && skipped.length) row.append(reasons(skipped));
    if (undo) {
      const button = el("button", { type: "button", class: "quiet", "aria-label": `Undo adding ${line(name)}` }, "Undo");
      button.addEventListener("click", () => this.#undo(row, name, undo));
      row.querySelector(".add-said")?.append(" ", button);
    }
  }

  /** @param {HTMLElement} row @param {string} name @param {string} token */
  async #undo(row, name, token) {
    this.#line(name, "Undoing…", "busy", row);
    try {
      const { removed, restored, kept, unfollowed } = await undoAddition(token);
      const outcomes = [
        removed.length && `${count(removed.length, "article")} removed again`,
        restored.length && `${count(restored.length, "article")} restored to the earlier version`,
        kept.length && `${count(kept.length, "article")} kept, because ${kept.length === 1 ? "it has" : "they have"} changed since`,
        unfollowed && "no longer followed",
      ];
      this.#line(name, `Undone: ${outcomes.filter(Boolean).join(", ")}.`, "done", row);
      announce("Undone.");
      if (unfollowed) this.actions.onFollowed();
    } catch (error) {
      this.#line(name, said(error), "trouble", row);
    }
    this.actions.onAdded();
  }

  /**
   * @param {string} name
   * @param {string} said
   * @param {State} state
   * @param {HTMLElement} [row] the row to update; a new one if omitted
   */
  #line(name, said, state, row = el("li")) {
    row.className = state;
    row.replaceChildren(el("span", { class: "add-name", dir: "auto", title: line(name) }, line(name)), el("span", { class: "add-said" }, said));
    if (!row.isConnected) this.report.append(row);
    if (state !== "waiting") this.#reveal(row);
    return row;
  }

  /** Scrolls the report to a row, and not the dialog, where somebody may be typing. @param {HTMLElement} row */
  #reveal(row) {
    const [at, shown] = [row.getBoundingClientRect(), this.report.getBoundingClientRect()];
    this.report.scrollTop += Math.max(0, at.bottom - shown.bottom) - Math.max(0, shown.top - at.top);
  }
}

/** Whether anything was taken. @param {AddReport} report */
const takenFrom = ({ articles }) => articles.some(({ status }) => status !== "skipped");

/**
 * What is wrong, and what to do: the service's own sentences say both of what it cannot use, and
 * nothing is left to do about what is no longer there.
 * @param {unknown} error
 */
function said(error) {
  const { what, next } = explain(error);
  return error instanceof Failure && [404, 422].includes(error.status) && error.detail ? what : `${what} ${next}`;
}

/** @param {Added[]} articles */
function summary(articles) {
  const statuses = /** @type {const} */ (["added", "replaced", "unchanged", "skipped"]);
  const counts = statuses.map((status) => ({ status, n: articles.filter((each) => each.status === status).length }));
  const shown = counts.filter(({ n }) => n).map(({ status, n }) => `${n} ${status}`);
  return shown.length ? `${shown.join(", ")}.` : "Nothing new.";
}

/** What was skipped and why, behind a line that opens. @param {Added[]} skipped */
function reasons(skipped) {
  const shown = skipped.slice(0, MOST_REASONS).map(({ id, reason }) => el("li", {}, el("span", { dir: "auto" }, line(id)), `: ${reason}`));
  const more = skipped.length - shown.length;
  return el(
    "details",
    { class: "add-reasons" },
    el("summary", {}, "What was skipped, and why"),
    el("ul", {}, ...shown, more > 0 && el("li", {}, `and ${more} more`)),
  );
}
