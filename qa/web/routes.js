// @ts-check
/**
 * Reads and writes the page's URL: the collection in its path, and the part after `#`. Pure.
 *
 * @typedef {import("./types.js").Filters} Filters
 * @typedef {{page: "new"} | {page: "chat", id: string} | {page: "articles", id: string|null}
 *   | {page: "timeline", about: string, asOf: string}
 *   | {page: "ask", question: string, filters: Filters}} Route
 */

/** @returns {Filters} */
export const noFilters = () => ({ from: "", to: "", asOf: "", sources: [], articles: [] });

/**
 * @param {string} hash
 * @returns {Route|null} null if the hash is not a route of this page
 */
export function readRoute(hash) {
  if (hash === "" || hash === "#" || hash === "#/") return { page: "new" };
  if (!hash.startsWith("#/")) return null;
  const [path, query = ""] = hash.slice(2).split("?", 2);
  const [head, ...rest] = path.split("/");
  const id = decode(rest.join("/"));
  if (head === "chat" && id) return { page: "chat", id };
  if (head === "articles") return { page: "articles", id: id || null };
  const values = new URLSearchParams(query);
  if (head === "timeline") return { page: "timeline", about: (values.get("q") ?? "").trim(), asOf: isoDate(values.get("as_of")) };
  if (head !== "ask") return null;
  const question = values.get("q") ?? "";
  if (question.trim() === "") return { page: "new" };
  return {
    page: "ask",
    question,
    filters: {
      from: isoDate(values.get("from")),
      to: isoDate(values.get("to")),
      asOf: isoDate(values.get("as_of")),
      sources: values.getAll("source"),
      articles: values.getAll("article").map((article) => ({ id: article, title: article })),
    },
  };
}

/** @param {string} id */
export const chatAddress = (id) => `#/chat/${encodeURIComponent(id)}`;

/** @param {string} id */
export const articleAddress = (id) => `#/articles/${encodeURIComponent(id)}`;

/**
 * The permalink of a question: opening it asks the question again with these filters.
 * @param {string} question
 * @param {Filters} filters
 */
export function askAddress(question, filters) {
  const query = new URLSearchParams({ q: question });
  if (filters.from) query.set("from", filters.from);
  if (filters.to) query.set("to", filters.to);
  if (filters.asOf) query.set("as_of", filters.asOf);
  for (const source of filters.sources) query.append("source", source);
  for (const article of filters.articles) query.append("article", article.id);
  return `#/ask?${query}`;
}

/** @param {string} about @param {string} asOf an ISO date, or "" */
export function timelineAddress(about, asOf) {
  return `#/timeline?${new URLSearchParams({ q: about, ...(asOf && { as_of: asOf }) })}`;
}

const IN_COLLECTION = /\/collections\/([^/]+)\/$/;

/**
 * The collection whose page has this path; "default" if it names none.
 * @param {string} pathname
 */
export function collectionIn(pathname) {
  const found = IN_COLLECTION.exec(pathname);
  return (found && decode(found[1])) || "default";
}

/**
 * The address of the page of a collection, relative to a page with this path.
 * @param {string} name
 * @param {string} pathname
 */
export function collectionAddress(name, pathname) {
  return rootAddress(pathname) + (name === "default" ? "" : `collections/${encodeURIComponent(name)}/`);
}

/** The address of the service as a whole, relative to a page with this path. @param {string} pathname */
export const rootAddress = (pathname) => (IN_COLLECTION.test(pathname) ? "../../" : "./");

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** @param {string|null} text */
const isoDate = (text) => (text && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : "");
