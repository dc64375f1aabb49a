// @ts-check
/** Wires the parts together and handles routes and keyboard shortcuts. */
import { offerSignOut } from "./access.js";
import { Chats, collectionOf, entryOf } from "./chats.js";
import { startCards } from "./chip.js";
import { CollectionChooser, titleOf } from "./collections.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { byId, isComposing } from "./dom.js";
import { Failure } from "./errors.js";
import { FilterPanel } from "./filters.js";
import { icon } from "./icons.js";
import { Library } from "./library.js";
import { chatAddress, collectionAddress, noFilters, readRoute } from "./routes.js";
import { readCollection } from "./service.js";
import { Sidebar } from "./sidebar.js";
import { SourcePane } from "./source.js";
import { lasting } from "./storage.js";
import { nextTheme } from "./theme.js";
import { TimelineView } from "./timeline.js";
import { toast } from "./toast.js";
import { showWelcome, showWelcomeTrouble } from "./welcome.js";

const chooser = new CollectionChooser();
const chats = new Chats(lasting, chooser.current);

const EXAMPLES_AGAIN_MS = 2_000;

const source = new SourcePane({
  onOnly: ({ id, title }) => {
    if (byId("conversation").hidden) {
      history.pushState(null, "", openAddress());
      followAddress();
    }
    filters.set({ ...filters.filters, articles: [{ id, title }] });
    source.close();
    composer.focus();
  },
  onClose: (articleId) => {
    const route = readRoute(location.hash);
    if (route?.page !== "articles") return;
    history.replaceState(null, "", "#/articles");
    library.focusOn(route.id ?? articleId);
  },
});
const filters = new FilterPanel();
const conversation = new Conversation({ chats, filters, source, composer: () => composer, onChange: showState });
const composer = new Composer({
  onAsk: (question) => conversation.ask(question),
  onStop: () => conversation.stop(),
});
const sidebar = new Sidebar(chats, {
  onRemoved: (chat) => {
    conversation.forgotten.add(chat.id);
    if (chat.id === conversation.chat?.id) location.hash = "#/";
    showState();
  },
  onRestored: (chat) => {
    conversation.forgotten.delete(chat.id);
    showState();
  },
  onRenamed: (chat) => {
    if (conversation.chat?.id === chat.id) conversation.chat.title = chat.title;
    showState();
  },
});
const library = new Library({
  onChanged: loadCollection,
  onRemoved: (id) => {
    if (source.view?.articleId === id) source.close();
  },
});

const timeline = new TimelineView({
  onOpen: ({ citation }, entries, opener) =>
    source.open({ articleId: citation.article_id, current: citation, citations: entries.map((entry) => entry.citation), passages: [], opener }),
});

const page = () => readRoute(location.hash)?.page;
const onArticles = () => page() === "articles";

/** The address of the open chat, or of a new one. */
const openAddress = () => (conversation.chat ? chatAddress(conversation.chat.id) : "#/");

/** What a reader of the page that is shown types into. */
function mainField() {
  return byId({ articles: "article-search", timeline: "timeline-about" }[String(page())] ?? "question");
}

/** Updates the heading, title and sidebar for the open chat. */
function showState() {
  const { chat } = conversation;
  document.body.classList.toggle("welcoming", !chat);
  byId("chat-heading").textContent = chat?.title ?? "";
  byId("chat-heading").hidden = !chat;
  const collection = chooser.current === "default" ? "" : titleOf(chooser.current);
  const place = { articles: "Articles", timeline: "Timeline" }[String(page())];
  document.title = [place ?? chat?.title, collection, "Article QA"].filter(Boolean).join(" · ");
  byId("to-ask").setAttribute("href", openAddress());
  sidebar.render(chat?.id ?? null);
  chooser.render(onArticles() ? "#/articles" : "");
}

async function loadCollections() {
  await chooser.load();
  showState();
}

async function loadCollection() {
  try {
    const collection = await readCollection();
    filters.setCollection(collection);
    library.setCollection(collection);
    showWelcome(collection, (question) => conversation.ask(question));
    if (collection.articles && collection.example_questions.length === 0) setTimeout(loadExamples, EXAMPLES_AGAIN_MS);
  } catch (error) {
    showWelcomeTrouble(error, loadCollection);
    if (error instanceof Failure && error.status === 404) leaveForOneThatIsThere();
  }
}

/** A service that has just started is still choosing them. @param {number} [tries] */
async function loadExamples(tries = 10) {
  const collection = await readCollection().catch(() => null);
  if (collection?.example_questions.length) showWelcome(collection, (question) => conversation.ask(question));
  else if (tries > 1) setTimeout(() => loadExamples(tries - 1), EXAMPLES_AGAIN_MS);
}

/** A reader whose key is for other collections than the default one arrives at the first of them. */
async function leaveForOneThatIsThere() {
  await chooser.load();
  const [first] = chooser.collections;
  if (chooser.current === "default" && !chooser.isKnown && first) location.replace(collectionAddress(first.name, location.pathname));
}

function followAddress() {
  const route = readRoute(location.hash);
  if (!route) return;
  const articles = route.page === "articles";
  const asking = !articles && route.page !== "timeline";
  const entersArticles = articles && byId("library").hidden;
  byId("library").hidden = !articles;
  byId("timeline").hidden = route.page !== "timeline";
  byId("conversation").hidden = !asking;
  for (const [id, current] of /** @type {const} */ ([["to-ask", asking], ["to-timeline", route.page === "timeline"], ["to-articles", articles]])) {
    if (current) byId(id).setAttribute("aria-current", "page");
    else byId(id).removeAttribute("aria-current");
  }
  if (route.page === "articles") {
    if (entersArticles) library.show();
    if (route.id) source.open({ articleId: route.id, current: null, citations: [], passages: [], opener: null });
    else source.close();
    showState();
    return;
  }
  source.close();
  if (route.page === "timeline") {
    timeline.show(route.about, route.asOf);
    showState();
    return;
  }
  if (route.page === "chat") {
    const same = conversation.chat?.id === route.id;
    const chat = same ? conversation.chat : chats.get(route.id);
    if (chat && collectionOf(chat) !== chooser.current) {
      location.replace(collectionAddress(collectionOf(chat), location.pathname) + chatAddress(chat.id));
      return;
    }
    if (!chat) {
      toast("That chat is not in this browser. It may have been deleted, or it belongs to another browser.");
      history.replaceState(null, "", "#/");
    }
    if (!same) {
      conversation.show(chat);
      filters.set(structuredClone(chat?.turns.at(-1)?.filters ?? noFilters()));
    }
  } else {
    conversation.show(null);
    filters.set(route.page === "ask" ? route.filters : noFilters());
    if (route.page === "ask") conversation.ask(route.question);
    else composer.focus();
  }
  showState();
}

// Before the shortcuts, so that Escape puts away only a card that is shown.
startCards();
document.addEventListener("keydown", (event) => {
  if (isComposing(event) || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
  if (event.key === "Escape") {
    // On a phone, the article lies over the chats.
    if (sidebar.isOpen && !sidebar.root.inert) sidebar.show(false);
    else if (source.view) source.close();
    else if (!byId("conversation").hidden) conversation.stop();
    return;
  }
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  mainField().focus();
});
addEventListener("hashchange", followAddress);
addEventListener("storage", ({ key }) => {
  if (conversation.chat && key === entryOf(conversation.chat.id)) conversation.refresh();
  showState();
});
byId("theme-button").append(icon("theme"));
byId("theme-button").addEventListener("click", () => {
  const theme = nextTheme();
  toast(theme === "system" ? "Theme: same as your system." : `Theme: ${theme}.`);
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  mainField().focus();
});
offerSignOut();
loadCollection();
loadCollections();
followAddress();
