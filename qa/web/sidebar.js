// @ts-check
/** The list of chats: open, rename, export and delete them. */
import { line } from "./bidi.js";
import { asMarkdown } from "./chats.js";
import { ago } from "./dates.js";
import { byId, el, isComposing } from "./dom.js";
import { icon } from "./icons.js";
import { chatAddress } from "./routes.js";
import { download, toast } from "./toast.js";

/** @typedef {import("./types.js").Chat} Chat */

export class Sidebar {
  /**
   * @param {import("./chats.js").Chats} chats
   * @param {{onRemoved: (chat: Chat) => void, onRestored: (chat: Chat) => void,
   *   onRenamed: (chat: Chat) => void}} actions
   */
  constructor(chats, actions) {
    this.chats = chats;
    this.actions = actions;
    this.root = byId("chats");
    this.list = byId("chat-list");
    this.menu = byId("chat-menu");
    this.toggle = byId("menu-button");
    this.toggle.append(icon("menu"));
    this.toggle.addEventListener("click", () => this.show(!this.root.classList.contains("open")));
    this.root.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("a")) this.show(false);
    });
    byId("new-chat").prepend(icon("plus"));
  }

  /** On a narrow screen the list is a drawer. @param {boolean} open */
  show(open) {
    this.root.classList.toggle("open", open);
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) byId("new-chat").focus();
  }

  get isOpen() {
    return this.root.classList.contains("open");
  }

  /** @param {string|null} openId */
  render(openId) {
    const now = new Date();
    const rows = this.chats.list().map((chat) => {
      const more = el(
        "button",
        { type: "button", class: "icon-button more", "aria-label": `Options for the chat “${line(chat.title)}”`, "aria-haspopup": "true", onclick: () => this.#openMenu(chat, more, row) },
        icon("more"),
      );
      const row = el(
        "li",
        { "data-chat": chat.id },
        el(
          "a",
          { href: chatAddress(chat.id), "aria-current": chat.id === openId ? "page" : null },
          el("span", { class: "chat-title", dir: "auto" }, line(chat.title)),
          el("span", { class: "chat-when" }, ago(chat.updated, now)),
        ),
        more,
      );
      return row;
    });
    const none = el("li", { class: "none" }, "Chats are stored only in this browser.");
    this.list.replaceChildren(...(rows.length > 0 ? rows : [none]));
  }

  /** @param {Chat} chat @param {HTMLElement} button @param {HTMLElement} row */
  #openMenu(chat, button, row) {
    /** @param {string} text @param {() => void} act */
    const item = (text, act) =>
      el("button", { type: "button", onclick: () => (this.menu.hidePopover(), act()) }, text);
    this.menu.replaceChildren(
      item("Rename", () => this.#rename(chat, row)),
      item("Export as Markdown", () => download(fileName(chat), asMarkdown(chat), "text/markdown")),
      item("Delete", () => this.#remove(chat)),
    );
    const at = button.getBoundingClientRect();
    this.menu.style.top = `${Math.min(at.bottom + 4, innerHeight - 140)}px`;
    this.menu.style.left = `${Math.min(at.left, innerWidth - 200)}px`;
    this.menu.showPopover();
    this.menu.querySelector("button")?.focus();
  }

  /** @param {Chat} chat @param {HTMLElement} row */
  #rename(chat, row) {
    const input = el("input", { type: "text", value: chat.title, maxlength: 120, "aria-label": "Chat name" });
    let ended = false;
    /** @param {boolean} keep */
    const end = (keep) => {
      if (ended) return;
      ended = true;
      const title = line(input.value);
      const current = this.chats.get(chat.id) ?? chat;
      if (keep && title) {
        current.title = title;
        this.chats.save(current);
      }
      this.actions.onRenamed(current);
      if (keep) /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-chat="${CSS.escape(chat.id)}"] a`))?.focus();
    };
    input.addEventListener("keydown", (event) => {
      if ((event.key !== "Enter" && event.key !== "Escape") || isComposing(event)) return;
      event.preventDefault();
      event.stopPropagation();
      end(event.key === "Enter");
    });
    input.addEventListener("blur", () => end(true));
    row.replaceChildren(input);
    input.select();
  }

  /** @param {Chat} chat */
  #remove(chat) {
    const kept = this.chats.get(chat.id) ?? chat;
    this.chats.remove(chat.id);
    this.actions.onRemoved(kept);
    toast(`“${kept.title}” was deleted.`, {
      text: "Undo",
      act: () => {
        this.chats.save(kept);
        this.actions.onRestored(kept);
      },
    });
  }
}

/** @param {Chat} chat */
function fileName(chat) {
  const name = line(chat.title).replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase();
  return `${name || "chat"}.md`;
}
