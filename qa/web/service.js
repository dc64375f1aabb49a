// @ts-check
/**
 * Requests to the service. URLs are relative: they are those of the page's collection, and work under
 * a path prefix.
 */
import { askForKey } from "./access.js";
import { Failure, failureIn, failureOf } from "./errors.js";
import { rootAddress } from "./routes.js";
import { EventParser } from "./sse.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Sentence} Sentence */
/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {import("./types.js").Passage} Passage */
/** @typedef {import("./types.js").Filters} Filters */

/**
 * @typedef {{kind: "passages", standalone_question: string, passages: Passage[]}
 *   | {kind: "token", text: string}
 *   | {kind: "sentence", sentence: Sentence, citations: Citation[]}
 *   | {kind: "answer", answer: Answer}} AnswerEvent
 */

/**
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<any>} the JSON body; null if there is none
 */
async function request(address, options) {
  const response = await fetch(address, options);
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : response.json();
}

/** @param {Response} response */
function refusal(response) {
  if (response.status === 401) askForKey();
  return failureOf(response);
}

/** Those that this reader may use. @returns {Promise<{collections: import("./types.js").CollectionInfo[]}>} */
export const listCollections = () => request(`${rootAddress(location.pathname)}collections`);

/** @returns {Promise<import("./types.js").Collection>} */
export const readCollection = () => request("collection");

/**
 * @param {{q?: string, cursor?: string|null, limit?: number, signal?: AbortSignal}} [page]
 * @returns {Promise<{articles: import("./types.js").ArticleRow[], next_cursor: string|null, total: number}>}
 */
export function listArticles({ q = "", cursor = null, limit = 30, signal } = {}) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (q) query.set("q", q);
  if (cursor) query.set("cursor", cursor);
  return request(`articles?${query}`, { signal });
}

/**
 * @param {string} about
 * @param {string} asOf an ISO date, or ""
 * @param {"json"|"markdown"} [format]
 */
export const timelineRequest = (about, asOf, format = "json") =>
  `timeline?${new URLSearchParams({ q: about, ...(asOf && { as_of: asOf }), ...(format !== "json" && { format }) })}`;

/**
 * @param {string} about
 * @param {string} asOf
 * @returns {Promise<{about: string, entries: import("./types.js").TimelineEntry[]}>}
 */
export const readTimeline = (about, asOf) => request(timelineRequest(about, asOf));

/**
 * @param {string} id
 * @returns {Promise<import("./types.js").Article>}
 */
export const readArticle = (id) => request(`articles/${encodeURIComponent(id)}`);

/** @param {string} id @returns {Promise<null>} */
export const removeArticle = (id) =>
  request(`articles/${encodeURIComponent(id)}`, { method: "DELETE" });

/** @param {string} address @param {object} body @returns {Promise<any>} */
const post = (address, body) =>
  request(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/**
 * @param {Record<string, string>} article at least `text`
 * @returns {Promise<import("./types.js").AddReport>}
 */
export const addArticle = (article) => post("articles?undoable=true", article);

/**
 * @param {File} file
 * @param {string} path its name, with the folders that it came from
 * @param {AbortSignal} signal
 * @returns {Promise<import("./types.js").AddReport>}
 */
export function addFile(file, path, signal) {
  const form = new FormData();
  form.append("files", file, path);
  return request("articles?undoable=true", { method: "POST", body: form, signal });
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 * @param {(done: number, total: number) => void} onProgress called for each entry of a feed or a sitemap
 * @returns {Promise<import("./types.js").AddReport>}
 */
export async function addAddress(address, signal, onProgress) {
  for await (const { event, content } of events("addresses", { address }, signal)) {
    if (event === "added") return content;
    if (event === "progress") onProgress(content.done, content.total);
  }
  throw new Failure(0, "Adding broke off before it was complete.");
}

/** @param {string} token @returns {Promise<{removed: string[], restored: string[], kept: string[], unfollowed: string|null}>} */
export const undoAddition = (token) => post(`undo/${encodeURIComponent(token)}`, {});

/** @returns {Promise<{followed: import("./types.js").FollowedSource[]}>} */
export const listFollowed = () => request("followed");

/** @param {string} address @returns {Promise<import("./types.js").AddReport>} */
export const follow = (address) => post("followed", { address });

/** @param {string} address @returns {Promise<import("./types.js").AddReport>} */
export const lookNow = (address) => post("followed/look", { address });

/** @param {string} address @returns {Promise<null>} */
export const unfollow = (address) => request(`followed?${new URLSearchParams({ address })}`, { method: "DELETE" });

/**
 * The filters in the shape of the service's request body.
 * @param {Filters} filters
 */
export function filtersBody(filters) {
  return {
    ...(filters.from && { published_from: filters.from }),
    ...(filters.to && { published_to: filters.to }),
    ...(filters.sources.length && { sources: filters.sources }),
    ...(filters.articles.length && { article_ids: filters.articles.map((article) => article.id) }),
  };
}

/**
 * Asks a question and yields events as they arrive; the last is the answer. Throws a Failure, or
 * the browser's own error if the service cannot be reached or `signal` aborts.
 *
 * @param {{question: string, history: {role: string, content: string}[], filters: object,
 *   answerer?: string}} body
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<AnswerEvent, void, void>}
 */
export async function* ask(body, signal) {
  for await (const { event, content } of events("ask", body, signal)) {
    if (event === "answer") {
      yield { kind: "answer", answer: content };
      return;
    }
    if (event === "passages" || event === "token" || event === "sentence") {
      yield { kind: event, ...content };
    }
  }
  throw new Failure(0, "");
}

/**
 * The events of a response, as they arrive. Throws the Failure that an event tells.
 *
 * @param {string} address
 * @param {object} body
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{event: string, content: any}, void, void>}
 */
async function* events(address, body, signal) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok || !response.body) throw await refusal(response);
  const parser = new EventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const { event, data } of parser.feed(value)) {
      const content = JSON.parse(data);
      if (event === "error") throw failureIn(content);
      yield { event, content };
    }
  }
}
