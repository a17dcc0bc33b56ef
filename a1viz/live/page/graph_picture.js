// The picture of a typed graph, as the build draws it: a box for each variable with its equation, the equation of its cotangent, and places
// for numbers; an arrow with the shape for each variable that another reads.

import { isDeclared, isLeaf } from "../engine/nodes.js";
import { derivedName } from "../engine/autodiff.js";
import { adjointNames } from "../engine/derivation.js";
import { expressionText } from "../engine/expression_text.js";
import { symbol } from "../engine/symbols.js";
import { equation, shapeLatex } from "../engine/notation.js";
import { typeset } from "./typesetter.js";
import { layOut } from "./layout.js";
import { variablesRead } from "./typed_figure.js";
import { MORE } from "./more.js";

/** @typedef {import("../engine/nodes.js").Graph} Graph */
/** @typedef {import("../engine/nodes.js").Node} Node */
/** @typedef {(name: string, isBar: boolean) => number[]} ShapeOf */
/** @typedef {{name: string, kind: string, latex: string, shape: number[]}} NumberSlot */
/** @typedef {{kind: string, latex: string, words: string, slots: NumberSlot[]}} PictureLine */
/** @typedef {{name: string, kind: string, tip: string, lines: PictureLine[]}} PictureBox */
/** @typedef {{tail: string, head: string, node: Node}} PictureArrow */
/** @typedef {{group: SVGElement, width: number, ascent: number, descent: number}} Label */
/** @typedef {{line: PictureLine, parts: [SVGElement, number, number][], width: number, ascent: number, descent: number}} PictureBand */

const P = MORE.picture;
const SVG_SPACE = "http://www.w3.org/2000/svg";
const SPOKEN_WORDS = MORE.spoken.map((/** @type {[string, string]} */ [pattern, said]) => [new RegExp(pattern, "g"), said]);
const BOX_FILLS = new Map([["input", "input"], ["gradient", "gradient"], ["value", "value"]]);
const FRAME_WIDTHS = new Map([["output", 2.6]]);
// pixels between layers, from left to right and downwards
const [LEAST_ACROSS, DOWNWARDS] = [52, 44];
// formulas that are kept for the next time
const KEPT_FORMULAS = 1500;
/** @type {Map<string, {group: SVGElement, width: number, height: number, depth: number}>} */
const knownFormulas = new Map();

/** A text of the equation language as one would say it. @param {string} text */
export function spokenWords(text) {
  for (const [pattern, said] of SPOKEN_WORDS) text = text.replace(pattern, said);
  return text.trim().replace(/\s+/g, " ");
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {(Node | string | SVGElement)[]} parts @returns {any} */
function drawnElement(tag, attributes, ...parts) {
  const made = document.createElementNS(SVG_SPACE, tag);
  for (const name in attributes) made.setAttribute(name, String(attributes[name]));
  made.append(.../** @type {any[]} */ (parts));
  return made;
}

/** @param {number} value a coordinate */
const short2 = (value) => String(Math.round(value * 100) / 100);
/** @param {string} role */
const colourOf = (role) => `var(--a1viz-${role})`;

/** The outlines of a formula, in thousandths of its size, and their extent. @param {string} latex */
function outlinesOf(latex) {
  let known = knownFormulas.get(latex);
  if (!known) {
    const { width, height, depth, outlines } = typeset(latex);
    const marks = outlines.map(({ text, ...more }) => (text === undefined ? drawnElement("path", more) : drawnElement("text", more, text)));
    known = { group: drawnElement("g", {}, ...marks), width, height, depth };
    if (knownFormulas.size >= KEPT_FORMULAS) knownFormulas.clear();
    knownFormulas.set(latex, known);
  }
  return known;
}

/** A formula of so many pixels, to be placed. @param {string} latex @param {number} size @param {string} role @returns {Label} */
function labelOf(latex, size, role) {
  const { group, width, height, depth } = outlinesOf(latex);
  const copy = /** @type {SVGElement} */ (group.cloneNode(true));
  copy.setAttribute("fill", colourOf(role));
  return { group: copy, width: (width * size) / 1000, ascent: (height * size) / 1000, descent: (depth * size) / 1000 };
}

/** A formula in a line of text, in the colour of the text; `spoken` is what readers of screens hear. @param {string} latex @param {string} spoken */
export function formulaElement(latex, spoken) {
  const { group, width, height, depth } = outlinesOf(latex);
  const [ascent, whole, wide] = [height + 20, height + depth + 40, Math.max(width, 1)];
  const made = drawnElement("svg", {
    class: "a1viz-math", role: "img", "aria-label": spoken, focusable: "false", fill: "currentColor",
    viewBox: `0 ${short2(-ascent)} ${short2(wide)} ${short2(whole)}`,
  }, /** @type {SVGElement} */ (group.cloneNode(true)));
  const inEm = (/** @type {number} */ size) => `${(size / 1000).toFixed(3)}em`;
  Object.assign(made.style, { width: inEm(wide), height: inEm(whole), verticalAlign: inEm(-depth - 20), overflow: "visible" });
  return made;
}

// what there is to draw

/** Numbers in a place of their own: a vector is a column, of more than two axes the first are rows below one another. @param {number[]} shape */
function tableShape(shape) {
  const columns = shape.length < 2 ? 1 : shape[shape.length - 1];
  const rows = shape.reduce((product, size) => product * size, 1) / (columns || 1) || 0;
  return { rows: Math.min(rows, P.SHOWN), columns: Math.min(columns, P.SHOWN), isHeatMap: rows > P.MOST_ROWS || columns > P.MOST_COLUMNS };
}

/** @param {Graph} graph @param {Node} node @param {Graph | null} joint @param {string[]} bars @param {ShapeOf} shapeOf @returns {PictureLine[]} */
function linesOf(graph, node, joint, bars, shapeOf) {
  const { name } = node;
  const isPlain = isLeaf(node) && node.op !== "constant";
  const text = isPlain ? `input ${name}` : `${name} = ${expressionText(graph, name, { columns: true })}`;
  /** @type {PictureLine[]} */
  const lines = [{ kind: isPlain ? "input" : "equation", latex: equation(graph, name), words: spokenWords(text), slots: [] }];
  for (const bar of joint ? bars : []) {
    const whole = /** @type {Graph} */ (joint);
    const isGiven = whole.node(bar).op === "input";
    const latex = isGiven ? `${symbol(whole, bar)} \\ \\text{given}` : equation(whole, bar);
    const said = isGiven ? `${bar} is given` : `${bar} = ${expressionText(whole, bar, { columns: true })}`;
    lines.push({ kind: "gradient", latex, words: spokenWords(said), slots: [] });
  }
  const slots = [{ name, kind: "value", latex: `${symbol(graph, name)} =`, shape: shapeOf(name, false) }];
  const bar = derivedName(graph, name, "bar");
  if (joint?.has(bar) && bars.length) slots.push({ name, kind: "bar", latex: `${symbol(joint, bar)} =`, shape: shapeOf(name, true) });
  const isNarrow = slots.every((slot) => tableShape(slot.shape).columns === 1);
  for (const some of isNarrow ? [slots] : slots.map((slot) => [slot])) lines.push({ kind: "value", latex: "", words: "", slots: some });
  return lines;
}

/** @param {Graph} graph @param {Graph | null} joint @param {ShapeOf} shapeOf @returns {{boxes: PictureBox[], arrows: PictureArrow[]}} */
function pictureOf(graph, joint, shapeOf) {
  const shown = graph.nodes.filter((node) => isDeclared(node) && node.op !== "parameter");
  const bars = joint ? adjointNames(graph, joint) : new Map();
  const boxes = shown.map((node) => {
    const kind = isLeaf(node) && node.op !== "constant" ? "input" : graph.outputs.includes(node.name) ? "output" : "variable";
    const what = { input: "input", label: "class label", constant: "constant" }[node.op] ?? "variable";
    const sizes = node.op === "label" ? `one of ${node.value} classes` : node.shape.length ? `of shape ${node.shape.join(" by ")}` : "a scalar";
    return { name: node.name, kind, tip: `${node.name}: ${what}, ${sizes}`, lines: linesOf(graph, node, joint, bars.get(node.name) ?? [], shapeOf) };
  });
  const visible = new Set(shown.map((node) => node.name));
  const arrows = shown.flatMap(({ name: head }) => {
    const tails = variablesRead(graph, head).filter((i) => visible.has(i));
    return tails.map((tail) => ({ tail, head, node: graph.node(tail) }));
  });
  return withoutHubs(boxes, arrows);
}

/** An input that many boxes read is drawn once a use, beside each. @param {PictureBox[]} boxes @param {PictureArrow[]} arrows */
function withoutHubs(boxes, arrows) {
  /** @type {Map<string, number>} */
  const uses = new Map();
  for (const { tail } of arrows) uses.set(tail, (uses.get(tail) ?? 0) + 1);
  const hubs = new Map(boxes.filter((box) => box.kind === "input" && (uses.get(box.name) ?? 0) > P.HUB).map((box) => [box.name, box]));
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {PictureBox[]} */
  const copies = [];
  const joined = arrows.map((arrow) => {
    const hub = hubs.get(arrow.tail);
    if (!hub) return arrow;
    const count = (counts.get(arrow.tail) ?? 0) + 1;
    counts.set(arrow.tail, count);
    const tail = count === 1 ? hub.name : `${hub.name} (${count})`;
    copies.push(count === 1 ? hub : { ...hub, name: tail, lines: hub.lines.slice(0, 1) });
    return { ...arrow, tail };
  });
  return { boxes: [...copies, ...boxes.filter((box) => !hubs.has(box.name))], arrows: joined };
}

// how large it is

/** @param {PictureLine} line @returns {PictureBand} */
function bandOf(line) {
  const size = line.kind === "value" ? P.VALUE : P.TEXT;
  if (line.slots.length) return slotBand(line, size);
  const role = line.kind === "equation" ? "ink" : `${line.kind}-ink`;
  const label = labelOf(line.latex, size, role);
  label.group.setAttribute("data-scale", String(size / 1000));
  const [ascent, descent] = [Math.max(label.ascent, 0.78 * size), Math.max(label.descent, 0.28 * size)];
  return { line, parts: [[label.group, 0, 0]], width: label.width, ascent, descent };
}

/** The formulas before the numbers of a line, and places for these. @param {PictureLine} line @param {number} size @returns {PictureBand} */
function slotBand(line, size) {
  /** @type {PictureBand} */
  const band = { line, parts: [], width: 0, ascent: 0, descent: 0 };
  let x = 0;
  line.slots.forEach((slot, k) => {
    x += k ? P.APART : 0;
    const label = labelOf(slot.latex, size, "value-ink");
    label.group.setAttribute("data-scale", String(size / 1000));
    band.parts.push([label.group, x, 0]);
    const { rows, columns, isHeatMap } = tableShape(slot.shape);
    const side = Math.min(P.CELL, Math.max(P.LEAST_CELL, Math.floor(P.MAP / Math.max(rows, columns, 1))));
    const [wide, high] = isHeatMap ? [side, side] : [P.CHARACTERS * P.LETTER + (columns > 1 ? P.BETWEEN : 0), P.ROW];
    const height = rows * high + (isHeatMap ? P.ROW : 0);
    x += label.width + P.GAP + P.BRACKET;
    band.parts.push([slotGroup(slot, rows, columns, isHeatMap, wide, high), x, -P.AXIS * size - height / 2]);
    x += Math.max(columns * wide, isHeatMap ? P.CHARACTERS * P.LETTER : 0) + P.BRACKET;
    band.ascent = Math.max(band.ascent, label.ascent, height / 2 + P.AXIS * size);
    band.descent = Math.max(band.descent, label.descent, height / 2 - P.AXIS * size);
  });
  band.width = x;
  return band;
}

/**
 * Texts, or the cells of a heat map; the numbers come later.
 * @param {NumberSlot} slot @param {number} rows @param {number} columns @param {boolean} isHeatMap @param {number} wide @param {number} high
 */
function slotGroup(slot, rows, columns, isHeatMap, wide, high) {
  const ink = colourOf(slot.kind === "bar" ? "gradient-ink" : "value-ink");
  const group = drawnElement("g", {
    class: "a1viz-slot", "data-name": slot.name, "data-kind": slot.kind, "font-family": "monospace", "font-size": P.FONT,
    "text-anchor": "end", fill: ink,
  });
  const [width, height] = [columns * wide, rows * high];
  if (slot.kind === "bar" && !isHeatMap) {
    const size = { x: -P.BRACKET, y: -1, width: width + 2 * P.BRACKET, height: height + 2 };
    group.append(drawnElement("rect", { class: "a1viz-tint", ...size, fill: colourOf("gradient-fill") }));
  }
  const brackets = `M0 .5h-3v${height - 1}h3M${width + 1} .5h3v${height - 1}h-3`;
  if (slot.shape.length) group.append(drawnElement("path", { d: brackets, fill: "none", stroke: ink }));
  for (let k = 0; k < rows * columns; k += 1) {
    const [left, top] = [(k % columns) * wide, Math.floor(k / columns) * high];
    if (isHeatMap) group.append(drawnElement("rect", { x: left, y: top, width: wide, height: high }));
    else group.append(drawnElement("text", { x: short2(left + wide - 1), y: top + P.ROW - 4 }));
  }
  if (isHeatMap) {
    group.dataset.columns = String(columns);
    group.dataset.inks = ["positive", "negative", "muted"].map(colourOf).join(" ");
    group.append(drawnElement("text", { class: "a1viz-most", x: P.CHARACTERS * P.LETTER, y: height + P.ROW - 3 }));
  }
  return group;
}

/** @param {PictureBand} band */
const heightOf = (band) => band.ascent + band.descent + 2 * P.PAD_Y;

// how it is drawn

/**
 * A rectangle with one radius for the upper corners and one for the lower.
 * @param {{x: number, y: number, width: number, height: number}} rect @param {number} top @param {number} bottom
 * @param {Record<string, string | number>} paint
 */
function roundedRect({ x, y, width, height }, top, bottom, paint) {
  if (top === bottom) return drawnElement("rect", { x: short2(x), y: short2(y), width: short2(width), height: short2(height), rx: top, ...paint });
  const corner = (/** @type {number} */ r, /** @type {number} */ dx, /** @type {number} */ dy) => (r ? `a${r} ${r} 0 0 1 ${dx} ${dy}` : "");
  const path = [
    `M${short2(x)} ${short2(y + top)}`, corner(top, top, -top), `h${short2(width - 2 * top)}`, corner(top, top, top),
    `v${short2(height - top - bottom)}`,
    corner(bottom, -bottom, bottom), `h${short2(2 * bottom - width)}`, corner(bottom, -bottom, -bottom), "z",
  ];
  return drawnElement("path", { d: path.join(""), ...paint });
}

/** @param {PictureBox} box @param {PictureBand[]} bands @param {{x: number, y: number, width: number, height: number}} rect @param {number} k */
function drawnBox(box, bands, rect, k) {
  const said = box.lines.map((line) => line.words).filter(Boolean).join("; ");
  const name = box.name.split(" (")[0];
  const group = drawnElement("g", { id: `a1viz-typed-graph-b${k}`, "data-name": name, role: "img", "aria-label": said });
  group.append(drawnElement("title", {}, box.tip), roundedRect(rect, P.RADIUS, P.RADIUS, { fill: colourOf("paper") }));
  let y = rect.y + (rect.height - bands.reduce((sum, band) => sum + heightOf(band), 0)) / 2;
  bands.forEach((band, place) => {
    const [isFirst, isLast] = [place === 0, place === bands.length - 1];
    const top = isFirst ? rect.y : y;
    const bottom = isLast ? rect.y + rect.height : y + heightOf(band);
    const fill = BOX_FILLS.get(band.line.kind);
    const part = { x: rect.x, y: top, width: rect.width, height: bottom - top };
    if (fill) group.append(roundedRect(part, isFirst ? P.RADIUS : 0, isLast ? P.RADIUS : 0, { fill: colourOf(`${fill}-fill`) }));
    if (!isFirst) group.append(drawnElement("path", { d: `M${short2(rect.x)} ${short2(top)}h${short2(rect.width)}`, stroke: colourOf("rule") }));
    for (const [mark, dx, dy] of band.parts) {
      placeMark(mark, rect.x + (rect.width - band.width) / 2 + dx, y + P.PAD_Y + band.ascent + dy);
      group.append(mark);
    }
    y += heightOf(band);
  });
  group.append(roundedRect(rect, P.RADIUS, P.RADIUS, { fill: "none", stroke: colourOf("frame"), "stroke-width": FRAME_WIDTHS.get(box.kind) ?? 1.3 }));
  return group;
}

/** @param {SVGElement} mark @param {number} x @param {number} y */
function placeMark(mark, x, y) {
  const { scale } = mark.dataset;
  mark.removeAttribute("data-scale");
  mark.setAttribute("transform", `translate(${short2(x)} ${short2(y)})${scale ? ` scale(${scale})` : ""}`);
}

/** @param {PictureArrow} arrow @param {string} path @param {{x: number, y: number}} tip @param {boolean} isDown */
function drawnArrow({ tail, head }, path, { x, y }, isDown) {
  const ink = colourOf("forward");
  const end = `M${short2(x)} ${short2(y)}${isDown ? "l-3.2 -8h6.4z" : "l-8 -3.2v6.4z"}`;
  const parts = [drawnElement("path", { d: path, stroke: ink, "stroke-width": 1.4, fill: "none" }), drawnElement("path", { d: end, fill: ink })];
  return drawnElement("g", { "data-from": tail.split(" (")[0], "data-to": head.split(" (")[0] }, ...parts);
}

/**
 * The picture of a graph as an SVG element, to be filled with numbers by `LiveFigure`.
 * @param {Graph} graph @param {Graph | null} joint the forward and backward graph as it is printed, if there is one @param {ShapeOf} shapeOf
 * @param {number} [room] pixels; what is wider goes downwards if it is narrower so @returns {any}
 */
export function graphPicture(graph, joint, shapeOf, room = Infinity) {
  const { boxes, arrows } = pictureOf(graph, joint, shapeOf);
  const bands = boxes.map((box) => box.lines.map(bandOf));
  const measured = boxes.map((box, k) => ({
    name: box.name,
    width: Math.max(...bands[k].map((band) => band.width)) + 2 * P.PAD_X,
    height: Math.max(bands[k].reduce((sum, band) => sum + heightOf(band), 0), 2 * P.PAD_Y + P.TEXT),
  }));
  for (const box of measured) box.width = Math.max(box.width, P.MIN_WIDTH);
  const labels = arrows.map(({ node }) => labelOf(shapeLatex(node), P.SHAPE, "muted"));
  const lines = arrows.map(({ tail, head }) => /** @type {[string, string]} */ ([tail, head]));
  const widest = labels.reduce((most, label) => Math.max(most, label.width), 0);
  const across = Math.max(LEAST_ACROSS, widest + 24);
  const written = labels.map((label) => label.width);
  const right = layOut(measured, lines, { across, between: 20, labels: written });
  const isWide = right.width + 2 * P.MARGIN > room;
  const downwards = { across: DOWNWARDS, between: Math.max(20, widest + 6), isDown: true, labels: written };
  const down = isWide ? layOut(measured, lines, downwards) : right;
  const plan = down.width < right.width ? down : right;
  const [width, height] = [plan.width + 2 * P.MARGIN, plan.height + 2 * P.MARGIN];
  const drawing = drawnElement("g", { transform: `translate(${P.MARGIN} ${P.MARGIN})` });
  arrows.forEach((arrow, k) => drawing.append(drawnArrow(arrow, plan.routes[k], plan.tips[k], plan.isDown)));
  labels.forEach((label, k) => {
    const at = plan.labels[k];
    label.group.setAttribute("data-scale", String(P.SHAPE / 1000));
    placeMark(label.group, at.x - label.width / 2, at.y + (label.ascent - label.descent) / 2);
    drawing.append(label.group);
  });
  boxes.forEach((box, k) => drawing.append(drawnBox(box, bands[k], /** @type {any} */ (plan.boxes.get(box.name)), k)));
  const said = `${boxes.length} boxes, ${arrows.length} arrows. ${arrows.map(({ tail, head }) => `${tail} to ${head}`).join("; ")}.`;
  const [viewBox, title] = [`0 0 ${short2(width)} ${short2(height)}`, graph.document.title || graph.name];
  const made = drawnElement("svg", { class: "a1viz a1viz-typed-graph a1viz-coloured", viewBox, role: "img", "aria-label": title });
  Object.assign(made.style, { width: "100%", maxWidth: `${short2(width)}px`, height: "auto" });
  made.style.minWidth = `calc(var(--a1viz-least, 0) * ${short2(width)}px)`;
  const paper = drawnElement("rect", { width: short2(width), height: short2(height), rx: P.RADIUS, fill: colourOf("paper") });
  made.append(drawnElement("desc", {}, said), paper, drawing);
  return made;
}
