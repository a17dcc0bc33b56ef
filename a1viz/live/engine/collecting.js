// The algebra of a derivation: numbers and signs in front, like terms as one, fractions as one, transposes turned, what broadcasts unsaid.

import { ShapeError, isSame } from "./base.js";
import { TABLES } from "./operators.js";
import { Graph, attributesOf, isDeclared, isLeaf, nodeOf } from "./nodes.js";
import { Builder } from "./building.js";
import { namesOf } from "./sizes.js";
import { without } from "./shapes.js";
import { SUM_SIGNS, signedTerms } from "./matching.js";
import { NO_FACTORS, Term, UNIT, collectedTerms, contentOf, factorTerm, isUnit, numberTerm } from "./terms.js";
import { LINEAR, Rebuilder, attributeOf, isSameShape } from "./rebuilding.js";
import { ARITHMETIC } from "./arithmetic.js";
import { withSharedParts } from "./shared_parts.js";

/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./terms.js").Sum} Sum */

const { broadcasts: BROADCASTS, rearranges: REARRANGES } = TABLES.collecting;

/**
 * The graph with the equations that are not in `first`, which comes first in it, as a reader collects them. `numbers` puts in the numbers
 * that variables are: with a loss's cotangent 1, it is nowhere in the others.
 * @param {Graph} graph @param {Graph} first @param {boolean} [numbers]
 */
export function collected(graph, first, numbers = false) {
  const collector = new Collector(graph, first.nodes, numbers);
  for (const node of graph.nodes) if (!first.has(node.name) && isDeclared(node)) collector.equation(node);
  const nodes = withSharedParts(collector.builder.nodes, collector.roots);
  return new Builder(nodes).graph(graph.name, graph.outputs, graph.document, nodes.filter(isDeclared).map((node) => node.name));
}

/** Takes the equations of a graph apart, one after the other, and rebuilds them. */
class Collector extends Rebuilder {
  /** @param {Graph} graph @param {Node[]} plain nodes that stay as they are @param {boolean} numbers */
  constructor(graph, plain, numbers) {
    super(graph, plain);
    this.numbers = numbers;
    /** @type {Map<string, Sum>} of nodes of the graph */
    this.forms = new Map();
    /** @type {Map<string, string>} what an equation is, by its variable */
    this.roots = new Map();
    this.taken = new Set(graph.declaredNames);
    // no sum or product is met again
    const isMet = (/** @type {Node} */ node) => !SUM_SIGNS.has(node.op) && !ARITHMETIC.has(node.op);
    const met = new Set(graph.nodes.filter((node) => !isDeclared(node) && !this.builder.nodes.has(node.name) && isMet(node)).map((node) => node.op));
    for (const node of plain) if (isDeclared(node) && met.has(node.op)) this.meet(node);
  }

  /** Know a variable's equation where it is read in another. @param {Node} node */
  meet(node) {
    this.owner = node.name;
    const form = this.form(node);
    const root = this.builder.node(this.rebuilt(form, node.shape));
    if (form.every((term) => term.isNumber) || isLeaf(root) || isDeclared(root) || this.variables.has(root.name)) return;
    this.variables.set(root.name, node.name);
  }

  /** Rebuild one variable's equation, under its name. @param {Node} node */
  equation(node) {
    const { name, op, shape, block } = node;
    /** @type {Sum} */
    let form = [];
    if (isLeaf(node)) {
      this.builder.put(node);
      if (op === "constant" && !shape.length) form = [numberTerm(node.value)];
    } else {
      this.owner = name;
      form = this.form(node);
      const made = this.builder.node(this.rebuilt(form, shape));
      if (isDeclared(made) || isLeaf(made)) this.builder.add("identity", [made.name], { name, block });
      else {
        this.roots.set(name, made.name);
        this.builder.put({ ...made, name, block });
      }
    }
    const isNumber = op !== "input" && form.every((term) => term.isNumber);
    this.forms.set(name, this.numbers && isNumber ? form : [factorTerm(name)]);
  }

  /** A node as a sum of products; operands first, for they may lie deep. @param {Node} node @returns {Sum} */
  form(node) {
    const waiting = [node];
    while (waiting.length) {
      const current = waiting[waiting.length - 1];
      const below = this.madeOf(current).filter(([, name]) => !this.forms.has(name)).map(([, name]) => this.graph.node(name));
      const inner = below.filter((operand) => !isDeclared(operand));
      if (inner.length) {
        for (const operand of inner) waiting.push(operand);
        continue;
      }
      waiting.pop();
      if (this.forms.has(current.name)) continue;
      const found = this.takenApart(current);
      if (current === node && isDeclared(node)) return found;
      this.forms.set(current.name, found);
    }
    return this.operand(node.name);
  }

  /**
   * A node's operands, with signs; of a sum its terms, through the sums in it, so that one of a thousand is collected once.
   * @param {Node} node @returns {[number, string][]}
   */
  madeOf(node) {
    return SUM_SIGNS.has(node.op) ? signedTerms(this.graph.byName, node.name, this.forms) : node.inputs.map((name) => [1, name]);
  }

  /** @param {string} name @returns {Sum} */
  operand(name) {
    return this.forms.get(name) ?? [factorTerm(name)];
  }

  /** @param {Node} node @returns {Sum} */
  takenApart(node) {
    if (node.op === "constant" && !node.shape.length && Number.isFinite(node.value)) return node.value ? [numberTerm(node.value)] : [];
    if (isLeaf(node)) {
      if (!this.builder.nodes.has(node.name)) this.builder.put(node);
      return [factorTerm(node.name)];
    }
    if (SUM_SIGNS.has(node.op)) {
      return collectedTerms(this.madeOf(node).flatMap(([sign, name]) => this.operand(name).map((term) => term.times(sign))));
    }
    const operands = node.inputs.map((name) => this.operand(name));
    return (SUM_RULES.get(node.op) ?? ARITHMETIC.get(node.op))?.(this, node, operands) ?? this.applied(node, operands);
  }

  /**
   * An operator applied to operands: one factor, with what a linear one hands on in front of it.
   * @param {Node} node @param {Sum[]} operands @returns {Sum}
   */
  applied(node, operands) {
    let front = UNIT;
    const inside = [...operands];
    const linear = LINEAR.get(node.op) ?? [];
    for (const k of linear) {
      if (!inside[k].length) return [];
      const [ahead, rest] = this.handedOn(inside[k], (name) => this.isScalar(name));
      [front, inside[k]] = [this.product(front, ahead), rest];
    }
    if (node.op === "select") inside[1] = inside[1].map((term) => this.onceMasked(this.rebuilt(inside[0], this.shapes(node)[0]), term));
    if (REARRANGES.includes(node.op) && isUnit(inside[0])) return [front];
    const shapes = this.shapes(node);
    let names = inside.map((form, k) => this.rebuilt(form, shapes[k]));
    for (const k of BROADCASTS.includes(node.op) ? linear : []) names = this.leaner(node, names, k, inside[k]);
    const isTwice = ["tril", "triu", "select"].includes(node.op) && this.isMasked(node, names);
    return [this.product(front, factorTerm(isTwice ? names[names.length - 1] : this.make(node.op, names, node.attrs)))];
  }

  /**
   * What all terms of an operand have in common and what goes in front, with the number; and the rest.
   * @param {Sum} form @param {(name: string) => boolean} isApart @returns {[Term, Sum]}
   */
  handedOn(form, isApart) {
    const [common, rest] = contentOf(form);
    const [ahead, kept] = common.split(isApart);
    return [ahead, rest.map((term) => this.product(kept, term))];
  }

  /**
   * The operands with what broadcasting makes good left out of one of them, where the result has the same shape.
   * @param {Node} node @param {string[]} names @param {number} k @param {Sum} form
   */
  leaner(node, names, k, form) {
    const short = this.built(form, true);
    if (short === names[k]) return names;
    const other = names.with(k, short);
    try {
      return isSameShape(this.builder.shape(this.make(node.op, other, node.attrs)), node.shape) ? other : names;
    } catch (error) {
      if (error instanceof ShapeError) return names;
      throw error;
    }
  }

  /** A term under a mask, without the same mask on its factors. @param {string} mask @param {Term} term */
  onceMasked(mask, term) {
    let found = new Term(term.number, NO_FACTORS, term.down, term.isDecimal);
    for (const [name, exponent] of term.up) {
      const inner = exponent === 1 ? this.parts(name, "select") : null;
      found = this.product(found, inner?.[0] === mask ? this.single(inner[1]) : factorTerm(name, exponent));
    }
    return found;
  }

  /** Whether a mask is put on what has it already. @param {Node} node @param {string[]} names */
  isMasked(node, names) {
    const inner = this.builder.node(names[names.length - 1]);
    return inner.op === node.op && isSame(inner.attrs, node.attrs) && isSame(inner.inputs.slice(0, -1), names.slice(0, -1));
  }

  /** How many entries axes of these sizes have, as a product; null where a variable bears the name of a size. @param {Dim[]} dims */
  entries(dims) {
    let found = UNIT;
    for (const dim of dims) {
      if (typeof dim === "number") found = found.times(dim);
      else if (namesOf(dim).some((name) => this.taken.has(name))) return null;
      else found = this.product(found, factorTerm(this.builder.size(dim)));
    }
    return found;
  }

  /**
   * The sum along an axis on which there is one entry that is not 0: of the identity matrix, or of values put somewhere.
   * @param {Node} node @param {number[]} axes @param {boolean} keeps
   */
  onlyEntry(node, axes, keeps) {
    const isScatter = node.op === "scatter" && axes[0] === attributesOf(node).get("axis");
    if (axes.length !== 1 || (node.op !== "eye" && !isScatter)) return null;
    if (node.op === "eye") return UNIT;
    const [inner] = node.inputs;
    if (this.isScalar(inner)) return this.single(inner);
    if (!isSameShape(this.builder.shape(inner), without(node.shape, axes[0]))) return null;
    return factorTerm(keeps ? this.make("expand", [inner], [["axis", axes]]) : inner);
  }
}

/**
 * What an operator makes of sums of products; null leaves it as it is.
 * @type {Map<string, (to: Collector, node: Node, operands: Sum[]) => Sum | null>}
 */
const SUM_RULES = new Map(Object.entries({
  count(to, node) {
    const [shape] = to.shapes(node);
    return unlessZero(to.entries(axesIn(node, shape.length).map((axis) => /** @type {Dim} */ (shape.at(axis)))));
  },
  exp: (to, node, [form]) => (form.length ? null : [UNIT]),
  // out of a sum goes what is the same along its axes; the sum of ones is how many there are
  sum(to, node, [form]) {
    const [shape] = to.shapes(node);
    if (!form.length) return [];
    const axes = axesIn(node, shape.length);
    const keeps = Boolean(attributeOf(node.attrs, "keepdims"));
    // what is left over would move
    const moves = !keeps && axes.some((axis) => axis >= axes.length - shape.length);
    const isApart = (/** @type {Shape} */ own) => {
      const missing = axes.map((axis) => axis < -own.length);
      return missing.every(Boolean) || (keeps && axes.every((axis, k) => missing[k] || own.at(axis) === 1));
    };
    const [ahead, inside] = to.handedOn(form, (name) => (moves ? to.isScalar(name) : isApart(to.builder.shape(name))));
    const number = isUnit(inside) ? to.entries(axes.map((axis) => /** @type {Dim} */ (shape.at(axis)))) : null;
    if (number) return unlessZero(to.product(ahead, number));
    const inner = to.rebuilt(inside, shape);
    const single = to.onlyEntry(to.builder.node(inner), axes, keeps);
    if (single) return [to.product(ahead, single)];
    const factors = node.attrs.length ? null : to.parts(inner, "mul");
    const isInner = factors && isSameShape(to.builder.shape(factors[0]), to.builder.shape(factors[1]));
    return [to.product(ahead, factorTerm(factors && isInner ? to.make("inner", factors) : to.make("sum", [inner], node.attrs)))];
  },
  // a mask of ones below the diagonal is the operator that leaves only that
  select(to, node, operands) {
    const mask = to.builder.node(to.rebuilt(operands[0], to.shapes(node)[0]));
    const below = (mask.op === "tril" || mask.op === "triu") && !isDeclared(mask) ? to.builder.node(mask.inputs[0]) : null;
    if (below?.op !== "ones" || !isSameShape(mask.shape, node.shape.slice(-2)) || !operands[1].length) return null;
    return to.applied(nodeOf(node.name, mask.op, { inputs: node.inputs.slice(1), shape: node.shape, attrs: mask.attrs }), operands.slice(1));
  },
}));

/** @param {Node} node @param {number} rank @returns {number[]} */
function axesIn(node, rank) {
  const axes = attributeOf(node.attrs, "axis") ?? Array.from({ length: rank }, (_, k) => k - rank);
  return Array.isArray(axes) ? axes : [axes];
}

/** @param {Term | null} term @returns {Sum | null} */
const unlessZero = (term) => term && (term.number ? [term] : []);
