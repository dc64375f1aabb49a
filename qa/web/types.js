// @ts-check
/**
 * The JSON that the service sends. Every `start` and `end` counts Unicode code points; convert them
 * with offsets.js before using them on a JavaScript string.
 *
 * @typedef {{number: number, article_id: string, passage_id: string, title: string,
 *   source: string|null, author: string|null, url: string|null, published: string|null,
 *   start: number, end: number, quote: string, page?: number|null,
 *   cluster?: Cluster|null, copies?: CitedCopy[]}} Citation
 * @typedef {{id: string, articles: number}} Cluster articles that are copies of each other: the id of
 *   the earliest, and how many there are
 * @typedef {{article_id: string, title: string, source: string|null, author: string|null,
 *   url: string|null, published: string|null, start: number|null, end: number|null}} CitedCopy
 *   `start` and `end` are null if it has the quoted words slightly edited.
 * @typedef {{id: string, title: string, source: string|null, author: string|null,
 *   url: string|null, published: string|null}} ArticleCopy
 * @typedef {{start: number, end: number, text: string, citations: number[],
 *   supported: boolean, reason?: string|null, outcome?: "supported"|"contradicted"|"not_found",
 *   probability?: number|null, attested?: number|null, earlier?: boolean}} Sentence `attested` is how many independent
 *   articles bear it out
 * @typedef {{id: string, article_id: string, title: string, published: string|null,
 *   source: string|null, author: string|null, url: string|null, start: number, end: number,
 *   text: string, score: number, cluster?: Cluster|null}} Passage
 * @typedef {{id: string, question: string, standalone_question: string, answered: boolean,
 *   text: string, short_answer: {text: string, citation: number}|null, sentences: Sentence[],
 *   citations: Citation[], passages: Passage[], answerer: "extractive"|"llm",
 *   model: string|null, notice: string|null, confidence?: number|null,
 *   timeframe?: Timeframe|null, as_of?: string|null, standing?: Standing|null,
 *   kept_until?: string|null}} Answer `kept_until` is when its permalink ends
 * @typedef {{day: string, dated_by: "event"|"publication", citation: Citation}} TimelineEntry `day` is
 *   an ISO date or a month, "2022-04"
 * @typedef {{text: string, citation: number, published: string|null}} Reported
 * @typedef {{current: Reported[], earlier: Reported[]}} Standing what articles give at different
 *   times; several that are current disagree
 * @typedef {{text: string, first: string|null, last: string|null,
 *   speaks_of: "reported"|"happened"|"as_of"}} Timeframe
 * @typedef {{id: string, title: string, published: string|null, source: string|null,
 *   author: string|null, url: string|null, passages: number, cluster?: Cluster|null}} ArticleRow
 * @typedef {"metadata"|"page"|"promotional"|"repeated"} SkipReason
 * @typedef {{id: string, title: string, published: string|null, source: string|null,
 *   author: string|null, url: string|null, text: string, skipped: [number, number][],
 *   skipped_reasons: (SkipReason|null)[], pages: number[], cluster?: Cluster|null,
 *   copies?: ArticleCopy[]}} Article `skipped` are the unsearched ranges,
 *   `pages` the positions at which pages begin.
 * @typedef {{articles: number, passages: number, published_from: string|null,
 *   published_to: string|null, sources: {source: string, articles: number}[],
 *   example_questions: string[], answerers: string[], model: string|null, formats?: string[],
 *   trouble: string|null, name: string, description: string}} Collection `formats` are suffixes of
 *   file names.
 * @typedef {{name: string, description: string}} CollectionInfo
 * @typedef {{id: string, status: "added"|"replaced"|"unchanged"|"skipped",
 *   reason: string|null}} Added
 * @typedef {{articles: Added[], undo?: string|null}} AddReport
 * @typedef {{address: string, kind: "page"|"feed"|"sitemap"|"folder"|null, title: string|null,
 *   articles: number, looked: string|null, succeeded: string|null, error: string|null,
 *   failures: number, due: string}} FollowedSource
 *
 * The page's own data.
 *
 * @typedef {{from: string, to: string, asOf?: string, sources: string[],
 *   articles: {id: string, title: string}[]}} Filters `from`, `to` and `asOf` are ISO dates, or "".
 * @typedef {"asking"|"done"|"stopped"|"failed"} TurnState
 * @typedef {{what: string, next: string, action: "retry"|"edit"}} Trouble
 *   A failure as two sentences.
 * @typedef {{id: string, question: string, asked: string, filters: Filters, answerer: string,
 *   state: TurnState, text: string, sentences: Sentence[], citations: Citation[],
 *   answer: Answer|null, trouble: Trouble|null, ignoreDates?: boolean}} Turn
 * @typedef {{id: string, title: string, created: string, updated: string, turns: Turn[],
 *   collection?: string}} Chat `collection` is left out of those of the default one.
 */
export {};
