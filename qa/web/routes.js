// @ts-check
/**
 * Reads and writes the part of the URL after `#`. Pure.
 *
 * @typedef {import("./types.js").Filters} Filters
 * @typedef {{page: "new"} | {page: "chat", id: string} | {page: "articles", id: string|null}
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
  if (head !== "ask") return null;
  const values = new URLSearchParams(query);
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
