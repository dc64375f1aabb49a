// @ts-check
/** The only place where this page creates elements. Markup is never parsed. */

/**
 * Creates an element. Functions are added as listeners (`onclick`); `true` sets an empty attribute;
 * `false`, null and undefined set none. A string child becomes a text node.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} [properties]
 * @param {(Node|string|null|false|undefined)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * Replaces the children of an element; null and false are left out.
 * @param {Element} parent
 * @param {(Node|string|null|false|undefined)[]} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flatMap((child) => child || []));
}

/**
 * The element of index.html with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

/** The key of the part that each node was made from. @type {WeakMap<Element, string>} */
const madeFrom = new WeakMap();

/**
 * The recipe for a node, which is remade only if the key changes. `parts` are its children; without
 * them, `make` also makes the children.
 * @typedef {{key: string, make: () => Element, parts?: Part[]}} Part
 */

/**
 * Makes `parent` hold one node per part and keeps nodes whose key has not changed, so that hover,
 * selection and focus survive while the rest of an answer arrives.
 *
 * @param {Element} parent
 * @param {Part[]} parts
 */
export function reconcile(parent, parts) {
  parts.forEach((part, index) => {
    const present = parent.children[index];
    const kept = present && madeFrom.get(present) === part.key;
    const node = kept ? present : part.make();
    if (!kept) {
      madeFrom.set(node, part.key);
      if (present) present.replaceWith(node);
      else parent.append(node);
    }
    if (part.parts) reconcile(node, part.parts);
  });
  while (parent.children.length > parts.length) parent.lastElementChild?.remove();
}

/**
 * Whether a key belongs to an input method. The one that confirms its words arrives in Safari when
 * `isComposing` is false again, with this code.
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Has screen readers speak a sentence once. @param {string} sentence */
export function announce(sentence) {
  const announcer = byId("announcer");
  announcer.textContent = "";
  // A live region is only read out if it changes after it was cleared.
  requestAnimationFrame(() => (announcer.textContent = sentence));
}

/** Calls once what was changed now has been laid out and painted. @param {() => unknown} then */
export function afterLayout(then) {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

/** The scroll behavior that respects the reader's motion preference. @returns {ScrollBehavior} */
export function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
