// The filter of the gallery: by topic and by operator. Without this script all graphs are shown.

import { element } from "./elements.js";

const CARDS = ".a1viz-gallery > li";
/** What can be chosen, with the words of a card that say whether it is shown. @type {Record<string, (card: HTMLElement) => string[]>} */
const FILTERS = {
  topic: (card) => [card.dataset.topic ?? ""],
  operator: (card) => (card.dataset.operators ?? "").split(" "),
};

/** The words that cards are filtered by, as they come, each with the number of its cards. @param {HTMLElement[]} cards @param {string} kind */
function countedWords(cards, kind) {
  const counts = /** @type {Map<string, number>} */ (new Map());
  for (const word of cards.flatMap(FILTERS[kind])) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}

/** A choice with what it is called in front of it. @param {string} kind @param {[string, number][]} words @param {() => void} act */
function choiceOf(kind, words, act) {
  const options = words.map(([word, count]) => element("option", { value: word }, `${word} (${count})`));
  const choice = element("select", { name: kind, on: { change: act } }, element("option", { value: "" }, "all"), ...options);
  return { choice, label: element("label", {}, `${kind} `, choice) };
}

/** The filter in its place. @param {HTMLElement} host */
function makeFilter(host) {
  const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(CARDS)]);
  const told = element("output", { "aria-live": "polite" });
  const words = { topic: countedWords(cards, "topic"), operator: countedWords(cards, "operator").sort(([a], [b]) => Number(/\w/.test(a)) - Number(/\w/.test(b)) || (a < b ? -1 : 1)) };
  const choices = Object.entries(words).map(([kind, found]) => choiceOf(kind, found, () => chosen()));
  const all = element("button", { type: "button", on: { click: () => show({}) } }, "show all");
  const values = () => choices.map(({ choice }) => [choice.name, choice.value]).filter(([, word]) => word);

  function apply() {
    const wanted = values();
    for (const card of cards) card.hidden = !wanted.every(([kind, word]) => FILTERS[kind](card).includes(word));
    const count = cards.filter((card) => !card.hidden).length;
    told.textContent = count ? `${count} of ${cards.length} graphs` : "no graph has both; choose another topic or operator";
    all.disabled = !wanted.length;
  }

  function chosen() {
    apply();
    const said = values().map(([kind, word]) => `${kind}=${encodeURIComponent(word)}`);
    history.replaceState(history.state, "", said.length ? `#a1viz-${said.join("&")}` : "#");
  }

  /** @param {Record<string, string>} state */
  function show(state) {
    for (const { choice } of choices) {
      choice.value = state[choice.name] ?? "";
      if (choice.selectedIndex < 0) choice.value = "";
    }
    chosen();
  }

  /** What the address says is shown, as a link to the gallery has it. */
  function follow() {
    if (location.hash.startsWith("#a1viz-")) show(Object.fromEntries(new URLSearchParams(location.hash.slice("#a1viz-".length))));
  }

  host.replaceChildren(element("form", { class: "a1viz-controls a1viz-filter", "aria-label": "filter the gallery" }, ...choices.map(({ label }) => label), all, told));
  apply();
  follow();
  addEventListener("hashchange", follow);
}

function makeFilters() {
  for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-a1viz-filter]"))) makeFilter(host);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", makeFilters);
else makeFilters();
