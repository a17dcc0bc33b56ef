// Ranks by counting: each number is compared with every other, what the comparisons say is added up, and the number of the wanted rank is picked.

import { saidNumber, shortNumber, typedNumber } from "./numbers.js";
import { writtenNumbers } from "./wire_state.js";
import { button, controls, dress, element } from "./elements.js";

/**
 * @typedef {object} Counted What the network computes.
 * @property {(number | null)[][]} parts what each comparison adds to a rank; nothing for a number and itself
 * @property {number[]} biases of the ranks
 * @property {number[]} ranks
 * @property {number[]} picks 1 for the numbers of rank k - 1, 0 for all others
 * @property {number} y
 */

const [LEAST_COUNTED, MOST_COUNTED] = [2, 12];
const NUMBER_STEPS = new Map([["ArrowUp", 1], ["ArrowDown", -1], ["PageUp", 10], ["PageDown", -10]]);
const TOLD_AFTER = 250;

/** The counting network on some numbers; `stable` breaks ties by position. @param {number[]} x @param {number} k @param {boolean} stable @returns {Counted} */
export function countedRanks(x, k, stable) {
  const parts = x.map((a, i) => x.map((b, j) => (i === j ? null : stable && j < i ? Number(a >= b) : -Number(b >= a) + 0)));
  const biases = x.map((_, i) => x.length - 1 - (stable ? i : 0));
  const ranks = parts.map((row, i) => row.reduce((sum, part) => /** @type {number} */ (sum) + (part ?? 0), biases[i]) ?? 0);
  const picks = ranks.map((rank) => Number(Math.abs(2 * rank - 2 * (k - 1)) <= 1));
  return { parts, biases, ranks, picks, y: x.reduce((sum, value, i) => (picks[i] ? sum + value : sum), 0) };
}

/** One counting network of a page. */
export class CountingFigure {
  /** @param {any} data what the build wrote */
  constructor({ x: given, k }) {
    const x = writtenNumbers(given);
    const isFine = Array.isArray(x) && x.every((v) => typeof v === "number") && x.length >= LEAST_COUNTED && x.length <= MOST_COUNTED;
    if (!isFine) throw new Error("a1viz: no numbers");
    this.first = { x, k: Number.isInteger(k) && k >= 1 && k <= x.length ? k : 1 };
    this.x = [...x];
    this.k = this.first.k;
    this.stable = false;
    this.waiting = 0;
    this.pick = element("select", { "aria-label": "k, which number in order is picked" });
    this.pick.addEventListener("change", () => {
      this.k = Number(this.pick.value);
      this.show(`k is ${this.k}`);
    });
    this.ties = button("Break ties by position", "Of two equal numbers the left one counts as less", () => {
      this.stable = !this.stable;
      this.show(this.stable ? "Ties are broken by position" : "Equal numbers have equal ranks");
    });
    this.table = element("table", { class: "a1viz-values a1viz-ranks" });
    this.result = element("p", {});
    this.status = element("p", { class: "a1viz-status", role: "status" });
    const bar = element(
      "div",
      { class: "a1viz-all-controls" },
      controls("Numbers", button("+", "One number more", () => this.resize(1)), button("−", "One number less", () => this.resize(-1))),
      controls("Which one", element("label", {}, "k = ", this.pick), this.ties),
      controls("These numbers", button("Reset", "Back to the given numbers", () => this.reset())),
    );
    const scroller = element("div", { class: "a1viz-picture", tabindex: "0", role: "group", "aria-label": "Table, scrolls sideways" }, this.table);
    this.panel = element("div", { class: "a1viz-panel a1viz-wires-panel a1viz-coloured" }, bar, scroller, this.result, this.status);
    this.draw();
    this.show();
  }

  reset() {
    this.x = [...this.first.x];
    this.k = this.first.k;
    this.stable = false;
    this.draw();
    this.show("The given numbers again");
  }

  /** @param {number} more */
  resize(more) {
    const n = this.x.length + more;
    if (n < LEAST_COUNTED || n > MOST_COUNTED) return this.say(`From ${LEAST_COUNTED} to ${MOST_COUNTED} numbers`);
    this.x = more > 0 ? [...this.x, n] : this.x.slice(0, n);
    this.k = Math.min(this.k, n);
    this.draw();
    this.show(`${n} numbers`);
  }

  /** The table anew: a row a number, a column a comparison. */
  draw() {
    const names = this.x.map((_, i) => element("span", {}, "x", element("sub", {}, String(i + 1))));
    const titles = ["number", ...names.map((name) => name.cloneNode(true)), "bias", "rank", "picked"];
    const head = titles.map((part) => element("th", { scope: "col" }, part));
    /** @type {any[][]} */
    this.cells = this.x.map(() => Array.from({ length: this.x.length + 3 }, () => element("td", {})));
    const rows = this.cells.map((cells, i) => element("tr", {}, element("th", { scope: "row" }, names[i], " ", this.field(i)), ...cells));
    this.table.replaceChildren(element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    this.pick.replaceChildren(...this.x.map((_, i) => element("option", { value: i + 1 }, String(i + 1))));
  }

  /** @param {number} i */
  field(i) {
    const made = element("input", { autocomplete: "off", "aria-label": `x${i + 1}`, value: shortNumber(this.x[i]) });
    const enter = (/** @type {number | undefined} */ value) => {
      if (value === undefined) {
        made.setAttribute("aria-invalid", "true");
        return this.say(`x${i + 1}: write a number, such as -0.5 or 1e-3`);
      }
      made.removeAttribute("aria-invalid");
      this.x[i] = value;
      this.show(`x${i + 1} is ${saidNumber(value)}`);
    };
    const settle = () => {
      made.value = shortNumber(this.x[i]);
      made.removeAttribute("aria-invalid");
    };
    const keydown = (/** @type {KeyboardEvent} */ event) => {
      const steps = NUMBER_STEPS.get(event.key);
      if (steps === undefined || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      enter(Number((this.x[i] + steps).toPrecision(12)));
      settle();
    };
    return dress(made, { on: { input: () => enter(typedNumber(made.value)), change: settle, keydown } });
  }

  /** Write what is computed. @param {string} [said] what has changed */
  show(said) {
    const found = countedRanks(this.x, this.k, this.stable);
    this.cells?.forEach((cells, i) => {
      const parts = found.parts[i].map((part) => (part === null ? "" : part > 0 ? "+1" : part ? "−1" : "0"));
      const texts = [...parts, found.biases[i], found.ranks[i], found.picks[i] ? "yes" : "no"];
      cells.forEach((cell, j) => {
        cell.textContent = texts[j];
        cell.classList.toggle("a1viz-ranks-one", /^([+−]1|yes)$/.test(cell.textContent));
      });
    });
    this.pick.value = this.k;
    dress(this.ties, { "aria-pressed": this.stable });
    const count = found.picks.filter(Boolean).length;
    const rank = `rank ${this.k - 1}`;
    const fault = count ? `: ${count} numbers have ${rank} and are added up` : `: no number has ${rank}`;
    this.result.textContent = `y = ${saidNumber(found.y)}${count === 1 ? `, number ${this.k} of ${this.x.length} in order` : fault}`;
    if (said) this.say(`${said}; ranks ${found.ranks.join(", ")}; ${this.result.textContent}`);
  }

  /** @param {string} text */
  say(text) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.status.textContent = text;
    }, TOLD_AFTER);
  }
}
