// The shapes of a text's variables for given ranks of its leaves, their sizes open: what does not fit, and what looks unlikely, costs.

import { ShapeError } from "./base.js";
import { BY_RANK, OPS, called, matmulOf, opOf } from "./operators.js";
import { multiplied } from "./sizes.js";
import { split } from "./formulas.js";
import { inferred } from "./inference.js";
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
 */

// what a text costs that is refused
const REFUSED = 10;
export const BIAS_NAME = /^(b|c|t|bias|target|label|y_true)(_|\d|$)/;

/** @type {Guessed} */
const UNKNOWN_VALUE = { shape: null };

/** What the leaves' ranks come to. */
export class UnknownShapes {
  /**
   * @param {Map<string, number>} ranks of leaves @param {Map<string, {shape: import("./nodes.js").Dim[], class?: any}>} declared
   * @param {Set<string>} labels @param {Set<string>} [unsettled] leaves that are scalars if what they are first added to is
   */
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
      const classes = given?.class;
      if (labels.has(name)) this.classes.set(name, classes === undefined ? this.sizes.fresh() : this.sizes.of(classes));
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
    if (kind === "entry") return this.entry(values, indices);
    if (values.some((value) => !value.shape)) {
      this.cost += 2;
      return UNKNOWN_VALUE;
    }
    const shapes = values.map((value) => /** @type {number[]} */ (value.shape));
    const ranks = shapes.map((shape) => shape.length);
    if (op === "@") return this.matrixProduct(shapes);
    if (op === "+" && values.length === 1) return values[0];
    const row = OPS.get(op === ".T" ? "transpose" : BY_RANK.has(op) ? called(op, ranks) : op);
    if (!row || (row.isVariadic ? !shapes.length : shapes.length !== row.inputs.length)) return UNKNOWN_VALUE;
    if (row.isElementwise) return this.entrywise(values, shapes);
    const axes = [attributes.get("axis") ?? attributes.get("axes") ?? []].flat();
    if (row.name === "sum" && values[0].isProduct && (axes.includes(0) || axes.includes(-2))) this.cost += 1.5;
    if (row.shape === "reduced" && !axes.length && !shapes[0].length) this.cost += 1;
    if (INDEX_PLACES.has(row.name)) this.label(row.name, values);
    if (row.name === "stack") this.cost += 1.5 * values.filter((value) => value.leaf && value.shape?.length).length;
    const windows = row.shape === "convolved" ? { windows: row.inputs[0].length - 1 } : {};
    return { shape: this.applied(row, shapes, attributes, axes), ...windows };
  }

  /**
   * What an operator makes of shapes; sizes that must be equal are made so.
   * @param {import("./operators.js").Op} row @param {number[][]} shapes @param {Map<string, any>} attributes @param {any[]} axes
   */
  applied(row, shapes, attributes, axes) {
    const { sizes } = this;
    const [x, y = []] = shapes;
    const more = row.shape === "expanded" ? axes.length : Number(row.shape === "stacked");
    const needed = Math.max(0, ...axes.map((axis) => (axis < 0 ? -axis : axis + 1))) - more;
    const named = attributes.has("axes") ? [] : row.inputs;
    const fits = named.map((names, k) => this.hasAxes(shapes[k], names[0] === "*" ? 0 : names.length));
    if ((x && !this.hasAxes(x, needed || 0)) || fits.includes(false)) return null;
    if (!row.shape || (row.shape === "picked" && !axes.length)) return this.bySignature(row, shapes);
    if (row.shape === "stacked") sizes.broadcast(shapes);
    const isAlong = (/** @type {number} */ k) => [k, k - x.length].includes(axes[0] ?? 0);
    if (row.shape === "concatenated") x.forEach((size, k) => isAlong(k) || y[k] === undefined || sizes.join(size, y[k]));
    if (row.shape === "convolved") {
      const d = row.inputs[0].length - 1;
      [...x.slice(-d - 1), ...y.slice(-d - 2)].forEach((size, k) => {
        sizes.usual[sizes.root(size)] ??= k > d + 2 ? 3 : k === d + 1 ? 2 : k && k <= d ? 6 : 1;
      });
      if (!attributes.has("groups")) sizes.join(x[x.length - d - 1], y[y.length - d - 1]);
    }
    if (row.indexed) this.letters(split(String(attributes.get("formula")).replace(/\s/g, ""))[0], shapes);
    return this.byRule(row, shapes, attributes);
  }

  /** @param {import("./operators.js").Op} row @param {number[][]} shapes @param {Map<string, any>} attributes @returns {number[] | null} */
  byRule(row, shapes, attributes) {
    const { sizes } = this;
    const dims = shapes.map((shape) => shape.map((size) => sizes.dim(size)));
    try {
      const [, found] = inferred(row, dims, attributes, () => []);
      if (row.shape === "reshaped") sizes.join(sizes.of(multiplied(...found)), sizes.of(multiplied(...dims[0])));
      return found.map((dim) => sizes.of(dim));
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      this.cost += REFUSED;
      return null;
    }
  }

  /** @param {string[]} names the letters of each operand @param {number[][]} shapes */
  letters(names, shapes) {
    /** @type {Map<string, number>} */
    const bound = new Map();
    shapes.forEach((shape, i) => {
      const letters = names[i] ?? "";
      this.hasAxes(shape, letters.length, letters.length);
      shape.forEach((size, k) => letters[k] && bound.set(letters[k], this.sizes.join(bound.get(letters[k]) ?? size, size)));
    });
  }

  /** @param {import("./operators.js").Op} row @param {number[][]} shapes @returns {number[]} */
  bySignature(row, shapes) {
    const { sizes } = this;
    /** @type {Map<string, number>} */
    const bound = new Map();
    const loops = row.inputs.map((axes, i) => {
      const [shape, cut] = [shapes[i], axes[0] === "*" ? 0 : shapes[i].length - axes.length];
      if (axes[0] === "*" && this.hasAxes(shape, shapes[0].length, shapes[0].length)) shape.forEach((size, k) => sizes.join(shapes[0][k], size));
      else axes.forEach((axis, k) => bound.set(axis, sizes.join(bound.get(axis) ?? shape[cut + k], shape[cut + k])));
      return shape.slice(0, cut);
    });
    const output = row.output.map((axis) => bound.get(axis) ?? (/^\d+$/.test(axis) ? sizes.of(Number(axis)) : sizes.fresh()));
    return [...sizes.broadcast(loops), ...output];
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
    const shape = this.bySignature(opOf(matmulOf([a.length, b.length])), [a, b]);
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

  /** @param {Guessed[]} values the value, and the indices that are variables @param {any[]} indices @returns {Guessed} */
  entry([{ shape }, ...variables], indices) {
    if (!shape || !this.hasAxes(shape, indices.length)) return UNKNOWN_VALUE;
    const rest = [...variables];
    const parts = indices.map((index, k) => {
      const size = shape[k];
      if (Array.isArray(index)) {
        for (const end of index) if (typeof end === "number") this.atLeast(size, end < 0 ? 1 - end : end);
        return this.byRule(opOf("slice"), [[size]], new Map([["index", [index]]])) ?? [size];
      }
      if (typeof index === "string") return [];
      if (typeof index === "number") {
        this.atLeast(size, index < 0 ? -index : index + 1);
        return [];
      }
      const { leaf, shape: at } = rest.shift() ?? UNKNOWN_VALUE;
      if (leaf) this.ofClass(leaf, size);
      if (k && at?.length) this.cost += REFUSED;
      return at ?? [];
    });
    return { shape: [...parts.flat(), ...shape.slice(indices.length)] };
  }

  /** @param {number} size @param {number} least */
  atLeast(size, least) {
    const root = this.sizes.root(size);
    this.sizes.least[root] = Math.max(this.sizes.least[root], least);
    if ((this.sizes.values[root] ?? least) < least) this.cost += REFUSED;
  }
}

/** The shape of a list of numbers. @param {Expr} node */
function lengthsOf(node) {
  const lengths = [];
  for (let inner = node; inner?.kind === "list"; inner = inner.operands[0]) lengths.push(inner.operands.length);
  return lengths;
}
