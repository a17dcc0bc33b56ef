// Polynomials fitted to noisy points: degree, noise and number of points; by Householder's QR, as `fit_poly` of Python by singular values.

import { normalNumbers, uniformNumbers } from "../engine/random_numbers.js";
import { shortNumber } from "./numbers.js";
import { button, controls, element } from "./elements.js";
import { Plot } from "./plot.js";
import { sliderOf, steppedFrom } from "./sliders.js";
import { PlotPart, inSlices } from "./plot_parts.js";

/** @typedef {"chebyshev" | "legendre"} BasisName */

const BASIS_NAMES = /** @type {BasisName[]} */ (["chebyshev", "legendre"]);
const SAID_BASES = { chebyshev: "Chebyshev", legendre: "Legendre" };
const GRID_POINTS = 1001;
const GRID_X = Array.from({ length: GRID_POINTS }, (_, k) => k / (GRID_POINTS - 1));
const SOME_DEGREES = [3, 7, 13, 15, 30, 200];

const sine = (/** @type {number} */ x) => Math.sin(10 * x);

/** The values of the polynomials up to a degree at points of [0, 1], a column each. @param {BasisName} basis @param {ArrayLike<number>} x @param {number} degree */
export function basisColumns(basis, x, degree) {
  const u = Float64Array.from(x, (v) => 2 * v - 1);
  const columns = [new Float64Array(u.length).fill(1), u];
  for (let k = 1; k < degree; k += 1) {
    const [p, q] = [columns[k], columns[k - 1]];
    columns.push(u.map(basis === "chebyshev" ? (v, i) => 2 * v * p[i] - q[i] : (v, i) => ((2 * k + 1) * v * p[i] - k * q[i]) / (k + 1)));
  }
  return columns.slice(0, degree + 1);
}

/** Householder's reflections of columns that are at least as long as they are many: what is left of the columns is R. @param {Float64Array[]} columns */
function reflected(columns) {
  const R = columns.map((column) => column.slice());
  const reflections = R.map((column, k) => {
    const v = column.slice();
    v.fill(0, 0, k);
    const length = Math.hypot(...v);
    v[k] += column[k] < 0 ? -length : length;
    const scale = 2 / (v.reduce((sum, entry) => sum + entry * entry, 0) || 1);
    for (const other of R) reflect(other, v, scale, k);
    return { v, scale, k };
  });
  return { R, reflections };
}

/** x less its part along v, twice. @param {Float64Array} x @param {Float64Array} v @param {number} scale @param {number} from */
function reflect(x, v, scale, from) {
  let along = 0;
  for (let i = from; i < x.length; i += 1) along += v[i] * x[i];
  for (let i = from; i < x.length; i += 1) x[i] -= scale * along * v[i];
}

/** The weights of least squared error for some columns, and of those the smallest. @param {Float64Array[]} columns @param {ArrayLike<number>} t */
export function leastSquares(columns, t) {
  const [n, d] = [t.length, columns.length];
  const isWide = d > n;
  const rows = isWide ? Array.from({ length: n }, (_, i) => Float64Array.from(columns, (column) => column[i])) : columns;
  const { R, reflections } = reflected(rows);
  const least = 2 * Number.EPSILON * Math.min(n, d) * Math.max(...R.map((column, k) => Math.abs(column[k])));
  const over = (/** @type {number} */ value, /** @type {number} */ k) => (Math.abs(R[k][k]) > least ? value / R[k][k] : 0);
  const y = Float64Array.from({ length: Math.max(n, d) }, (_, k) => (k < n ? t[k] : 0));
  if (isWide) {
    // t = R' y, and the weights are Q y
    for (let k = 0; k < n; k += 1) {
      for (let i = 0; i < k; i += 1) y[k] -= R[k][i] * y[i];
      y[k] = over(y[k], k);
    }
    for (const { v, scale, k } of reflections.toReversed()) reflect(y, v, scale, k);
    return y;
  }
  for (const { v, scale, k } of reflections) reflect(y, v, scale, k);
  for (let k = d - 1; k >= 0; k -= 1) {
    for (let j = k + 1; j < d; j += 1) y[k] -= R[j][k] * y[j];
    y[k] = over(y[k], k);
  }
  return y.slice(0, d);
}

/** The weights of a polynomial fitted to points of [0, 1]. @param {ArrayLike<number>} x @param {ArrayLike<number>} t @param {number} degree @param {BasisName} basis */
export function fitPolynomial(x, t, degree, basis) {
  return leastSquares(basisColumns(basis, x, degree), t);
}

/** The polynomial with these weights, where the basis has these values. @param {Float64Array} weights @param {Float64Array[]} columns */
export function combined(weights, columns) {
  const found = new Float64Array(columns[0].length);
  weights.forEach((w, k) => {
    const column = columns[k];
    for (let i = 0; i < found.length; i += 1) found[i] += w * column[i];
  });
  return found;
}

/** @type {Map<BasisName, Float64Array[]>} */
const gridColumns = new Map();

/** The values on a fine grid of [0, 1] of the polynomial with these weights. @param {Float64Array} weights @param {BasisName} basis */
function onGrid(weights, basis) {
  if ((gridColumns.get(basis)?.length ?? 0) < weights.length) gridColumns.set(basis, basisColumns(basis, GRID_X, Math.max(200, weights.length - 1)));
  return combined(weights, /** @type {Float64Array[]} */ (gridColumns.get(basis)));
}

/** The mean squared error against sin(10 x) on the grid. @param {Float64Array} weights @param {BasisName} basis */
export function errorOnSine(weights, basis) {
  return onGrid(weights, basis).reduce((sum, v, k) => sum + (v - sine(GRID_X[k])) ** 2, 0) / GRID_POINTS;
}

/** Points on [0, 1], rising, and standard normal noise for each: the build's, or drawn for a number of points. @param {any} data @param {number} n @param {number} draw */
export function pointsOf(data, n, draw) {
  if (n === data.x.length && !draw) return { x: data.x, noise: data.noise };
  const next = uniformNumbers(`points ${n} ${draw}`);
  const normal = normalNumbers(next);
  return { x: Array.from({ length: n }, next).sort((a, b) => a - b), noise: Array.from({ length: n }, normal) };
}

/** Fits of any degree to noisy points. @param {any} host @param {any} data */
export function polynomialFit(host, data) {
  const part = new PlotPart(host, "Polynomials fitted to noisy points");
  const fits = new Plot({ title: "The fit", x: { label: "x", low: -0.02, high: 1.02 }, y: { label: "", low: -2.6, high: 2.6 } });
  const errors = new Plot({
    title: "Test error by degree", x: { label: "degree", low: 0.5, high: 200, isLog: true }, y: { label: "test error", low: 1e-3, high: 1e3, isLog: true },
  });
  let draw = 0;
  let stop = () => {};
  const degrees = /** @type {number[]} */ (data.degrees);
  const change = () => show();
  const degree = sliderOf("degree", degrees, data.degree, () => show(true));
  const sigma = sliderOf("noise σ", steppedFrom(0, 1, 0.05), data.sigma, change);
  const count = sliderOf("points n", steppedFrom(2, 40, 1), data.x.length, change);

  /** @param {boolean} [isSame] whether the points are those of before */
  function show(isSame = false) {
    const { x, noise } = pointsOf(data, count.value(), draw);
    const isFirst = count.value() === data.x.length && !draw && sigma.value() === data.sigma;
    const t = isFirst ? data.t : x.map((/** @type {number} */ v, /** @type {number} */ k) => sine(v) + sigma.value() * noise[k]);
    const found = BASIS_NAMES.map((basis) => fitPolynomial(x, t, degree.value(), basis));
    const isOne = degree.value() < x.length;
    const lines = BASIS_NAMES.slice(0, isOne ? 1 : 2).map((basis, k) => ({
      name: isOne ? "fit, either basis" : SAID_BASES[basis], xs: GRID_X, ys: onGrid(found[k], basis), role: k ? "forward" : "backward", dash: k ? "" : "6 3",
    }));
    const target = { name: "sin 10x", xs: GRID_X, ys: GRID_X.map(sine), role: "muted", dash: "1 3" };
    const points = { name: "points", xs: x, ys: t, role: "ink", dash: "none", marker: "o" };
    const wrong = BASIS_NAMES.map((basis, k) => shortNumber(Number(errorOnSine(found[k], basis).toPrecision(3))));
    const largest = found.map((weights) => shortNumber(Number(weights.reduce((a, b) => Math.max(a, Math.abs(b)), 0).toPrecision(3))));
    const told = isOne ? `test error ${wrong[0]}, largest weight ${largest[0]}` : `test error ${wrong[0]} by Chebyshev's basis, ${wrong[1]} by Legendre's`;
    const kind = degree.value() + 1 < x.length ? "fewer weights than points" : degree.value() + 1 === x.length ? "as many weights as points" : "more weights than points";
    const words = `Degree ${degree.value()}, ${x.length} points, noise ${sigma.value()}: ${kind}; ${told}.`;
    fits.draw([target, ...lines, points], words);
    part.tell(words);
    if (isSame) drawErrors();
    else {
      stop();
      stop = inSlices(sweep(x, t), drawErrors);
    }
  }
  /** @type {Map<BasisName, number[]>} */
  const swept = new Map();
  /** @param {number[]} x @param {number[]} t */
  function* sweep(x, t) {
    const next = new Map(BASIS_NAMES.map((basis) => [basis, /** @type {number[]} */ ([])]));
    for (const d of degrees) {
      for (const basis of BASIS_NAMES) next.get(basis)?.push(errorOnSine(fitPolynomial(x, t, d, basis), basis));
      yield d;
    }
    for (const [basis, values] of next) swept.set(basis, values);
    sweptCount = x.length;
  }
  let sweptCount = 0;
  function drawErrors() {
    if (!swept.size) return;
    const xs = degrees.map((d) => Math.max(d, 0.5));
    const series = BASIS_NAMES.map((basis, k) => ({
      name: SAID_BASES[basis], xs, ys: swept.get(basis) ?? [], role: k ? "forward" : "backward", dash: k ? "" : "6 3", marker: "",
    }));
    const place = degrees.indexOf(degree.value());
    const here = { name: "this degree", xs: BASIS_NAMES.map(() => xs[place]), ys: series.map(({ ys }) => ys[place]), role: "ink", dash: "none", marker: "D" };
    const all = series.flatMap(({ ys }) => ys).filter((v) => v > 0);
    Object.assign(errors.axes.y, { low: 10 ** Math.floor(Math.log10(Math.min(...all))), high: 10 ** Math.ceil(Math.log10(1.2 * Math.max(...all))) });
    const [best, worst] = [Math.min, Math.max].map((pick) => degrees[series[0].ys.indexOf(pick(...series[0].ys))]);
    errors.draw([...series, here], `In the Chebyshev basis least at degree ${best}, largest at degree ${worst}.`, [Math.max(sweptCount - 1, 0.5)]);
  }
  const go = (/** @type {number} */ d) => {
    degree.set(d);
    show(true);
  };
  const again = () => {
    draw += 1;
    show();
  };
  const reset = () => {
    draw = 0;
    degree.set(data.degree);
    sigma.set(data.sigma);
    count.set(data.x.length);
    show();
  };
  part.mount(
    element("div", { class: "a1viz-plot-sliders" }, degree.element, sigma.element, count.element),
    element(
      "div", { class: "a1viz-all-controls" },
      controls("Degrees", ...SOME_DEGREES.filter((d) => degrees.includes(d)).map((d) => button(String(d), `Degree ${d}`, () => go(d)))),
      controls("Points", button("New points", "Draw other points and other noise", again), button("Reset", "Back to the given points and settings", reset)),
    ),
    element("div", { class: "a1viz-plots" }, fits.element, errors.element),
  );
  show();
}
