// @ts-check
/** Light, dark, or as the system is. Loaded before the page is drawn, so that it never flashes. */

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

/** Changes to the next theme and says which it is. */
export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length];
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
  apply(theme);
  return theme;
}

apply(chosen());
