// A small plot: axes with ticks, lines, points, bands and a legend, in the page's colours, and words for those who do not see it.

import { shortNumber, withPowers } from "./numbers.js";
import { dress, element } from "./elements.js";

/**
 * @typedef {object} Series What is drawn with one name.
 * @property {string} name for the legend; without one it is in none
 * @property {ArrayLike<number>} xs
 * @property {ArrayLike<number>} ys a number that is none interrupts the line
 * @property {string} role the colour, as pictures have it
 * @property {string} [dash] of the line; `none` draws no line
 * @property {string} [marker] of the points: o, s, ^, D, or O for a ring
 * @property {ArrayLike<number>} [low] with `high`: a band instead of a line
 * @property {ArrayLike<number>} [high]
 * @property {number} [width] of the line
 */
/**
 * @typedef {object} Axis
 * @property {string} label
 * @property {boolean} [isLog]
 * @property {number} low
 * @property {number} high
 */

const [PLOT_WIDTH, PLOT_HEIGHT] = [360, 270];
const EDGES = { left: 54, right: 20, top: 26, bottom: 42 };
const FAR_OUT = 1e4;
const MARKER_SIZE = 3;
const TICKS = 5;

/** The ticks of an axis: multiples of 1, 2 or 5 times a power of ten, or of a logarithmic one the powers of ten. @param {Axis} axis @returns {number[]} */
export function ticksOf({ low, high, isLog = false }) {
  if (isLog) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const every = Math.max(1, Math.ceil((last - first + 1) / (TICKS + 1)));
    return Array.from({ length: Math.max(0, Math.floor((last - first) / every) + 1) }, (_, k) => Number(`1e${first + k * every}`));
  }
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (/** @type {number} */ ([1, 2, 5, 10].find((times) => times * power >= rough * 0.999)));
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** The outline of one marker. @param {string} marker @param {number} x @param {number} y @param {number} [r] */
function markerPath(marker, x, y, r = MARKER_SIZE) {
  const at = `M${(x - r).toFixed(1)} ${y.toFixed(1)}`;
  if (marker === "s") return `${at}m0 ${-r}h${2 * r}v${2 * r}h${-2 * r}z`;
  if (marker === "^") return `${at}m0 ${r}l${r} ${-2 * r}l${r} ${2 * r}z`;
  if (marker === "D") return `${at}l${r} ${-r}l${r} ${r}l${-r} ${r}z`;
  return `${at}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

let plotCount = 0;

/** A plot, drawn anew whenever its data change. */
export class Plot {
  /** @param {{title: string, x: Axis, y: Axis, role?: string}} about `role` is `group` where a reader can change something in it */
  constructor({ title, x, y, role = "img" }) {
    plotCount += 1;
    const name = `a1viz-plot-${plotCount}`;
    this.axes = { x, y };
    this.words = element("desc", { id: `${name}-words` });
    this.frame = element("g", { class: "a1viz-plot-frame", "aria-hidden": "true" });
    this.inside = element("g", { "clip-path": `url(#${name}-clip)`, "aria-hidden": "true" });
    const hole = element("rect", { x: EDGES.left, y: EDGES.top, width: this.across, height: this.down });
    this.svg = element(
      "svg",
      { viewBox: `0 0 ${PLOT_WIDTH} ${PLOT_HEIGHT}`, role, "aria-labelledby": `${name}-title`, "aria-describedby": `${name}-words` },
      element("title", { id: `${name}-title` }, title),
      this.words,
      element("defs", {}, element("clipPath", { id: `${name}-clip` }, hole)),
      element("text", { class: "a1viz-plot-title", x: EDGES.left, y: 16, "aria-hidden": "true" }, title),
      this.frame,
      this.inside,
    );
    this.stage = element("div", { class: "a1viz-plot-stage" }, this.svg);
    this.legend = element("ul", { class: "a1viz-plot-legend" });
    this.element = element("div", { class: "a1viz-plot" }, this.stage, this.legend);
    this.drawnFrame = "";
    this.drawnLegend = "";
  }

  /** How wide and high the inside is, in units of the picture. */
  get across() {
    return PLOT_WIDTH - EDGES.left - EDGES.right;
  }

  get down() {
    return PLOT_HEIGHT - EDGES.top - EDGES.bottom;
  }

  /** The inside, in shares of the picture: left, top, width, height. */
  get place() {
    return [EDGES.left / PLOT_WIDTH, EDGES.top / PLOT_HEIGHT, this.across / PLOT_WIDTH, this.down / PLOT_HEIGHT];
  }

  /** Where a number lies on an axis, from 0 to 1. @param {Axis} axis @param {number} v */
  share({ low, high, isLog = false }, v) {
    return isLog ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
  }

  /** @param {number} v */
  atX(v) {
    return bounded(EDGES.left + this.across * this.share(this.axes.x, v));
  }

  /** @param {number} v */
  atY(v) {
    return bounded(EDGES.top + this.down * (1 - this.share(this.axes.y, v)));
  }

  /** The numbers at a place of the screen, on axes that are not logarithmic. @param {{clientX: number, clientY: number}} event @returns {[number, number]} */
  numbersAt({ clientX, clientY }) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    const [a, b, c, d] = this.place;
    const [u, v] = [((clientX - left) / width - a) / c, 1 - ((clientY - top) / height - b) / d];
    const { x, y } = this.axes;
    return [x.low + u * (x.high - x.low), y.low + v * (y.high - y.low)];
  }

  /** Draw all series, and upright lines at some numbers; `words` tell what there is to see. @param {Series[]} series @param {string} words @param {number[]} [upright] */
  draw(series, words, upright = []) {
    this.words.textContent = words;
    this.drawFrame();
    const lines = upright.map((v) => `M${this.atX(v)} ${EDGES.top}v${this.down}`);
    const dotted = element("path", { d: lines.join(""), stroke: "var(--a1viz-muted)", "stroke-dasharray": "1 3", fill: "none" });
    this.inside.replaceChildren(...(lines.length ? [dotted] : []), ...series.flatMap((one) => this.shapes(one)));
    const key = JSON.stringify(series.map(({ name, role, dash, marker, low }) => [name, role, dash, marker, Boolean(low)]));
    if (key === this.drawnLegend) return;
    this.drawnLegend = key;
    this.legend.replaceChildren(...series.filter(({ name }) => name).map((one) => element("li", {}, sampleOf(one), one.name)));
  }

  /** The axes: grid, ticks and words. */
  drawFrame() {
    const key = JSON.stringify(this.axes);
    if (key === this.drawnFrame) return;
    this.drawnFrame = key;
    const [base, end] = [EDGES.top + this.down, EDGES.left + this.across];
    const parts = [];
    for (const v of ticksOf(this.axes.x)) {
      parts.push(element("path", { d: `M${this.atX(v)} ${EDGES.top}V${base}` }), element("text", { x: this.atX(v), y: base + 15, "text-anchor": "middle" }, withPowers(shortNumber(v))));
    }
    for (const v of ticksOf(this.axes.y)) {
      parts.push(element("path", { d: `M${EDGES.left} ${this.atY(v)}H${end}` }), element("text", { x: EDGES.left - 5, y: this.atY(v) + 4, "text-anchor": "end" }, withPowers(shortNumber(v))));
    }
    parts.push(element("path", { class: "a1viz-plot-axes", d: `M${EDGES.left} ${EDGES.top}V${base}H${end}` }));
    parts.push(element("text", { x: (EDGES.left + end) / 2, y: PLOT_HEIGHT - 6, "text-anchor": "middle" }, this.axes.x.label));
    parts.push(element("text", { transform: `translate(11 ${(EDGES.top + base) / 2}) rotate(-90)`, "text-anchor": "middle" }, this.axes.y.label));
    this.frame.replaceChildren(...parts);
  }

  /** What a series is drawn as. @param {Series} series */
  shapes({ xs, ys, role, dash = "", marker = "", low, high, width = 1.8 }) {
    const colour = `var(--a1viz-${role})`;
    const [line, marks] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    if (low && high) {
      const upper = Array.from(xs, (x, k) => `${this.atX(x).toFixed(1)} ${this.atY(high[k]).toFixed(1)}`);
      const lower = Array.from(xs, (x, k) => `${this.atX(x).toFixed(1)} ${this.atY(low[k]).toFixed(1)}`);
      return [element("path", { d: `M${[...upper, ...lower.reverse()].join("L")}z`, fill: colour, "fill-opacity": 0.18 })];
    }
    let pen = "M";
    for (let k = 0; k < xs.length; k += 1) {
      const [x, y] = [this.atX(xs[k]), this.atY(ys[k])];
      if (Number.isNaN(x + y)) pen = "M";
      else {
        line.push(`${pen}${x.toFixed(1)} ${y.toFixed(1)}`);
        pen = "L";
        if (marker) marks.push(markerPath(marker, x, y, marker === "O" ? 2 * MARKER_SIZE : MARKER_SIZE));
      }
    }
    const made = [];
    const style = { fill: "none", stroke: colour, "stroke-width": width, "stroke-linejoin": "round", ...(dash ? { "stroke-dasharray": dash } : {}) };
    if (dash !== "none" && line.length) made.push(element("path", { d: line.join(""), ...style }));
    if (marks.length) made.push(element("path", { d: marks.join(""), ...markerStyle(marker, colour) }));
    return made;
  }
}

/** @param {string} marker @param {string} colour */
function markerStyle(marker, colour) {
  return marker === "O" ? { fill: "none", stroke: colour, "stroke-width": 1.2 } : { fill: colour, stroke: "var(--a1viz-paper)", "stroke-width": 0.5 };
}

/** So far outside is far enough. @param {number} v */
function bounded(v) {
  return Math.min(Math.max(v, -FAR_OUT), FAR_OUT);
}

/** The line and the marker of a series, for the legend. @param {Series} series */
function sampleOf({ role, dash = "", marker = "", low, width = 1.8 }) {
  const made = element("svg", { viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" });
  const colour = `var(--a1viz-${role})`;
  if (low) made.append(element("rect", { width: 28, height: 12, fill: colour, "fill-opacity": 0.18 }));
  else if (dash !== "none") made.append(dress(element("path", { d: "M0 6H28", stroke: colour, "stroke-width": width }), dash ? { "stroke-dasharray": dash } : {}));
  if (marker) made.append(element("path", { d: markerPath(marker, 14, 6), ...markerStyle(marker, colour) }));
  return made;
}
