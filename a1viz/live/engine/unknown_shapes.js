// The shapes of a text's variables for given ranks of its leaves, their sizes open: what does not fit, and what looks unlikely, costs.

import { BY_RANK, OPS, called, matmulOf, opOf } from "./operators.js";
import { split } from "./formulas.js";
import { INDEX_PLACES } from "./entries.js";
import { UnknownSizes } from "./unknown_sizes.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/**
 * @typedef {object} GuessStep One piece of syntax.
 * @property {Expr} node
 * @property {string} op
 * @property {Expr[]} operands
 * @property {Map<string, any>} attributes
 * @property {any[]} indices of an entry: a size, a list of two bounds, or the tree of a variable
 * @property {string} target the variable that it is, if it is the whole right side
 */
/**
 * @typedef {object} Guessed What is known of a value.
 * @property {number[] | null} shape unknown sizes; null where nothing is known
 * @property {string} [leaf] the name, if it is a leaf
 * @property {boolean} [isNumber] made of numbers and sizes alone
 * @property {number} [windows] the spatial axes of a convolution that it is
 * @property {boolean} [isProduct] a product of two matrices
 * @property {string} [rowsOf] the label that it is the entry of
 */

// what a text costs that is refused
const REFUSED = 10;
const FIRST_AXIS = [0, -2];
export const BIAS_NAME = /^(b|c|t|bias|target|label|y_true)(_|\d|$)/;

/** @type {Guessed} */
const UNKNOWN_VALUE = { shape: null };

/** What the leaves' ranks come to. */
export class UnknownShapes {
  /** @param {Map<string, number>} ranks of leaves @param {Map<string, {shape: import("./nodes.js").Dim[], class?: any}>} declared @param {Set<string>} labels @param {Set<string>} [unsettled] leaves that are scalars if what they are first added to is */
  constructor(ranks, declared, labels, unsettled = new Set()) {
    this.unsettled = unsettled;
    this.sizes = new UnknownSizes();
    this.cost = 0;
    /** @type {Map<string, number[]>} */
    this.leaves = new Map();
    /** @type {Map<string, number>} how many classes a label has */
    this.classes = new Map();
    for (const [name, rank] of ranks) {
      const given = declared.get(name);
      this.leaves.set(name, given ? given.shape.map((dim) => this.sizes.of(dim)) : Array.from({ length: rank }, () => this.sizes.fresh()));
      if (labels.has(name) || given?.class !== undefined) this.classes.set(name, given?.class === undefined ? this.sizes.fresh() : this.sizes.of(given.class));
    }
    /** @type {Map<string, Guessed>} */
    this.made = new Map();
    /** @type {Map<Expr, Guessed>} */
    this.done = new Map();
  }

  /** @param {GuessStep[]} steps @param {string} loss the last variable, if it is called as losses are */
  follow(steps, loss) {
    for (const step of steps) {
      const found = this.valueOf(step);
      this.done.set(step.node, found);
      if (step.target) this.made.set(step.target, { ...found, leaf: undefined, isNumber: false });
    }
    for (const [name, shape] of this.leaves) {
      // the value before, of what is computed here
      const now = this.made.get(name.replace(/_prev$|0$/, ""))?.shape ?? [];
      if (now.length === shape.length) shape.forEach((size, k) => this.sizes.join(size, now[k]));
    }
    if (this.made.get(loss)?.shape?.length) this.cost += 1.5;
    return this;
  }

  /** @param {GuessStep} step @returns {Guessed} */
  valueOf({ node, op, operands, attributes, indices }) {
    const { kind, word } = node;
    if (kind === "name") {
      const shape = this.leaves.get(word);
      return shape ? { shape, leaf: word } : (this.made.get(word) ?? { shape: [], isNumber: true });
    }
    if (kind === "number" || word === "//") return { shape: [], isNumber: true };
    const values = operands.map((operand) => this.done.get(operand) ?? UNKNOWN_VALUE);
    if (kind === "list") return { shape: lengthsOf(node).map((length) => this.sizes.of(length)) };
    if (kind === "entry") return this.entry(values, indices, node);
    if (values.some((value) => !value.shape)) {
      this.cost += 2;
      return UNKNOWN_VALUE;
    }
    const shapes = values.map((value) => /** @type {number[]} */ (value.shape));
    const ranks = shapes.map((shape) => shape.length);
    if (op === "@") return this.matrixProduct(shapes);
    if (op === "+" && values.length === 1) return values[0];
    const row = OPS.get(op === ".T" ? "transpose" : BY_RANK.has(op) ? called(op, ranks) : op);
    const isGiven = row && [...row.defaults].every(([name, value]) => value !== undefined || attributes.has(name));
    if (!row || !isGiven || (row.isVariadic ? !shapes.length : shapes.length !== row.args.length)) return UNKNOWN_VALUE;
    if (row.isElementwise) return this.entrywise(values, shapes);
    if (row.name === "sum" && values[0].isProduct && [attributes.get("axis") ?? null].flat().some((axis) => FIRST_AXIS.includes(axis))) this.cost += 1.5;
    if (INDEX_PLACES.has(row.name)) this.label(row.name, values);
    if (row.name === "stack") this.cost += 1.5 * values.filter((value) => value.leaf && value.shape?.length).length;
    const windows = row.shape === "convolved" ? { windows: row.inputs[0].length - 1 } : {};
    return { shape: (GUESSED_SHAPES[row.shape] ?? bySignature)(this, row, shapes, attributes), ...windows };
  }

  /** Whether there are so many axes; otherwise it costs. @param {number[]} shape @param {number} least @param {number} [most] */
  hasAxes(shape, least, most = Infinity) {
    const lacks = Math.max(least - shape.length, shape.length - most, 0);
    this.cost += lacks * REFUSED;
    return !lacks;
  }

  /** @param {number[][]} shapes @returns {Guessed} */
  matrixProduct([a, b]) {
    if (![this.hasAxes(a, 1), this.hasAxes(b, 1)].every(Boolean)) return UNKNOWN_VALUE;
    const shape = bySignature(this, opOf(matmulOf([a.length, b.length])), [a, b]);
    return { shape, isProduct: a.length === 2 && b.length === 2 };
  }

  /** @param {Guessed[]} values @param {number[][]} shapes @returns {Guessed} */
  entrywise(values, shapes) {
    const rank = (/** @type {Guessed} */ value) => value.shape?.length ?? 0;
    const variables = values.filter((value) => !value.isNumber);
    const computed = new Set(variables.filter((value) => !value.leaf).map(rank));
    const isMixed = computed.has(0) && computed.size > 1;
    if (computed.has(1) && computed.size - Number(isMixed) > 1) this.cost += 0.8;
    if (isMixed) this.cost += 0.3;
    const windows = variables.find((value) => value.windows)?.windows ?? 0;
    const isScalar = computed.size === 1 && computed.has(0);
    for (const { leaf, shape } of values) {
      if (!leaf || !shape) continue;
      if (this.unsettled.delete(leaf) && isScalar) {
        this.leaves.set(leaf, []);
        continue;
      }
      if (shape.length && isScalar) this.cost += BIAS_NAME.test(leaf) ? 1.5 : 0.9;
      if (!windows) continue;
      // a number for each channel
      this.cost += 1.5 * Math.abs(shape.length - windows - 1);
      if (shape.length === windows + 1) for (const size of shape.slice(1)) this.sizes.join(size, this.sizes.of(1));
    }
    const used = values.map((value, k) => (value.leaf && this.leaves.get(value.leaf)) || shapes[k]);
    return { shape: this.sizes.broadcast(used), isNumber: !variables.length };
  }

  /** The label of a call such as pick(x, t): an entry of each row is what it is for. @param {string} op @param {Guessed[]} values */
  label(op, values) {
    const [of, at, axis] = /** @type {[number, number, number]} */ (INDEX_PLACES.get(op));
    const [x, t] = [values[of], values[at]];
    const shape = x?.shape ?? [];
    if (t?.leaf && shape.length) this.ofClass(t.leaf, shape[axis < 0 ? shape.length + axis : axis]);
    if (op === "pick" && t?.leaf && t.shape?.length !== shape.length - 1) this.cost += 1;
  }

  /** @param {string} label @param {number} size */
  ofClass(label, size) {
    const classes = this.classes.get(label);
    if (classes !== undefined) this.sizes.join(classes, size);
  }

  /** @param {Guessed[]} values the value, and the indices that are variables @param {any[]} indices @param {Expr} node @returns {Guessed} */
  entry([{ shape, rowsOf }, ...variables], indices, node) {
    if (!shape || !this.hasAxes(shape, indices.length)) return UNKNOWN_VALUE;
    const rest = [...variables];
    let label = "";
    const parts = indices.map((index, k) => {
      const size = shape[k];
      if (Array.isArray(index)) return [this.slice(size, index)];
      if (typeof index === "string") return [];
      if (typeof index === "number") {
        this.atLeast(size, index < 0 ? -index : index + 1);
        return [];
      }
      const { leaf, shape: at } = rest.shift() ?? UNKNOWN_VALUE;
      if (leaf) this.ofClass(leaf, size);
      if (k && at?.length) this.cost += REFUSED;
      if (!k) label = leaf ?? "";
      return at ?? [];
    });
    // rows that labels name, and then one of them by number: a sequence
    if (rowsOf && !this.leaves.get(rowsOf)?.length && typeof indices[0] !== "object") this.cost += 0.6;
    if (rowsOf && !this.leaves.get(rowsOf)?.length && Array.isArray(indices[0])) this.cost += 0.6;
    return { shape: [...parts.flat(), ...shape.slice(indices.length)], rowsOf: label || (node.operands[0].kind === "name" ? rowsOf : undefined) };
  }

  /** @param {number} size @param {number} least */
  atLeast(size, least) {
    const root = this.sizes.root(size);
    this.sizes.least[root] = Math.max(this.sizes.least[root], least);
    if ((this.sizes.values[root] ?? least) < least) this.cost += REFUSED;
  }

  /** How long a slice is. @param {number} size @param {any[]} bounds */
  slice(size, [start, stop]) {
    if (start === null && stop === null) return size;
    for (const end of [start, stop]) if (typeof end === "number") this.atLeast(size, end < 0 ? 1 - end : end);
    if (typeof stop === "number" && typeof (start ?? 0) === "number" && stop >= 0 && start >= 0) return this.sizes.of(Math.max(0, stop - start));
    const from = (/** @type {number} */ end, /** @type {number} */ n) => (end < 0 ? n + end : end);
    const ends = [this.sizes.of(start ?? 0), stop === null ? size : this.sizes.of(stop)];
    return this.sizes.computed([size, ...ends], ([n, a, b]) => Math.max(0, from(b, n) - from(a, n)));
  }
}

/** The shape of a list of numbers. @param {Expr} node */
function lengthsOf(node) {
  const lengths = [];
  for (let inner = node; inner?.kind === "list"; inner = inner.operands[0]) lengths.push(inner.operands.length);
  return lengths;
}

/** @param {UnknownShapes} to @param {import("./operators.js").Op} row @param {number[][]} shapes @returns {number[] | null} */
function bySignature(to, row, shapes) {
  const { sizes } = to;
  if (shapes.length !== row.inputs.length) return null;
  /** @type {Map<string, number>} */
  const bound = new Map();
  const loops = row.inputs.map((axes, i) => {
    const shape = shapes[i];
    if (axes[0] === "*") {
      to.hasAxes(shape, shapes[0].length, shapes[0].length);
      shape.forEach((size, k) => shapes[0][k] !== undefined && sizes.join(shapes[0][k], size));
      return [];
    }
    const cut = shape.length - axes.length;
    if (!to.hasAxes(shape, axes.length)) return null;
    axes.forEach((axis, k) => bound.set(axis, bound.has(axis) ? sizes.join(/** @type {number} */ (bound.get(axis)), shape[cut + k]) : shape[cut + k]));
    return shape.slice(0, cut);
  });
  if (loops.includes(null)) return null;
  const output = row.output.map((axis) => bound.get(axis) ?? (/^\d+$/.test(axis) ? sizes.of(Number(axis)) : sizes.fresh()));
  return [...sizes.broadcast(/** @type {number[][]} */ (loops)), ...output];
}

/** Axes counted from 0, if there are so many. @param {UnknownShapes} to @param {any} axis @param {number[]} shape @param {number} [more] */
function unknownAxes(to, axis, shape, more = 0) {
  const axes = [axis].flat();
  if (!axes.every(Number.isInteger)) return null;
  const needed = Math.max(0, ...axes.map((a) => (a < 0 ? -a : a + 1)));
  return to.hasAxes(shape, needed - more) ? axes.map((a) => (a < 0 ? a + shape.length + more : a)) : null;
}

/** How many windows there are. @param {UnknownShapes} to @param {number} n @param {number} w @param {number} s @param {number} p */
function windowsOf(to, n, w, s, p) {
  return to.sizes.computed([n, w], ([a, b]) => Math.floor((a + 2 * p - b) / s) + 1, (out, of, k) => (k ? NaN : (out - 1) * s + of[1] - 2 * p));
}

/** @type {{[shape: string]: (to: UnknownShapes, row: import("./operators.js").Op, shapes: number[][], attributes: Map<string, any>) => number[] | null}} */
const GUESSED_SHAPES = {
  reduced(to, row, [x], attributes) {
    const one = () => to.sizes.of(1);
    if ((attributes.get("axis") ?? null) === null) {
      if (!x.length) to.cost += 1;
      return attributes.get("keepdims") ? x.map(one) : [];
    }
    const axes = unknownAxes(to, attributes.get("axis"), x);
    return axes && (attributes.get("keepdims") ? x.map((size, k) => (axes.includes(k) ? one() : size)) : x.filter((_, k) => !axes.includes(k)));
  },
  same(to, row, [x], attributes) {
    return unknownAxes(to, attributes.get("axis") ?? -1, x) && x;
  },
  permuted(to, row, [x], attributes) {
    const axes = attributes.get("axes") ?? attributes.get("inverse") ?? null;
    if (!Array.isArray(axes) || !axes.every(Number.isInteger)) return to.hasAxes(x, 2) ? [...x.slice(0, -2), x[x.length - 1], x[x.length - 2]] : null;
    if (!to.hasAxes(x, axes.length, axes.length)) return null;
    return attributes.has("axes") ? axes.map((axis) => x[axis < 0 ? axis + x.length : axis]) : x.map((_, k) => x[axes.indexOf(k)]);
  },
  expanded(to, row, [x], attributes) {
    const axes = unknownAxes(to, attributes.get("axis"), x, [attributes.get("axis")].flat().length);
    const rest = [...x];
    return axes && Array.from({ length: x.length + axes.length }, (_, k) => (axes.includes(k) ? to.sizes.of(1) : /** @type {number} */ (rest.shift())));
  },
  squeezed(to, row, [x], attributes) {
    const axes = unknownAxes(to, attributes.get("axis"), x);
    for (const axis of axes ?? []) to.sizes.join(x[axis], to.sizes.of(1));
    return axes && x.filter((_, k) => !axes.includes(k));
  },
  reshaped(to, row, [x], attributes) {
    const shape = [attributes.get("shape")].flat();
    const known = shape.filter((size) => size !== -1).map((size) => to.sizes.of(size));
    const all = to.sizes.product(x);
    if (known.length === shape.length) {
      to.sizes.join(to.sizes.product(known), all);
      return known;
    }
    const rest = to.sizes.computed([all, to.sizes.product(known)], ([a, b]) => a / b, (out, of, k) => (k ? of[0] / out : out * of[1]));
    return shape.map((size) => (size === -1 ? rest : /** @type {number} */ (known.shift())));
  },
  given: (to, row, shapes, attributes) => [attributes.get("shape")].flat().map((dim) => to.sizes.of(dim)),
  indexed(to, row, shapes, attributes) {
    const [names, result] = split(String(attributes.get("formula")).replace(/\s/g, ""));
    /** @type {Map<string, number>} */
    const bound = new Map();
    shapes.forEach((shape, i) => {
      const letters = names[i] ?? "";
      to.hasAxes(shape, letters.length, letters.length);
      shape.forEach((size, k) => letters[k] && bound.set(letters[k], to.sizes.join(bound.get(letters[k]) ?? size, size)));
    });
    return [...result].map((letter) => bound.get(letter) ?? to.sizes.fresh());
  },
  stacked(to, row, shapes, attributes) {
    const shape = to.sizes.broadcast(shapes);
    const [at] = unknownAxes(to, attributes.get("axis") ?? 0, shape, 1) ?? [0];
    return [...shape.slice(0, at), to.sizes.of(shapes.length), ...shape.slice(at)];
  },
  concatenated(to, row, [a, b], attributes) {
    if (![to.hasAxes(a, 1), to.hasAxes(b, 1), to.hasAxes(b, a.length, Math.max(1, a.length))].every(Boolean)) return null;
    const [at] = unknownAxes(to, attributes.get("axis") ?? 0, a) ?? [-1];
    return a.map((size, k) => {
      if (k !== at) return to.sizes.join(size, b[k]);
      return to.sizes.computed([size, b[k]], ([m, n]) => m + n, (out, of, missing) => out - of[1 - missing]);
    });
  },
  taken: (to, row, [x, t]) => (to.hasAxes(x, 1) ? [...t, ...x.slice(1)] : null),
  picked(to, row, [x, t], attributes) {
    const axes = unknownAxes(to, attributes.get("axis") ?? -1, x);
    return axes && to.sizes.broadcast([x.filter((_, k) => !axes.includes(k)), t]);
  },
  convolved(to, row, [X, K], attributes) {
    const d = row.inputs[0].length - 1;
    if (![to.hasAxes(X, d + 1, d + 1), to.hasAxes(K, d + 2, d + 2)].every(Boolean)) return null;
    const each = (/** @type {string} */ name, /** @type {number} */ usual) => [attributes.get(name) ?? usual].flat();
    const [stride, padding] = [each("stride", 1), each("padding", 0)];
    [...X, ...K].forEach((size, k) => {
      const root = to.sizes.root(size);
      to.sizes.usual[root] ??= k > d + 2 ? 3 : k === d + 1 ? 2 : k && k <= d ? 6 : 1;
    });
    if ((attributes.get("groups") ?? 1) === 1) to.sizes.join(X[0], K[1]);
    return [K[0], ...X.slice(1).map((n, k) => windowsOf(to, n, K[2 + k], stride[k] ?? stride[0], padding[k] ?? padding[0]))];
  },
  pooled(to, row, [x], attributes) {
    const d = row.inputs[0].length;
    if (!to.hasAxes(x, d)) return null;
    const each = (/** @type {any} */ value) => Array.from({ length: d }, (_, k) => Number([value].flat()[k] ?? [value].flat()[0]));
    const [size, padding] = [each(attributes.get("size")), each(attributes.get("padding") ?? 0)];
    const stride = each(attributes.get("stride") ?? attributes.get("size"));
    return x.map((n, k) => {
      const axis = k - x.length + d;
      return axis < 0 ? n : windowsOf(to, n, to.sizes.of(size[axis]), stride[axis], padding[axis]);
    });
  },
};
