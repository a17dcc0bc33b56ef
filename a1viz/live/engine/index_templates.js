// How operators along axes and on entries are printed: \sum_j, \frac{1}{N} \sum_i x_i, E_{3,:}, unit vectors.
// Each rule gets the equation that is being printed, the node, its printed operands and their ranks; null leaves it to the table.

import { isSame } from "./base.js";
import { BINDING_OF } from "./operators.js";
import { added } from "./sizes.js";
import { attributesOf, isDeclared } from "./nodes.js";
import { sizeLatex } from "./letters.js";
import { Maths, composed, parenthesised, productLatex, transposedLatex, withBelow } from "./maths.js";
import { allAxes, axesAlong, entryLatex, howMany, isEntrywise, joinedPlaces, lettersOf, placeLatex, placePicked, sliceParts } from "./indexing.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./indexing.js").Writing} Writing */
/** @typedef {(writing: Writing, node: Node, operands: Maths[], ranks: number[]) => Maths | null} LatexRule */

/**
 * A sum or a product: of the whole value by its entries, else with the letters of its axes below the sign.
 * @param {string} sign @param {Writing} writing @param {Node} node @param {Maths} operand @param {number} rank
 */
function along(sign, writing, node, operand, rank) {
  const axes = axesAlong(node, rank);
  const isWhole = !axes.length || axes.length === rank;
  const at = lettersOf(writing, isWhole ? allAxes(rank) : axes);
  const summand = isWhole ? entryLatex(writing, node.inputs[0], [...at]) : operand;
  return composed(`\\${sign}_{{{at}}} {x:18}`, BINDING_OF.function, { at, x: summand });
}

/** @param {Maths} x */
const squareOf = (x) => composed("{x:36}^{{2}}", BINDING_OF.power, { x });
/** @param {number} rank */
const normKind = (rank) => (rank === 1 ? "2" : "F");
/** @param {Node} node @param {number} rank */
const isOfWhole = (node, rank) => [0, rank].includes(axesAlong(node, rank).length);

/**
 * Of each row the entry that a vector of labels names; of one vector all that it names.
 * @param {Writing} writing @param {Node} node @param {number[]} ranks @param {number} place
 */
function pickedOfEach(writing, node, ranks, place) {
  const [x, t] = node.inputs.map((i) => writing.operand(i));
  if (ranks[0] === 1) return withBelow(x, t.text);
  const letters = lettersOf(writing, allAxes(ranks[0]));
  if (!isSame(ranks, [2, 1])) return composed("\\mathrm{{pick}}_{{{at}}}({x}, {t})", BINDING_OF.atom, { x, t, at: letters[place] });
  const other = letters[1 - place];
  const [name, index] = /** @type {[string, string[]]} */ (placePicked(writing, node, [other]));
  return new Maths(`(${entryLatex(writing, name, index)})_{${other}}`);
}

/**
 * Blocks below one another, or side by side; of more axes along the one that is named.
 * @param {Writing} writing @param {Node} node @param {Maths} a @param {Maths} b
 */
function joinedBlocks(writing, node, a, b) {
  const rank = node.shape.length;
  const axis = axesAlong(node, rank)[0];
  if (rank <= 2) return composed(`[{a}${axis === 0 ? " ; " : " \\mid "}{b}]`, BINDING_OF.atom, { a, b });
  return composed("\\mathrm{{concat}}_{{{axis}}}({a}, {b})", BINDING_OF.atom, { a, b, axis: lettersOf(writing, [axis]) });
}

/** A size, or a product or a sum of some. @param {string} size */
export function sizeMaths(size) {
  return new Maths(size, / [+-] /.test(size) ? BINDING_OF.sum : size.includes(" ") ? BINDING_OF.product : BINDING_OF.atom);
}

/** The rules by their operators. @type {Map<string, LatexRule>} */
export const INDEXED = new Map(Object.entries({
  /** @type {LatexRule} over the rows or the columns of a plain matrix the product with a vector of ones */
  sum(writing, node, [x], [rank]) {
    if (!rank) return x;
    const axes = axesAlong(node, rank);
    if (rank !== 2 || axes.length !== 1 || x.binding < BINDING_OF.superscript) return along("sum", writing, node, x, rank);
    if (!axes[0] && attributesOf(node).get("keepdims")) return new Maths(`\\mathbf{1}^{\\top} ${x}`, BINDING_OF.product);
    return new Maths(`${axes[0] ? x : transposedLatex(x)} \\mathbf{1}`, BINDING_OF.product);
  },
  /** @type {LatexRule} */
  prod: (writing, node, [x], [rank]) => (rank ? along("prod", writing, node, x, rank) : x),
  /** @type {LatexRule} */
  mean(writing, node, [x], [rank]) {
    if (!rank) return x;
    const total = along("sum", writing, node, x, rank);
    const size = howMany(writing.node(node.inputs[0]).shape, axesAlong(node, rank));
    const flat = new Maths(`1 / ${size.includes(" ") ? parenthesised(size) : size} \\, ${total.lying}`, BINDING_OF.function);
    return new Maths(`\\frac{1}{${size}} ${total}`, BINDING_OF.function, flat);
  },
  /** @type {LatexRule} the size itself */
  count: (writing, node, _, [rank]) => sizeMaths(howMany(writing.node(node.inputs[0]).shape, axesAlong(node, rank))),
  /** @type {LatexRule} of the whole value; along some axes the root of a sum of squares */
  norm(writing, node, [x], [rank]) {
    if (!rank) return composed("|{x}|", BINDING_OF.atom, { x });
    if (isOfWhole(node, rank)) return composed("\\| {x} \\|_{{{kind}}}", BINDING_OF.atom, { x, kind: normKind(rank) });
    return composed("\\sqrt{{{x}}}", BINDING_OF.atom, { x: along("sum", writing, node, squareOf(x), rank) });
  },
  /** @type {LatexRule} */
  norm2(writing, node, [x], [rank]) {
    if (!rank) return squareOf(x);
    if (isOfWhole(node, rank)) return composed("\\| {x} \\|_{{{kind}}}^{{2}}", BINDING_OF.power, { x, kind: normKind(rank) });
    return along("sum", writing, node, squareOf(x), rank);
  },
  /** @type {LatexRule} an entry at a fixed place or a class label: y'_t, or the sum over k with the indicator of t = k, as on paper */
  pick(writing, node, [x], ranks) {
    const [vector, index] = node.inputs.map((i) => writing.node(i));
    const [rank] = ranks;
    const place = axesAlong(node, rank)[0];
    if (ranks[1]) return pickedOfEach(writing, node, ranks, place);
    const at = placeLatex(writing, index.name);
    const isInner = rank === 1 && !isDeclared(vector);
    if (isInner && index.op === "label" && isEntrywise(writing, vector)) {
      const summand = entryLatex(writing, vector.name, ["k"]);
      const before = `\\sum_{k=1}^{${sizeLatex(index.value)}} \\mathbb{I}[${at} = k] \\, `;
      const flat = summand.flat && new Maths(before + summand.flat.as(18), BINDING_OF.function);
      return new Maths(before + summand.as(18), BINDING_OF.function, flat);
    }
    // the subscript belongs to the softmax
    if (isInner && vector.op === "log_softmax") return new Maths(`${x}_{${at}}`, BINDING_OF.function);
    // E[1, 3] has one subscript
    const picked = isInner && vector.op === "pick" ? placePicked(writing, vector, [at]) : null;
    if (picked) return entryLatex(writing, ...picked);
    const isChained = isInner && vector.op === "pick";
    const places = [...Array(place).fill(":"), at, ...Array(rank - 1 - place).fill(":")];
    return writing.below(vector.name, isChained ? [at] : places, isChained || rank === 1);
  },
  /** @type {LatexRule} the rows that labels name */
  take(writing, node, _, [rank, labels]) {
    return writing.below(node.inputs[0], [placeLatex(writing, node.inputs[1]), ...Array(rank - 1).fill(":")], rank === 1 && !labels);
  },
  /** @type {LatexRule} */
  retake(writing, node, [s, u], [rank]) {
    const scattered = composed("\\mathrm{{scatter}}({s}, {u})", BINDING_OF.atom, { s, u });
    return withBelow(scattered, joinedPlaces([placeLatex(writing, node.inputs[2]), ...Array(rank - 1).fill(":")]));
  },
  /** @type {LatexRule} */
  slice(writing, node) {
    const of = writing.node(node.inputs[0]);
    return writing.below(of.name, sliceParts(attributesOf(node).get("index"), of.shape), false);
  },
  /** @type {LatexRule} where a part goes is said below the sign */
  unslice(writing, node, [x]) {
    const parts = sliceParts(attributesOf(node).get("index"), writing.node(node.inputs[1]).shape).join();
    return composed("\\mathrm{{place}}_{{{parts}}}({x})", BINDING_OF.atom, { x, parts });
  },
  head: endOfGroup,
  tail: endOfGroup,
  scatter: scatterLatex,
  /** @type {LatexRule} numbers as a column, vectors as rows or as columns */
  stack(writing, node, operands) {
    const rank = node.shape.length;
    const axis = axesAlong(node, rank)[0];
    const { atom, superscript } = BINDING_OF;
    const x = composed(operands.map((_, k) => `{${k}}`).join(",\\, "), atom, Object.fromEntries(operands.entries()));
    if (rank > 2) return composed("\\mathrm{{stack}}_{{{axis}}}({x})", atom, { x, axis: lettersOf(writing, [axis]) });
    return axis === 0 ? composed("({x})^{{\\top}}", superscript, { x }) : composed("({x})", atom, { x });
  },
  /** @type {LatexRule} */
  concatenate: (writing, node, [a, b]) => joinedBlocks(writing, node, a, b),
  /** @type {LatexRule} a value with zeros after it, or before */
  pad_end: (writing, node, [x]) => joinedBlocks(writing, node, x, new Maths("\\mathbf{0}")),
  /** @type {LatexRule} */
  pad_start: (writing, node, [x]) => joinedBlocks(writing, node, new Maths("\\mathbf{0}"), x),
  /** @type {LatexRule} a number everywhere: times the ones of that shape; a vector in every row */
  fill(writing, node, [s]) {
    const rank = node.shape.length;
    const own = writing.node(node.inputs[0]).shape;
    if (!rank || isSame(own, node.shape)) return s;
    if (s.text === "0") return new Maths("\\mathbf{0}");
    if (rank === 2 && own.length) {
      const isRow = own.length === 1 || (own.length === 2 && own[1] === node.shape[1]);
      if (isRow) return new Maths(`\\mathbf{1} \\, ${own.length === 1 ? transposedLatex(s) : s.as(20)}`, BINDING_OF.product);
      return new Maths(`${s.as(20)} \\, \\mathbf{1}^{\\top}`, BINDING_OF.product);
    }
    const ones = new Maths(rank === 2 ? "\\mathbf{1} \\mathbf{1}^{\\top}" : "\\mathbf{1}", rank === 1 ? BINDING_OF.atom : BINDING_OF.product);
    return s.text === "1" ? ones : productLatex(s, ones);
  },
  /** @type {LatexRule} a transposed matrix; axes in another order are named */
  transpose(writing, node, [A], [rank]) {
    const axes = attributesOf(node).get("axes");
    if (axes !== null) {
      const letters = lettersOf(writing, axes.map((/** @type {number} */ axis) => axis + rank));
      return composed("\\mathrm{{transpose}}_{{{letters}}}({A})", BINDING_OF.atom, { A, letters });
    }
    const of = writing.node(node.inputs[0]);
    if (of.op === "inv" && !isDeclared(of)) return new Maths(`${A.text.replace(/\^\{-1\}$/, "")}^{-\\top}`, BINDING_OF.power);
    return composed("{A:T}", BINDING_OF.superscript, { A });
  },
  /** @type {LatexRule} a vector as a row is its transpose */
  expand(_, node, [x], ranks) {
    const isRow = isSame(ranks, [1]) && isSame(node.attrs, [["axis", [-2]]]);
    return isRow ? composed("{x:T}", BINDING_OF.superscript, { x }) : null;
  },
}));

/** The first entries, or the last, along an axis, as many as another value has. @type {LatexRule} */
function endOfGroup(writing, node, _, [rank]) {
  const { shape } = writing.node(node.inputs[0]);
  const axis = axesAlong(node, rank)[0];
  /** @type {[Dim, Dim][]} */
  const bounds = shape.map((size) => [0, size]);
  bounds[axis] = node.op === "head" ? [0, node.shape[axis]] : [added(shape[axis], node.shape[axis], -1), shape[axis]];
  return writing.below(node.inputs[0], sliceParts(bounds, shape), false);
}

/** A number at one place of zeros: a unit vector; a column and a row at their places; a row each at its label. @type {LatexRule} */
function scatterLatex(writing, node, [s, t], ranks) {
  const rank = node.shape.length;
  const axis = axesAlong(node, rank)[0];
  const { atom, product, superscript } = BINDING_OF;
  const times = (/** @type {Maths} */ factor) => (s.text === "1" ? factor : productLatex(s, factor));
  if (rank <= 2 && !ranks[1]) {
    const unit = new Maths(`${writing.symbols.unit}_{${placeLatex(writing, node.inputs[1])}}`);
    if (rank === 1) return times(unit);
    const line = ranks[0] ? s : times(new Maths("\\mathbf{1}"));
    const [left, right] = axis === 0 ? [unit, line] : [line, unit];
    return new Maths(`${left.as(20)} \\, ${right.as("T")}`, product);
  }
  if (rank === 2 && ranks[1] === 1 && ranks[0] < 2) {
    const upright = new Maths(`\\mathrm{onehot}(${t})`);
    const labels = axis === 1 ? upright : new Maths(upright.as("T"), superscript);
    if (!ranks[0]) return times(labels);
    const diagonal = composed("\\mathrm{{diag}}({s})", atom, { s });
    return axis === 1 ? productLatex(diagonal, labels) : productLatex(labels, diagonal);
  }
  const at = new Maths(placeLatex(writing, node.inputs[1]));
  return composed("\\mathrm{{scatter}}_{{{axis}}}({s}, {at})", atom, { s, at, axis: lettersOf(writing, [axis]) });
}
