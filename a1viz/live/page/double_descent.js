// Double descent: the test error by the number of examples, at the build's settings the build's curves, at others drawn in the page.

import { normalNumbers, uniformNumbers } from "../engine/random_numbers.js";
import { shortNumber } from "./numbers.js";
import { button, controls, element } from "./elements.js";
import { Plot } from "./plot.js";
import { sliderOf, steppedFrom } from "./sliders.js";
import { PlotPart, inSlices } from "./plot_parts.js";
import { nestedFits } from "./nested_fits.js";

const LIVE_DRAWS = 400;
const FEATURES = [2, 3, 5, 8, 10, 12, 15, 18, 20, 22, 25, 28, 30];

/** The expectation of the test error, as Python's `expected_test_error` has it. @param {number} n @param {number} d @param {number} sigma @param {number} [norm] */
export function expectedTestError(n, d, sigma, norm = 1) {
  const missed = norm * norm * Math.max(1 - n / d, 0);
  if (!sigma) return missed;
  return Math.abs(n - d) > 1 ? missed + (sigma * sigma * Math.min(n, d)) / (Math.abs(n - d) - 1) : Infinity;
}

/** A share of some numbers, between two of them as NumPy has it. @param {Float64Array} sorted @param {number} share */
export function quantileOf(sorted, share) {
  const place = (sorted.length - 1) * share;
  const [low, part] = [Math.floor(place), place % 1];
  return part ? sorted[low] + (sorted[low + 1] - sorted[low]) * part : sorted[low];
}

/**
 * @typedef {object} Draws Many problems without a noise level: the error of the weights is what truth leaves and sigma times what noise adds.
 * @property {number[]} sizes
 * @property {Float64Array[]} truth for each size the squared length of what is missed
 * @property {Float64Array[]} both twice the product with what noise adds
 * @property {Float64Array[]} noise the squared length of what noise adds
 * @property {Float64Array[]} left the training error that the noise leaves
 */

/** @param {number[]} sizes @param {number} draws @returns {Draws} */
export function emptyDraws(sizes, draws) {
  const blank = () => sizes.map(() => new Float64Array(draws));
  return { sizes, truth: blank(), both: blank(), noise: blank(), left: blank() };
}

/** One problem: its place among the draws. @param {Draws} draws @param {number} place @param {Float64Array[]} rows @param {Float64Array} truth @param {number[]} noise */
export function drawProblem(draws, place, rows, truth, noise) {
  const labels = rows.map((x, k) => [x.reduce((sum, v, j) => sum + v * truth[j], 0), noise[k]]);
  let at = 0;
  nestedFits(rows, labels, (n, [w, e], squares) => {
    if (n !== draws.sizes[at]) return;
    let [missed, both, added] = [0, 0, 0];
    for (let k = 0; k < truth.length; k += 1) {
      const off = w[k] - truth[k];
      missed += off * off;
      both += 2 * off * e[k];
      added += e[k] * e[k];
    }
    draws.truth[at][place] = missed;
    draws.both[at][place] = both;
    draws.noise[at][place] = added;
    draws.left[at][place] = squares[1] / n;
    at += 1;
  });
}

/** Draw problems with d features, a slice after the other. @param {number} d @param {number[]} sizes @param {number} draws @param {number} norm @param {(found: Draws) => void} take */
export function* drawnProblems(d, sizes, draws, norm, take) {
  const found = emptyDraws(sizes, draws);
  const normal = normalNumbers(uniformNumbers(`double descent ${d}`));
  const vector = () => Float64Array.from({ length: d }, normal);
  for (let place = 0; place < draws; place += 1) {
    const rows = Array.from({ length: sizes[sizes.length - 1] }, vector);
    const direction = vector();
    const length = Math.hypot(...direction);
    drawProblem(found, place, rows, direction.map((v) => (norm * v) / length), rows.map(normal));
    yield place;
  }
  take(found);
}

/** The curves of some draws at a noise level. @param {Draws} draws @param {number} d @param {number} sigma @param {number} norm */
export function curvesOf(draws, d, sigma, norm) {
  const median = /** @type {number[]} */ ([]);
  const [low, high, mean, training] = [[...median], [...median], [...median], [...median]];
  draws.sizes.forEach((n, k) => {
    const errors = draws.truth[k].map((missed, j) => missed + sigma * (draws.both[k][j] + sigma * draws.noise[k][j])).sort();
    median.push(quantileOf(errors, 0.5));
    low.push(quantileOf(errors, 0.1));
    high.push(quantileOf(errors, 0.9));
    const average = (/** @type {Float64Array} */ values) => values.reduce((a, b) => a + b, 0) / values.length;
    mean.push(Number.isFinite(expectedTestError(n, d, sigma, norm)) ? average(errors) : NaN);
    training.push(sigma * sigma * average(draws.left[k]));
  });
  return { median, low, high, mean, training };
}

/** Test and training error by the number of examples. @param {any} host @param {any} data */
export function doubleDescent(host, data) {
  const part = new PlotPart(host, "Double descent");
  const x = () => ({ label: "examples n", low: 0, high: 60 });
  const test = new Plot({ title: "Test error", x: x(), y: { label: "test error", low: 1e-2, high: 1e2, isLog: true } });
  const training = new Plot({ title: "Training error", x: x(), y: { label: "training error", low: 0, high: 1 } });
  const numbers = (/** @type {any[]} */ curve) => curve.map((v) => (v === null ? NaN : v));
  const given = Object.fromEntries(Object.entries(data.curves).map(([name, curve]) => [name, numbers(/** @type {any} */ (curve))]));
  /** @type {Map<number, Draws>} */
  const known = new Map();
  let stop = () => {};
  const change = () => show();
  const most = data.sizes[data.sizes.length - 1];
  const examples = sliderOf("examples n", steppedFrom(1, most, 1), data.d, change);
  const sigma = sliderOf("noise σ", steppedFrom(0, 2, 0.1), data.sigma, change);
  const features = sliderOf("features d", [...new Set([...FEATURES, data.d])].sort((a, b) => a - b), data.d, change);
  const sizes = steppedFrom(1, most, 1);

  function show() {
    stop();
    const d = features.value();
    if (d === data.d && sigma.value() === data.sigma) return draw(data.sizes, given, data.repeats);
    const draws = known.get(d);
    if (draws) return draw(sizes, curvesOf(draws, d, sigma.value(), data.norm), LIVE_DRAWS);
    stop = inSlices(drawnProblems(d, sizes, LIVE_DRAWS, data.norm, (found) => known.set(d, found)), show);
  }
  /** @param {number[]} xs @param {any} curves @param {number} repeats */
  function draw(xs, curves, repeats) {
    const [d, s, n] = [features.value(), sigma.value(), examples.value()];
    const expected = xs.map((size) => expectedTestError(size, d, s, data.norm)).map((v) => (Number.isFinite(v) ? v : NaN));
    const peak = xs[curves.median.indexOf(Math.max(...curves.median))];
    const place = xs.indexOf(n);
    const at = (/** @type {number} */ v) => shortNumber(Number(v.toPrecision(3)));
    const here = place < 0 ? "" : ` At n = ${n} the median test error is ${at(curves.median[place])}, the expectation ${at(expectedTestError(n, d, s, data.norm))}, the training error ${at(curves.training[place])}.`;
    const words = `${d} features, noise ${s}, ${repeats} repeats: the median test error peaks at n = ${peak}.${here}`;
    const positive = [...curves.low, ...curves.median].filter((v) => v > 1e-12);
    Object.assign(test.axes.y, { low: 10 ** Math.floor(Math.log10(Math.min(...positive, 1))), high: 10 ** Math.ceil(Math.log10(Math.max(...positive, 1) * 1.5)) });
    Object.assign(training.axes.y, { high: Math.max(1.1 * s * s, 0.1) });
    const above = (/** @type {number[]} */ ys) => ys.map((v) => Math.max(v, 1e-14));
    const marked = place < 0 ? [] : [{ name: "this n", xs: [n], ys: above([curves.median[place]]), role: "ink", dash: "none", marker: "D" }];
    test.draw([
      { name: "most draws (80%)", xs, ys: curves.median, low: above(curves.low), high: above(curves.high), role: "backward" },
      { name: "median", xs, ys: above(curves.median), role: "backward", dash: "6 3" },
      { name: "expectation, exact", xs, ys: expected, role: "ink", dash: "1 2" },
      { name: "mean", xs, ys: curves.mean, role: "forward", dash: "none", marker: "s" },
      ...marked,
    ], words, [d]);
    training.draw([
      { name: "expectation, exact", xs, ys: xs.map((size) => (s * s * Math.max(size - d, 0)) / size), role: "ink", dash: "1 2" },
      { name: "mean", xs, ys: curves.training, role: "forward", dash: "none", marker: "s" },
      { name: "σ²", xs: [0, 60], ys: [s * s, s * s], role: "muted", dash: "6 3 1 3" },
    ], words, [d]);
    part.tell(words);
  }
  const reset = () => {
    features.set(data.d);
    sigma.set(data.sigma);
    examples.set(data.d);
    show();
  };
  part.mount(
    element("div", { class: "a1viz-plot-sliders" }, examples.element, sigma.element, features.element),
    element("div", { class: "a1viz-all-controls" }, controls("Settings", button("Reset", "Back to the given settings", reset))),
    element("div", { class: "a1viz-plots" }, test.element, training.element),
  );
  show();
}
