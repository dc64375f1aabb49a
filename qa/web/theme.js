// @ts-check
/** Light, dark or system theme. Loaded before the first paint, so that the page does not flash. */
import { lasting, note } from "./storage.js";

const KEY = "article-qa.theme";
const THEMES = ["system", "light", "dark"];

const chosen = () => lasting.getItem(KEY) ?? "system";

/** @param {string} theme */
function apply(theme) {
  document.documentElement.dataset.theme = theme;
}

/** Switches to the next theme and returns its name. */
export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length];
  note(lasting, KEY, theme);
  apply(theme);
  return theme;
}

apply(chosen());
