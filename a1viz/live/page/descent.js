// Gradient descent on the loss of a linear regression with two weights: a start that can be dragged, a step size, the path over the contours.

import { saidNumber, shortNumber } from "./numbers.js";
import { button, controls, dress, element } from "./elements.js";
import { Plot } from "./plot.js";
import { choiceOf, sliderOf, steppedFrom } from "./sliders.js";
import { PlotPart } from "./plot_parts.js";

const [MOST_STEPS, HUGE_LOSS, AT_LIMIT] = [200, 1e100, 1e-12];
const WIDER = 1.45;
const CORNERS = 96;

/** A number in four digits. @param {number} v */
const rounded = (v) => saidNumber(Number(v.toPrecision(4)));

/** The curvature of the mean squared error, 2/n X'X: its eigenvalues, falling, and their directions. @param {number[][]} X */
export function curvatureOf(X) {
  const entry = (/** @type {number} */ i, /** @type {number} */ j) => (2 * X.reduce((sum, row) => sum + row[i] * row[j], 0)) / X.length;
  const [a, b, c] = [entry(0, 0), entry(0, 1), entry(1, 1)];
  const [middle, apart] = [(a + c) / 2, Math.hypot((a - c) / 2, b)];
  const angle = Math.atan2(2 * b, a - c) / 2;
  const values = [middle + apart, (a * c - b * b) / (middle + apart || 1)];
  return { values, directions: [[Math.cos(angle), Math.sin(angle)], [-Math.sin(angle), Math.cos(angle)]] };
}

/** Two weights times a step less than this converge from everywhere. @param {number[][]} X */
export const largestStep = (X) => 2 / curvatureOf(X).values[0];

/** @param {number[][]} X @param {number[]} t @param {number[]} w */
const lossAt = (X, t, w) => X.reduce((sum, row, k) => sum + (row[0] * w[0] + row[1] * w[1] - t[k]) ** 2, 0) / X.length;

/** The weights after each step, and the losses. @param {number[][]} X @param {number[]} t @param {number[]} start @param {number} step @param {number} [steps] */
export function descentPath(X, t, start, step, steps = MOST_STEPS) {
  const [path, losses] = [[start], [lossAt(X, t, start)]];
  for (let k = 0; k < steps && losses[k] < HUGE_LOSS; k += 1) {
    const [u, v] = path[k];
    let [du, dv] = [0, 0];
    X.forEach((row, i) => {
      const residual = (2 / X.length) * (row[0] * u + row[1] * v - t[i]);
      du += residual * row[0];
      dv += residual * row[1];
    });
    path.push([u - step * du, v - step * dv]);
    losses.push(lossAt(X, t, path[k + 1]));
  }
  return { path, losses };
}

/** Where descent from a start ends: the minimiser, and of the start what no prediction sees. @param {number[][]} X @param {number[]} t @param {number[]} start */
export function descentLimit(X, t, start) {
  const { values, directions } = curvatureOf(X);
  const slope = [0, 1].map((j) => (2 * X.reduce((sum, row, k) => sum + row[j] * t[k], 0)) / X.length);
  const along = directions.map(([p, q], k) => (values[k] > 1e-12 * values[0] ? (p * slope[0] + q * slope[1]) / values[k] : p * start[0] + q * start[1]));
  return [0, 1].map((j) => along[0] * directions[0][j] + along[1] * directions[1][j]);
}

/** What a step size does to the direction in which the loss is steepest. @param {number} share of the limit */
export function stepVerdict(share) {
  if (Math.abs(share - 1) <= AT_LIMIT) return "oscillates forever: along the steepest direction the distance stays the same";
  const told = `each step multiplies the distance along the steepest direction by ${rounded(1 - 2 * share)}`;
  return `${share > 1 ? "diverges" : share > 0.5 ? "converges, but oscillates" : "converges"}: ${told}`;
}

/** The lines of equal loss through a plot: ellipses, or straight lines where one direction is flat. @param {number[][]} X @param {number[]} middle @param {number[]} heights above the least loss @param {number} far */
function lossContours(X, middle, heights, far) {
  const { values, directions } = curvatureOf(X);
  const isFlat = values[1] <= 1e-12 * values[0];
  const at = (/** @type {number} */ a, /** @type {number} */ b) => [0, 1].map((j) => middle[j] + a * directions[0][j] + b * directions[1][j]);
  const gap = [NaN, NaN];
  const points = heights.flatMap((height) => {
    const radii = values.map((value) => Math.sqrt((2 * height) / value));
    if (isFlat) return [at(radii[0], -far), at(radii[0], far), gap, at(-radii[0], -far), at(-radii[0], far), gap];
    const turn = (/** @type {number} */ k) => at(radii[0] * Math.cos((2 * Math.PI * k) / CORNERS), radii[1] * Math.sin((2 * Math.PI * k) / CORNERS));
    return [...Array.from({ length: CORNERS + 1 }, (_, k) => turn(k)), gap];
  });
  return { points, isFlat, flat: isFlat ? [at(0, -far), at(0, far)] : [] };
}

/** Gradient descent over the contours. @param {any} host @param {any} data */
export function descentPlot(host, data) {
  const { X, t } = data;
  const part = new PlotPart(host, "Gradient descent over the contours of the loss");
  const limitStep = largestStep(X);
  const firsts = data.starts.length ? data.starts : [data.start];
  const seen = [...firsts, ...firsts.flatMap((/** @type {number[]} */ s) => descentPath(X, t, s, Math.min(data.share, 0.98) * limitStep).path), descentLimit(X, t, data.start)];
  const [low, high] = [Math.min, Math.max].map((pick) => [0, 1].map((j) => pick(...seen.map((p) => p[j]))));
  const reach = 0.62 * Math.max(high[0] - low[0], high[1] - low[1], 1e-3);
  const middle = [0, 1].map((j) => (low[j] + high[j]) / 2);
  const axis = (/** @type {number} */ j, /** @type {number} */ times) => ({ label: ["w₁", "w₂"][j], low: middle[j] - times * reach, high: middle[j] + times * reach });
  const map = new Plot({ title: "Path over the loss", x: axis(0, WIDER), y: axis(1, 1), role: "group" });
  const distances = new Plot({ title: "Distance to the end point", x: { label: "steps", low: 0, high: MOST_STEPS }, y: { label: "distance", low: 1e-9, high: 1e3, isLog: true } });
  const corners = [[-WIDER, -1], [-WIDER, 1], [WIDER, -1], [WIDER, 1]].map(([a, b]) => lossAt(X, t, [middle[0] + a * reach, middle[1] + b * reach]));
  const least = lossAt(X, t, descentLimit(X, t, data.start));
  const heights = Array.from({ length: 8 }, (_, k) => (Math.max(...corners) - least) * (0.06 + (0.94 * k) / 8) ** 2);
  const { points: rings, flat } = lossContours(X, descentLimit(X, t, data.start), heights, 20 * reach);
  let start = [...data.start];

  const shares = steppedFrom(0.02, 1.2, 0.01);
  const share = sliderOf("step size", [...new Set([...shares, data.share])].sort((a, b) => a - b), data.share, () => show(), (v) => `${rounded((v * limitStep))}, ${shortNumber(Number(v.toPrecision(3)))} of the limit`);
  const handle = element("circle", { class: "a1viz-plot-handle", r: 8, tabindex: 0, role: "slider", "aria-label": "start", "aria-roledescription": "point, moved by arrow keys" });
  map.svg.append(handle);

  function show() {
    const step = share.value() * limitStep;
    const { path, losses } = descentPath(X, t, start, step);
    const end = descentLimit(X, t, start);
    const away = path.map((w) => Math.hypot(w[0] - end[0], w[1] - end[1]));
    const series = [
      { name: "equal loss", xs: rings.map((p) => p[0]), ys: rings.map((p) => p[1]), role: "muted", width: 0.8 },
      ...(flat.length ? [{ name: "minimisers", xs: flat.map((p) => p[0]), ys: flat.map((p) => p[1]), role: "ink", width: 2.4 }] : []),
      { name: "path", xs: path.map((p) => p[0]), ys: path.map((p) => p[1]), role: "backward", marker: "o", width: 1.2 },
      { name: flat.length ? "end point" : "closed form", xs: [end[0]], ys: [end[1]], role: "ink", dash: "none", marker: "D" },
    ];
    const place = `from (${start.map((v) => rounded(v)).join(", ")})`;
    const words = `The step ${rounded(step)} ${place} ${stepVerdict(share.value())}. The limit is ${rounded(limitStep)}, 2 divided by the largest eigenvalue ${rounded(curvatureOf(X).values[0])} of the Hessian. After ${path.length - 1} steps the loss is ${rounded(losses[losses.length - 1])}.`;
    map.draw(series, words);
    distances.draw([{ name: "distance", xs: away.map((_, k) => k), ys: away.map((v) => Math.max(v, 1e-30)), role: "forward" }], words);
    const text = `w1 ${rounded(start[0])}, w2 ${rounded(start[1])}`;
    dress(handle, { cx: map.atX(start[0]), cy: map.atY(start[1]), "aria-valuenow": start[0], "aria-valuemin": map.axes.x.low, "aria-valuemax": map.axes.x.high, "aria-valuetext": text });
    part.tell(words);
  }
  const move = (/** @type {number[]} */ to) => {
    const within = (/** @type {number} */ v, /** @type {import("./plot.js").Axis} */ { low: a, high: b }) => Number(Math.min(Math.max(v, a), b).toPrecision(6));
    start = [within(to[0], map.axes.x), within(to[1], map.axes.y)];
    // where it is none of those that are offered, the choice is empty, and each can be chosen again
    choice.set(firsts.findIndex((/** @type {number[]} */ s) => String(s) === String(start)));
    show();
  };
  const steps = new Map([["ArrowRight", [1, 0]], ["ArrowLeft", [-1, 0]], ["ArrowUp", [0, 1]], ["ArrowDown", [0, -1]]]);
  const key = (/** @type {KeyboardEvent} */ event) => {
    const [du, dv] = steps.get(event.key) ?? [];
    if (du === undefined) return;
    event.preventDefault();
    const unit = event.shiftKey ? 1 : 0.1;
    move([start[0] + unit * du, start[1] + unit * dv]);
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    if (handle.hasPointerCapture(event.pointerId)) move(map.numbersAt(event));
  };
  dress(handle, { on: { keydown: key, pointermove: drag, pointerdown: (/** @type {PointerEvent} */ event) => handle.setPointerCapture(event.pointerId) } });
  const names = data.starts.map((/** @type {number[]} */ s) => `(${s.map(saidNumber).join(", ")})`);
  const choice = choiceOf("start from", names, (k) => move(data.starts[k]));
  const reset = () => {
    share.set(data.share);
    move(data.start);
  };
  part.mount(
    element("div", { class: "a1viz-plot-sliders" }, share.element),
    element("div", { class: "a1viz-all-controls" }, ...(names.length ? [choice.element] : []), controls("Settings", button("Reset", "Back to the given start and step", reset))),
    element("div", { class: "a1viz-plots" }, map.element, distances.element),
    element("p", { class: "a1viz-plot-hint" }, "Drag the ring to start elsewhere, or move it with the arrow keys (with Shift ten times as far)."),
  );
  reset();
}
