// A slider over some numbers, with the one it is at in words.

import { dress, element } from "./elements.js";

/** @typedef {{element: any, value: () => number, set: (value: number) => void}} Slider */

/**
 * A slider; `act` is told when a reader moves it.
 * @param {string} label @param {number[]} values rising @param {number} first @param {() => void} act @param {(value: number) => string} [words]
 * @returns {Slider}
 */
export function sliderOf(label, values, first, act, words = String) {
  const told = element("span", { class: "a1viz-plot-slider-value" });
  const input = element("input", { type: "range", min: 0, max: values.length - 1, step: 1, "aria-label": label });
  const value = () => values[Number(input.value)];
  const tell = () => {
    told.textContent = words(value());
    dress(input, { "aria-valuetext": told.textContent });
  };
  const set = (/** @type {number} */ to) => {
    const nearest = values.reduce((best, v, k) => (Math.abs(v - to) < Math.abs(values[best] - to) ? k : best), 0);
    input.value = String(nearest);
    tell();
  };
  input.addEventListener("input", () => {
    tell();
    act();
  });
  set(first);
  return { element: element("label", { class: "a1viz-plot-slider" }, element("span", {}, label), input, told), value, set };
}

/** The multiples of a step from one number to another. @param {number} low @param {number} high @param {number} step */
export function steppedFrom(low, high, step) {
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, k) => Number((low + k * step).toPrecision(12)));
}

/** A choice among some names. @param {string} label @param {string[]} names @param {(place: number) => void} act */
export function choiceOf(label, names, act) {
  const select = element("select", { "aria-label": label, on: { change: () => act(Number(select.value)) } });
  select.append(...names.map((name, k) => element("option", { value: k }, name)));
  return { element: element("label", { class: "a1viz-plot-choice" }, element("span", {}, label), select), set: (/** @type {number} */ k) => (select.value = String(k)) };
}
