// @ts-check
/** The question box. The draft is kept for this tab until it is asked. */
import { announce, byId, isComposing } from "./dom.js";
import { icon } from "./icons.js";
import { countPoints } from "./offsets.js";
import { note, ofTab } from "./storage.js";

const LONGEST = 2000;
const DRAFT = "article-qa.draft";

export class Composer {
  /**
   * @param {{onAsk: (question: string) => boolean, onStop: () => void}} actions
   *   `onAsk` returns whether it accepted the question; if not, the box keeps it
   */
  constructor(actions) {
    this.actions = actions;
    this.form = /** @type {HTMLFormElement} */ (byId("composer"));
    this.box = /** @type {HTMLTextAreaElement} */ (byId("question"));
    this.hint = byId("composer-hint");
    this.button = /** @type {HTMLButtonElement} */ (byId("send"));
    this.busy = false;
    this.box.value = ofTab.getItem(DRAFT) ?? "";
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
      event.preventDefault();
      this.#submit();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.busy) this.actions.onStop();
      else this.#submit();
    });
    this.setBusy(false);
    this.#changed();
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    this.button.replaceChildren(icon(busy ? "stop" : "send"));
    this.button.setAttribute("aria-label", busy ? "Stop the answer" : "Ask");
    this.button.title = busy ? "Stop (Esc)" : "Ask (Enter)";
    this.button.classList.toggle("stop", busy);
  }

  /** Puts a question into the box for editing, before any draft already there. @param {string} question */
  edit(question) {
    const typed = this.box.value.trim();
    this.box.value = typed && typed !== question ? `${question}\n${typed}` : question;
    this.#changed();
    this.box.focus();
  }

  /** Focuses the box, except on touch devices, where that would open the keyboard. */
  focus() {
    if (matchMedia("(hover: hover)").matches) this.box.focus();
  }

  /** Shows a warning below the box, and has it read out. @param {string} sentence */
  warn(sentence) {
    this.#showWarning(sentence);
    announce(sentence);
  }

  /** @param {string} sentence */
  #showWarning(sentence) {
    this.hint.textContent = sentence;
    this.hint.classList.add("warning");
  }

  #submit() {
    const question = this.box.value.trim();
    if (this.busy) {
      this.warn("An answer is still being written. Press Esc to stop it, then ask.");
      return;
    }
    if (question === "") return;
    const tooLong = this.#tooLong;
    if (tooLong) {
      this.warn(tooLong);
      return;
    }
    if (!this.actions.onAsk(question)) return;
    this.box.value = "";
    this.#changed();
  }

  /** A sentence if the question is too long; otherwise "". */
  get #tooLong() {
    const over = countPoints(this.box.value.trim()) - LONGEST;
    return over > 0 ? `The question is ${over.toLocaleString("en")} characters over the limit of ${LONGEST.toLocaleString("en")}. Shorten it to ask.` : "";
  }

  #changed() {
    note(ofTab, DRAFT, this.box.value);
    this.hint.classList.remove("warning");
    const left = LONGEST - countPoints(this.box.value);
    this.hint.textContent = left <= 200 ? `${left.toLocaleString("en")} characters left` : "Enter to ask · Shift+Enter for a new line · / to jump here";
    const tooLong = this.#tooLong;
    if (tooLong) {
      this.#showWarning(tooLong);
      this.box.setAttribute("aria-invalid", "true");
    } else {
      this.box.removeAttribute("aria-invalid");
    }
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, innerHeight * 0.4)}px`;
  }
}
