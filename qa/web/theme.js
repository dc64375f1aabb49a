// @ts-check
/** Light, dark or system theme. Loaded before the first paint, so that the page does not flash. */

const KEY = "article-qa.theme";
const THEMES = ["system", "light", "dark"];

/** @returns {string} */
function chosen() {
  try {
    return localStorage.getItem(KEY) ?? "system";
  } catch {
    return "system";
  }
}

/** @param {string} theme */
function apply(theme) {
  document.documentElement.dataset.theme = theme;
}

/** Switches to the next theme and returns its name. */
export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length];
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage, the theme lasts until the page is closed.
  }
  apply(theme);
  return theme;
}

apply(chosen());
