// @ts-check
/** The numbered chip after a sentence, and the card that shows its quote on hover or focus. */
import { line, words } from "./bidi.js";
import { dateline, datelineElement } from "./dates.js";
import { byId, el } from "./dom.js";

/** @typedef {import("./types.js").Citation} Citation */

const SHOW_AFTER = 120;
const HIDE_AFTER = 200;

/** The citation of each chip on the page. @type {WeakMap<Element, Citation>} */
const cited = new WeakMap();

/**
 * @param {Citation} citation
 * @param {(citation: Citation, chip: HTMLElement) => void} onOpen
 */
export function chip(citation, onOpen) {
  const where = [line(citation.title), line(dateline(citation))].filter(Boolean).join(", ");
  const button = el(
    "button",
    {
      type: "button",
      class: "chip",
      "data-citation": citation.number,
      "aria-label": `Citation ${citation.number}: ${where}`,
      onclick: () => onOpen(citation, button),
    },
    String(citation.number),
  );
  cited.set(button, citation);
  return button;
}

/** Shows the card for the hovered or focused chip. Escape hides it. */
export function startCards() {
  const card = byId("card");
  /** @type {HTMLElement|null} */
  let shownFor = null;
  let timer = 0;

  /** @param {HTMLElement} button */
  const show = (button) => {
    const citation = cited.get(button);
    if (!citation || !button.isConnected) return;
    shownFor?.removeAttribute("aria-describedby");
    shownFor = button;
    card.replaceChildren(
      el("p", { class: "card-title", dir: "auto" }, ...words(citation.title)),
      el("p", { class: "card-dateline" }, datelineElement(citation)),
      el("blockquote", { dir: "auto" }, ...words(citation.quote)),
    );
    card.hidden = false;
    button.setAttribute("aria-describedby", card.id);
    place(card, button);
  };
  const hide = () => {
    clearTimeout(timer);
    card.hidden = true;
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
  };
  /** @param {() => void} action @param {number} delay */
  const soon = (action, delay) => {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || !(event.target instanceof Element)) return;
    const button = event.target.closest(".chip");
    if (button instanceof HTMLElement) soon(() => show(button), SHOW_AFTER);
    else if (event.target.closest("#card")) clearTimeout(timer);
    else if (!card.hidden && shownFor !== document.activeElement) soon(hide, HIDE_AFTER);
    else if (card.hidden) clearTimeout(timer);
  });
  document.addEventListener("focusin", (event) => {
    const button = event.target instanceof HTMLElement && event.target.closest(".chip");
    if (button instanceof HTMLElement && button.matches(":focus-visible")) show(button);
    else if (!card.hidden) hide();
  });
  document.addEventListener("click", hide);
  const follow = () => {
    // Focusing a chip may scroll it into view; move its card along.
    if (shownFor && shownFor === document.activeElement) place(card, shownFor);
    else if (!card.hidden) hide();
  };
  document.addEventListener("scroll", follow, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || card.hidden) return;
    hide();
    event.stopImmediatePropagation();
  });
}

/**
 * Places the card below the chip, or above it if there is no room, within the window.
 * @param {HTMLElement} card
 * @param {HTMLElement} button
 */
function place(card, button) {
  const gap = 8;
  const at = button.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  const below = at.bottom + gap + size.height <= innerHeight || at.top < size.height + gap;
  const left = Math.max(gap, Math.min(at.left - 24, innerWidth - size.width - gap));
  card.style.left = `${left}px`;
  card.style.top = `${below ? at.bottom + gap : at.top - gap - size.height}px`;
}
