// @ts-check
/** Shown before the first question: what is in the collection, and example questions. */
import { line, words } from "./bidi.js";
import { day } from "./dates.js";
import { byId, el } from "./dom.js";
import { explain } from "./errors.js";
import { icon } from "./icons.js";
import { count } from "./turn.js";

/** @typedef {import("./types.js").Collection} Collection */

/** @param {Collection} collection @param {(question: string) => void} onAsk */
export function showWelcome(collection, onAsk) {
  byId("about").replaceChildren(...troubleOf(collection), ...descriptionOf(collection), ...aboutOf(collection));
  const items = collection.example_questions.map((question) =>
    el("li", {}, el("button", { type: "button", class: "example", dir: "auto", onclick: () => onAsk(question) }, el("span", {}, line(question)), icon("next"))),
  );
  byId("examples").replaceChildren(...items);
  byId("examples").hidden = items.length === 0;
}

/** @param {unknown} error @param {() => void} onAgain */
export function showWelcomeTrouble(error, onAgain) {
  const { what, next } = explain(error);
  byId("examples").hidden = true;
  byId("about").replaceChildren(
    el("span", { class: "notice" }, icon("warn"), el("span", {}, `${what} ${next} `, el("button", { type: "button", class: "quiet", onclick: onAgain }, icon("again"), "Try again"))),
  );
}

/** @param {Collection} collection */
function troubleOf({ trouble }) {
  return trouble ? [el("span", { class: "notice", role: "alert" }, icon("warn"), el("span", {}, trouble))] : [];
}

/** @param {Collection} collection */
function descriptionOf({ description }) {
  return description ? [el("span", { class: "description", dir: "auto" }, ...words(line(description)))] : [];
}

/** @param {Collection} collection */
function aboutOf(collection) {
  if (collection.articles === 0) {
    return ["There are no articles yet. ", el("a", { href: "#/articles" }, "Add some"), ", then ask."];
  }
  const { published_from: from, published_to: to } = collection;
  const span = !from || !to ? "" : from === to ? `, from ${day(from)}` : `, from ${day(from)} to ${day(to)}`;
  return [`${count(collection.articles, "article")}${span}${sourcesOf(collection)}. `, "Every sentence of an answer shows the exact words it rests on."];
}

/** @param {Collection} collection */
function sourcesOf(collection) {
  const names = collection.sources.toSorted((a, b) => b.articles - a.articles).map(({ source }) => line(source));
  if (names.length === 0) return "";
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} other sources`] : names;
  return `, by ${new Intl.ListFormat("en").format(shown)}`;
}
