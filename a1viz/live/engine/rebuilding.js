// From sums of products to nodes: what a collected equation looks like, and each part of it made once.

import { isSame, keyOf } from "./base.js";
import { LAST, OPS, TABLES, opOf } from "./operators.js";
import { INNER, effective, isDeclared } from "./nodes.js";
import { Builder } from "./building.js";
import { isPositive } from "./conditions.js";
import { absolute, asFloat, denominator, negated, numerator, rationalText, signOf, times } from "./rationals.js";
import { NO_FACTORS, Term, UNIT, ZERO, collectedTerms, contentOf, factorTerm, isEven } from "./terms.js";
import { isNormal, isUnit, numberTerm, productOfTerms, uprightTerms } from "./terms.js";
import { TURNED } from "./transposes.js";

/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./nodes.js").Attrs} Attrs */
/** @typedef {import("./terms.js").Sum} Sum */
/** @typedef {import("./terms.js").Powers} Powers */
/** @typedef {import("./rationals.js").Rational} Rational */

const { short: SHORT_FRACTIONS, exact: EXACT_WHOLE, inside: INSIDE_PLACES } = TABLES.rebuilding;
/** Which operands an operator is linear in, each by itself. @type {Map<string, number[]>} */
export const LINEAR = new Map([
  ...Object.entries(TABLES.rebuilding.also_linear),
  ...[...OPS.values()].filter((op) => op.adjoint.length && !op.joint).map(linearOperands),
]);

/** @param {import("./operators.js").Op} op @returns {[string, number[]]} */
function linearOperands({ name, adjoint }) {
  return [name, [...adjoint.keys()].filter((k) => adjoint[k] !== "0")];
}

/** @param {Shape} a @param {Shape} b */
export const isSameShape = (a, b) => a.length === b.length && a.every((dim, k) => dim === b[k]);

/** Builds nodes of sums of products, in a builder of its own; what it has made once, it takes again. */
export class Rebuilder {
  /** @param {Graph} graph @param {Node[]} [plain] nodes that stay as they are */
  constructor(graph, plain = []) {
    this.graph = graph;
    this.builder = new Builder(plain, graph.byName);
    /** @type {Map<string, string>} by operator, operands and attributes; what stands in parentheses by its terms */
    this.made = new Map();
    /** @type {Map<string, Sum>} what stands in parentheses, by its node */
    this.sums = new Map();
    /** @type {Map<string, string>} the variable whose equation a node is */
    this.variables = new Map();
    // the variable whose equation is being built
    this.owner = "";
    this.isNeverZero = this.isNeverZero.bind(this);
  }

  /** Those of the operands of a node of the graph. @param {Node} node @returns {Shape[]} */
  shapes(node) {
    return node.inputs.map((i) => this.graph.node(i).shape);
  }

  /** Whether a value is a scalar. @param {string} name */
  isScalar(name) {
    return !this.builder.shape(name).length;
  }

  /** @param {Powers} side */
  areScalars(side) {
    return [...side.keys()].every((name) => this.isScalar(name));
  }

  /** @param {Term} a @param {Term} b */
  product(a, b) {
    if (a === UNIT || b === UNIT) return a === UNIT ? b : a;
    // two numbers that no float is the product of stay two
    const isOne = isNormal(times(a.number, b.number));
    const other = isOne ? b : new Term(1, new Map([...b.up, [this.builder.constant(asFloat(b.number)), 1]]), b.down);
    return productOfTerms(a, other, this.isNeverZero);
  }

  /** Whether it is positive whatever it is computed from, as 1 + x^2 is. @param {string} name */
  isNeverZero(name) {
    const form = this.sums.get(name) ?? [];
    const adds = form.every((t) => signOf(t.number) > 0 && !t.down.size && [...t.up.values()].every(isEven));
    return (adds && form.some((t) => !t.up.size)) || isPositive(this.builder, name);
  }

  /** A sum as one product: what its terms have in common, times the rest in parentheses. @param {Sum} form */
  asProduct(form) {
    if (!form.length) return ZERO;
    const [common, rest] = contentOf(form);
    return isUnit(rest) ? common : this.product(common, this.parenthesised(rest));
  }

  /** A sum of several terms as a factor; the same with its signs turned round is the same factor, times -1. @param {Sum} given */
  parenthesised(given) {
    const form = this.flat(given);
    if (form.length < 2) return form[0] ?? ZERO;
    const [key, turned] = [form.map((t) => t.number), form.map((t) => negated(t.number))].map((numbers) => this.sumKey(form, numbers));
    let name = this.made.get(turned);
    if (name !== undefined) return factorTerm(name).times(-1);
    name = this.made.get(key);
    if (name === undefined) {
      name = this.unspread(form) || this.built(form);
      this.made.set(key, name);
      this.remember(name, form);
    }
    return factorTerm(name);
  }

  /** @param {Sum} form @param {Rational[]} numbers */
  sumKey(form, numbers) {
    return [...new Set(form.map((term, k) => `${term.key}\f${rationalText(numbers[k])}`))].sort().join("\v");
  }

  /** Remember what an automatic node is the sum of. @param {string} name @param {Sum} form */
  remember(name, form) {
    if (isDeclared(this.builder.node(name)) || this.sums.has(name)) return;
    this.sums.set(name, form);
  }

  /** Without parentheses around what is only added. @param {Sum} form @returns {Sum} */
  flat(form) {
    const parts = form.map((term) => (absolute(term.number) === 1 && this.sums.get(term.only)) || null);
    if (!parts.some(Boolean)) return form;
    return collectedTerms(form.flatMap((term, k) => parts[k]?.map((t) => t.times(term.number)) ?? [term]));
  }

  /** The node of a sum, which has this shape: as short as broadcasting allows. @param {Sum} form @param {Shape} shape @returns {string} */
  rebuilt(form, shape) {
    if (!form.length) return shape.length ? this.make("zeros", [], [["shape", shape]]) : this.builder.constant(0);
    let name = this.built(form, true);
    // terms that cancel, once parentheses are gone
    if (shape.length && name === `${INNER}0.0`) return this.rebuilt([], shape);
    if (!isSameShape(this.builder.shape(name), shape)) name = this.built(form);
    if (isSameShape(this.builder.shape(name), shape)) {
      if (form.length > 1) this.remember(name, form);
      return name;
    }
    // a sum of fewer axes, spread out
    const ones = factorTerm(this.make("ones", [], [["shape", shape]]));
    return this.built(form.map((term) => this.product(term, ones)));
  }

  /**
   * The node of a sum that is not 0; a `lean` one leaves out what broadcasting makes good.
   * @param {Sum} given @param {boolean} [lean] @returns {string}
   */
  built(given, lean = false) {
    const form = this.flat(given);
    if (form.length > 1) {
      const stack = this.stacked(form);
      if (stack) return stack;
      const [common, rest] = contentOf(form);
      if (!common.isNumber || absolute(common.number) !== 1) {
        const product = this.product(common, this.parenthesised(rest));
        return this.built(product.number ? [product] : [], lean);
      }
    }
    let total = form.length ? "" : this.builder.constant(0);
    for (const term of uprightTerms(form)) {
      if (!total) {
        total = this.quotient(this.turned(term), lean);
        continue;
      }
      const isTaken = signOf(term.number) < 0;
      const value = this.quotient(isTaken ? term.times(-1) : term, lean);
      total = this.make(isTaken ? "sub" : "add", [total, value]);
    }
    return total;
  }

  /** One product, made once, in whatever order its factors are. @param {Term} term @param {boolean} lean @returns {string} */
  quotient(term, lean) {
    if (term.up.size + term.down.size < 2) return this.fraction(term, lean);
    const key = `${term.key}\f${rationalText(term.number)} ${term.isDecimal} ${lean}`;
    let made = this.made.get(key);
    if (made === undefined) {
      made = this.fraction(term, lean);
      this.made.set(key, made);
    }
    return this.variables.get(made) ?? made;
  }

  /** A product: its number, then scalars, then the other factors; over what it is divided by. @param {Term} given @param {boolean} lean */
  fraction(given, lean) {
    const [p, q] = [numerator(absolute(given.number)), denominator(given.number)];
    const isFloat = (given.isDecimal && !SHORT_FRACTIONS.includes(Number(q))) || p > EXACT_WHOLE || q > EXACT_WHOLE;
    const [number, divisor] = isFloat ? [Math.abs(asFloat(given.number)), 1] : [Number(p), Number(q)];
    const [term, whole] = this.putInside(given, lean);
    const above = [...(isFloat || number !== 1 ? [this.builder.constant(number)] : []), ...(whole ? [whole] : this.factors(term.up, lean))];
    const below = [...(divisor === 1 ? [] : [this.builder.constant(divisor)]), ...this.factors(term.down, lean)];
    let result = above.length ? this.multiply(above) : this.builder.constant(1);
    if (below.length) result = this.make("div", [result, this.multiply(below)]);
    return signOf(given.number) < 0 ? this.make("neg", [result]) : result;
  }

  /** @param {string} name */
  single(name) {
    const node = this.builder.node(name);
    return node.op === "constant" && !node.shape.length ? numberTerm(node.value) : factorTerm(name);
  }

  /** With a difference turned round in place of a sign in front: y - t for -(t - y), and inside what is linear in it. @param {Term} term */
  turned(term) {
    for (const [name, exponent] of signOf(term.number) < 0 ? term.up : []) {
      const other = exponent === 1 ? this.opposite(name) : "";
      if (!other) continue;
      return new Term(negated(term.number), new Map([...term.up].map(([f, e]) => [f === name ? other : f, e])), term.down, term.isDecimal);
    }
    return term;
  }

  /** The negative of a difference, or of an operator that is linear in one; nothing for anything else. @param {string} name @returns {string} */
  opposite(name) {
    /** @typedef {{node: Node, k: number, outer: Use} | null} Use where an operand stands */
    /** @type {{name: string, use: Use}[]} */
    const waiting = [{ name, use: null }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [form, node] = [this.sums.get(next.name) ?? [], this.builder.node(next.name)];
      let { use } = next;
      if (form.some((t) => signOf(t.number) < 0) && form.some((t) => signOf(t.number) > 0)) {
        let other = this.built(form.map((t) => t.times(-1)));
        for (; use; use = use.outer) other = this.make(use.node.op, use.node.inputs.with(use.k, other), use.node.attrs);
        return other;
      }
      const operands = isDeclared(node) ? [] : (LINEAR.get(node.op) ?? []);
      for (const k of operands.toReversed()) waiting.push({ name: node.inputs[k], use: { node, k, outer: use } });
    }
    return "";
  }

  /**
   * The factors above or below a line as nodes, scalars first; without those that broadcasting makes good.
   * @param {Powers} side @param {boolean} lean
   */
  factors(side, lean) {
    const order = [...[...side].filter(([name]) => this.isScalar(name)), ...[...side].filter(([name]) => !this.isScalar(name))];
    return order.map(([name, e]) => this.power(lean ? this.withoutAxes(name) : name, e));
  }

  /** The node of a sum without axes put in front, where it has the same shape; nothing where there are none. @param {Sum} form */
  unspread(form) {
    const isSpread = (/** @type {Powers} */ side) => [...side.keys()].some((name) => this.withoutAxes(name) !== name);
    if (!form.some((term) => isSpread(term.up) || isSpread(term.down))) return "";
    const [lean, whole] = [this.built(form, true), this.built(form)];
    return isSameShape(this.builder.shape(lean), this.builder.shape(whole)) ? lean : whole;
  }

  /** A value with axes of one entry put in front of it is the value, where it is broadcast. @param {string} name */
  withoutAxes(name) {
    const node = this.builder.node(name);
    if (node.op !== "expand" || isDeclared(node)) return name;
    const rank = node.shape.length;
    const inFront = Array.from({ length: rank - this.builder.shape(node.inputs[0]).length }, (_, k) => k - rank);
    return isSame(attributeOf(node.attrs, "axis"), inFront) ? node.inputs[0] : name;
  }

  /** @param {string} name @param {Rational} exponent */
  power(name, exponent) {
    if (exponent === 1) return name;
    return rationalText(exponent) === "1/2" ? this.make("sqrt", [name]) : this.make("power", [name, this.builder.constant(asFloat(exponent))]);
  }

  /** @param {string[]} factors */
  multiply(factors) {
    return factors.reduce((result, name) => this.make("mul", [result, name]));
  }

  /**
   * An application, made once: transposes go down to what they turn; a variable whose equation it is, in its place.
   * @param {string} op @param {string[]} inputs @param {Attrs} [attrs] @returns {string}
   */
  make(op, inputs, attrs = []) {
    if (attributeOf(attrs, "keepdims") === true) {
      // a variable without these axes, with them
      const axes = attributeOf(attrs, "axis");
      const own = axes.length < this.builder.shape(inputs[0]).length ? [["axis", axes]] : [];
      const variable = this.variables.get(this.made.get(applicationKey(op, inputs, /** @type {Attrs} */ (own))) ?? "");
      if (variable !== undefined) return this.make("expand", [variable], [["axis", axes]]);
    }
    const key = applicationKey(op, inputs, attrs);
    let made = this.made.get(key);
    if (made === undefined) {
      const short = attrs.length ? "" : TURNED.get(op)?.(this, inputs);
      made = short || this.builder.add(op, inputs, { owner: this.owner, attrs: effective(opOf(op), attrs) });
      this.made.set(key, made);
    }
    return this.variables.get(made) ?? made;
  }

  /** @param {string} op @param {string[]} inputs */
  isMade(op, inputs) {
    return this.made.has(applicationKey(op, inputs, []));
  }

  /** The operands of an automatic node of this operator without attributes; else null. @param {string} name @param {string} op */
  parts(name, op) {
    const node = this.builder.node(name);
    return node.op === op && !isDeclared(node) && !node.attrs.length ? node.inputs : null;
  }

  /**
   * A one that is put somewhere, or is left of a mask, times nothing but scalars: they stand in its place.
   * @param {Term} term @param {boolean} lean @returns {[Term, string]}
   */
  putInside(term, lean) {
    const arrays = [...term.up.keys()].filter((name) => !this.isScalar(name));
    const node = arrays.length === 1 && term.up.get(arrays[0]) === 1 ? this.builder.node(arrays[0]) : null;
    const k = node && !isDeclared(node) ? INSIDE_PLACES[node.op] : undefined;
    const isOne = node && k !== undefined && this.builder.node(node.inputs[k]).value === 1;
    if (!isOne || !this.areScalars(term.down)) return [term, ""];
    const up = new Map([...term.up].filter(([name]) => name !== node.name));
    const scalar = this.quotient(new Term(1, up, term.down), lean);
    return [new Term(term.number, NO_FACTORS, NO_FACTORS, term.isDecimal), this.make(node.op, node.inputs.with(k, scalar), node.attrs)];
  }

  /** Values put each in a place of its own, in all places that there are, are a stack; nothing where it is not so. @param {Sum} form */
  stacked(form) {
    const nodes = form.flatMap((term) => [...term.up.keys()].map((name) => this.builder.node(name)).filter((node) => node.op === "scatter"));
    const first = nodes[0];
    if (nodes.length !== form.length || !first.shape.length || nodes.some((node) => isDeclared(node) || !isSame(node.attrs, first.attrs))) return "";
    const places = nodes.map((node) => this.builder.node(node.inputs[1]));
    const axis = attributeOf(first.attrs, "axis") ?? LAST;
    if (first.shape.at(axis) !== form.length || places.some((place) => place.op !== "constant" || place.shape.length)) return "";
    const order = places.map((_, k) => k).sort((a, b) => places[a].value - places[b].value);
    if (order.some((k, place) => places[k].value !== place)) return "";
    /** @type {string[]} */
    const values = [];
    for (const k of order) {
      const [scatter, term] = [nodes[k], form[k]];
      const others = new Map([...term.up].filter(([name]) => name !== scatter.name));
      const isBoth = [...others.keys()].some((name) => term.down.has(name));
      if (term.up.get(scatter.name) !== 1 || isBoth || !this.areScalars(others) || !this.areScalars(term.down)) return "";
      const scale = new Term(term.number, others, term.down, term.isDecimal);
      values.push(this.built([productOfTerms(scale, this.single(scatter.inputs[0]), () => false)]));
    }
    if (values.some((value) => !isSameShape(this.builder.shape(value), this.builder.shape(values[0])))) return "";
    return this.make("stack", values, axis !== LAST || first.shape.length > 1 ? [["axis", axis]] : []);
  }
}

/** @param {Attrs} attrs @param {string} name @returns {any} */
export function attributeOf(attrs, name) {
  return attrs.find(([own]) => own === name)?.[1];
}

/** @param {string} op @param {string[]} inputs @param {Attrs} attrs */
function applicationKey(op, inputs, attrs) {
  const key = `${op}\v${inputs.join("\f")}`;
  return attrs.length ? `${key}\v${keyOf(attrs)}` : key;
}
