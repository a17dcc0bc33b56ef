// The table of costs with numbers: its polynomials at N examples, K layers and width D.

import { grouped } from "../engine/base.js";
import { button, controls, element } from "./elements.js";
import { withPowers } from "./numbers.js";
import { sliderOf } from "./sliders.js";
import { PlotPart } from "./plot_parts.js";

/** @typedef {[string[], number][]} Terms of a polynomial: the sizes of each, and its coefficient */

const COST_SIZES = new Map([
  ["N", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]],
  ["K", [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32]],
  ["D", [1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]],
]);
const SAID = new Map([["N", "examples N"], ["K", "layers K"], ["D", "width D"]]);
const BYTES = 8;

/** A polynomial's number at some sizes. @param {Terms} terms @param {Map<string, number>} sizes */
export function polynomialNumber(terms, sizes) {
  return terms.reduce((sum, [names, coefficient]) => sum + names.reduce((product, name) => product * (sizes.get(name) ?? NaN), coefficient), 0);
}

/** The table of costs, in numbers. @param {any} host @param {any} data */
export function costSliders(host, data) {
  const part = new PlotPart(host, "The table of costs in numbers");
  /** @type {Map<string, import("./sliders.js").Slider>} */
  const sliders = new Map([...COST_SIZES].map(([name, values]) => {
    const known = [...new Set([...values, data.sizes[name]])].sort((a, b) => a - b);
    return [name, sliderOf(/** @type {string} */ (SAID.get(name)), known, data.sizes[name], () => show())];
  }));
  const cells = data.rows.map(() => [element("td"), element("td")]);
  const bars = data.rows.map(() => element("span", { class: "a1viz-plot-bar", "aria-hidden": "true" }));
  const head = element("tr", {}, ...["pass", "method", "multiplications", "numbers stored", ""].map((text) => element(text ? "th" : "td", text ? { scope: "col" } : {}, text)));
  const body = data.rows.map((/** @type {any[]} */ [name, method, muls, numbers], /** @type {number} */ k) => {
    const formulas = [muls, numbers].map(([text], j) => element("td", {}, element("small", {}, withPowers(text)), element("br"), cells[k][j] = element("b")));
    return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, method), ...formulas, element("td", { class: "a1viz-plot-bars" }, bars[k]));
  });
  const table = element("table", { class: "a1viz-operators a1viz-plot-costs" }, element("caption", {}, "In numbers; the bars compare the multiplications"), element("thead", {}, head), element("tbody", {}, ...body));

  function show() {
    const sizes = new Map([...sliders].map(([name, slider]) => [name, slider.value()]));
    const found = data.rows.map((/** @type {any[]} */ [, , muls, numbers]) => [muls, numbers].map(([, terms]) => polynomialNumber(terms, sizes)));
    const most = Math.max(...found.map((/** @type {number[]} */ [muls]) => muls));
    found.forEach((/** @type {number[]} */ pair, /** @type {number} */ k) => {
      pair.forEach((value, j) => (cells[k][j].textContent = grouped(value)));
      bars[k].style.inlineSize = `${((100 * pair[0]) / most).toFixed(1)}%`;
    });
    const total = (/** @type {string} */ way, /** @type {number} */ j) => found.reduce((/** @type {number} */ sum, /** @type {number[]} */ pair, /** @type {number} */ k) => sum + (data.rows[k][1] === way ? pair[j] : 0), 0);
    const [naive, efficient] = [total("naive", 0), total("efficient", 0)];
    const at = [...sizes].map(([name, value]) => `${name} = ${value}`).join(", ");
    const times = Number((naive / efficient).toPrecision(3));
    const kept = ["naive", "efficient"].map((way) => `${Number(((BYTES * total(way, 1)) / 2 ** 20).toPrecision(3))} MiB`);
    part.tell(`With ${at} all three passes take ${grouped(naive)} multiplications naively and ${grouped(efficient)} efficiently, ${times} to 1; they store ${kept[0]} and ${kept[1]}.`);
  }
  const reset = () => {
    for (const [name, slider] of sliders) slider.set(data.sizes[name]);
    show();
  };
  part.mount(
    element("div", { class: "a1viz-plot-sliders" }, ...[...sliders.values()].map((slider) => slider.element)),
    element("div", { class: "a1viz-all-controls" }, controls("Settings", button("Reset", "Back to the given sizes", reset))),
    element("div", { class: "a1viz-picture", tabindex: 0, role: "group", "aria-label": "Costs in numbers, a table, scrolls sideways" }, table),
  );
  show();
}
