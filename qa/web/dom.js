// @ts-check
/** The only way in which this page makes elements: no markup is ever parsed. */

/**
 * An element. Properties named `on...` are listeners; `true` sets an empty attribute; `false`,
 * null and undefined set none. A string child becomes a text node.
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
 * Makes these the only children of an element; what is null or false is left out.
 * @param {Element} parent
 * @param {(Node|string|null|false|undefined)[]} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flatMap((child) => child || []));
}

/**
 * The element of the page's skeleton with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

/** What each kept node was made from. @type {WeakMap<Element, string>} */
const madeFrom = new WeakMap();

/**
 * What a node is made of: the same key, the same node. `parts` are its children; without them it
 * is made whole.
 * @typedef {{key: string, make: () => Element, parts?: Part[]}} Part
 */

/**
 * Makes `parent` hold one node for each part, keeping the nodes whose key has not changed: what
 * the reader points at, selects or focuses survives while the rest of an answer arrives.
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

/** Tells a screen reader something in a sentence, once. @param {string} sentence */
export function announce(sentence) {
  const announcer = byId("announcer");
  announcer.textContent = "";
  // A live region only speaks of what changes while it is being watched.
  requestAnimationFrame(() => (announcer.textContent = sentence));
}

/** How scrolling should move for this reader. @returns {ScrollBehavior} */
export function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
