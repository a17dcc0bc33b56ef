// Where a model of points in the plane decides for which class: colours, the boundary, the hidden units' lines, and the points.

import { tensorFrom } from "../engine/tensors.js";
import { element } from "./elements.js";
import { Plot } from "./plot.js";
import { levelLines } from "./level_lines.js";

/** @typedef {import("../engine/tensors.js").Tensor} Tensor */

const [GRID_COLUMNS, GRID_ROWS] = [64, 48];
const SURE_LOGIT = Math.log(9);
const [MARGIN, FEW] = [0.4, 0.2];

/** The colours of a plot's page, from 0 to 255 each. @param {any} element_ @param {string} role */
function coloursOf(element_, role) {
  const text = getComputedStyle(element_).getPropertyValue(`--a1viz-${role}`).trim();
  return [1, 3, 5].map((k) => Number.parseInt(text.slice(k, k + 2), 16) || 0);
}

/** Paint how sure the model is of either class. @param {any} canvas @param {ArrayLike<number>} z rows from below @param {any} themed */
function paintSides(canvas, z, themed) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(GRID_COLUMNS, GRID_ROWS);
  const [paper, ...sides] = ["paper", "forward", "backward"].map((role) => coloursOf(themed, role));
  for (let i = 0; i < GRID_ROWS; i += 1) {
    for (let j = 0; j < GRID_COLUMNS; j += 1) {
      const logit = z[(GRID_ROWS - 1 - i) * GRID_COLUMNS + j];
      const [side, strength] = [sides[Number(logit > 0)], 0.1 + 0.45 * Math.abs(Math.tanh(logit / 2))];
      const at = 4 * (i * GRID_COLUMNS + j);
      for (let c = 0; c < 3; c += 1) image.data[at + c] = paper[c] + strength * (side[c] - paper[c]);
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/** The map of a model's decisions: colours below, the boundary, the hidden units' lines and the points above. */
export class DecisionMap {
  constructor() {
    this.plot = new Plot({ title: "Decision boundary", x: { label: "x₁", low: -1, high: 1 }, y: { label: "x₂", low: -1, high: 1 } });
    this.canvas = element("canvas", { class: "a1viz-plot-heat", width: GRID_COLUMNS, height: GRID_ROWS, "aria-hidden": "true" });
    // the numbers are those at the middle of each pixel, and reach from edge to edge: half of the outermost pixels is cut off
    const [left, top, width, height] = this.plot.place;
    const [across, down] = [width / (GRID_COLUMNS - 1) / 2, height / (GRID_ROWS - 1) / 2];
    const place = { left: left - across, top: top - down, width: width + 2 * across, height: height + 2 * down };
    for (const [name, share] of Object.entries(place)) this.canvas.style[name] = `${100 * share}%`;
    this.canvas.style.clipPath = `inset(${50 / GRID_ROWS}% ${50 / GRID_COLUMNS}%)`;
    this.plot.stage.prepend(this.canvas);
  }

  /** Take other points. @param {any} points */
  take(points) {
    this.points = points;
    [this.plot.axes.x, this.plot.axes.y].forEach((axis, j) => {
      const values = points.X.map((/** @type {number[]} */ x) => x[j]);
      axis.low = Math.min(...values) - MARGIN;
      axis.high = Math.max(...values) + MARGIN;
    });
    const { x, y } = this.plot.axes;
    const at = (/** @type {import("./plot.js").Axis} */ { low, high }, /** @type {number} */ k, /** @type {number} */ n) => low + ((high - low) * k) / (n - 1);
    this.grid = tensorFrom(Array.from({ length: GRID_COLUMNS * GRID_ROWS }, (_, k) => [at(x, k % GRID_COLUMNS, GRID_COLUMNS), at(y, Math.floor(k / GRID_COLUMNS), GRID_ROWS)]));
  }

  /** @param {import("./trainer.js").Trainer} trainer @param {string} words */
  draw(trainer, words) {
    const z = trainer.logits(trainer.decides, /** @type {Tensor} */ (this.grid));
    paintSides(this.canvas, z, this.plot.element);
    const { X, t, classes } = this.points;
    const of = (/** @type {number} */ side) => X.filter((/** @type {any} */ _, /** @type {number} */ k) => t[k] === side);
    const points = (/** @type {number} */ side, /** @type {string} */ role, /** @type {string} */ marker) => ({ name: classes[side], xs: of(side).map((/** @type {number[]} */ x) => x[0]), ys: of(side).map((/** @type {number[]} */ x) => x[1]), role, dash: "none", marker });
    const right = trainer.logits(trainer.held, tensorFrom(X));
    const wrong = X.filter((/** @type {any} */ _, /** @type {number} */ k) => (right[k] > 0) !== Boolean(t[k]));
    const rings = { name: "on the wrong side", xs: wrong.map((/** @type {number[]} */ x) => x[0]), ys: wrong.map((/** @type {number[]} */ x) => x[1]), role: "ink", dash: "none", marker: "O" };
    this.plot.draw([
      points(0, "forward", "o"),
      points(1, "backward", "^"),
      ...this.unitLines(trainer),
      this.line(z, SURE_LOGIT, "90% sure", "4 3", 1),
      this.line(z, -SURE_LOGIT, "", "4 3", 1),
      this.line(z, 0, "boundary", "", 2.4),
      ...(wrong.length && wrong.length <= X.length * FEW ? [rings] : []),
    ], words);
  }

  /** @param {Float64Array} z @param {number} level @param {string} name @param {string} dash @param {number} width */
  line(z, level, name, dash, width) {
    const ends = levelLines(z, GRID_COLUMNS, level);
    const { x, y } = this.plot.axes;
    /** @type {number[]} */
    const xs = [];
    /** @type {number[]} */
    const ys = [];
    for (let k = 0; k < ends.length; k += 4) {
      for (const j of [k, k + 2]) {
        xs.push(x.low + ((x.high - x.low) * ends[j]) / (GRID_COLUMNS - 1));
        ys.push(y.low + ((y.high - y.low) * ends[j + 1]) / (GRID_ROWS - 1));
      }
      xs.push(NaN);
      ys.push(NaN);
    }
    return { name, xs, ys, role: "ink", dash, width };
  }

  /** Where each hidden unit's weighted sum is 0. @param {import("./trainer.js").Trainer} trainer */
  unitLines({ parameters }) {
    const [W, b] = ["W1", "b1"].map((name) => parameters.get(name)?.data);
    if (!W || !b) return [];
    const [xs, ys] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
    const far = 100;
    for (let k = 0; k < b.length; k += 1) {
      const [u, v] = [W[2 * k], W[2 * k + 1]];
      const squared = u * u + v * v || 1;
      const [x, y, length] = [(-b[k] * u) / squared, (-b[k] * v) / squared, Math.sqrt(squared)];
      xs.push(x - (far * v) / length, x + (far * v) / length, NaN);
      ys.push(y + (far * u) / length, y - (far * u) / length, NaN);
    }
    return [{ name: "hidden units", xs, ys, role: "muted", dash: "8 3 2 3", width: 1.1 }];
  }
}
