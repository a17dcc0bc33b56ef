// An expression as nodes: each piece of syntax a row of the operator table, innermost first and without recursion.

import { EquationError, GraphError } from "./base.js";
import { BY_RANK, called, matmulOf, opOf } from "./operators.js";
import { isSingle } from "./sizes.js";
import { described } from "./shapes.js";
import { errorAt, expressionOf, sourceOf } from "./expressions.js";
import { constantOf, sizeOfTree } from "./literals.js";
import { applicationOf, applying } from "./applications.js";
import { INDEX_PLACES, checkIndex, computedIndices, takenBy } from "./entries.js";
import { checkOperator } from "./syntax.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./applications.js").Application} Application */
/** @typedef {{name: string, owner: string}} Called what a node is called, and the equation that an automatic name belongs to */

/** Adds the nodes of expressions to the builder of a text. */
export class Planter {
  /** @param {import("./names.js").Names} names */
  constructor(names) {
    this.names = names;
    this.builder = names.builder;
  }

  /** Add the nodes of one expression, innermost first; the last is called `name`. @param {Expr} root @param {string} name @param {string} [owner] @returns {string} */
  expression(root, name, owner = "") {
    /** @type {Map<Expr, string | number>} */
    const done = new Map();
    /** @type {[Expr, Application | null][]} */
    const waiting = [[root, null]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [node, ready] = next;
      if (node.kind === "name" || node.kind === "number") done.set(node, node.kind === "name" ? this.names.known(node) : node.number);
      else {
        const application = ready ?? this.application(node);
        if (!ready && application.operands.length) {
          waiting.push([node, application]);
          for (let k = application.operands.length - 1; k >= 0; k -= 1) waiting.push([application.operands[k], null]);
        } else done.set(node, this.apply(node, application, done, { name: node === root ? name : "", owner: owner || name }));
      }
    }
    const result = this.planted(/** @type {string | number} */ (done.get(root)));
    // a mere name or number on the right
    if (name && result !== name) this.builder.add("identity", [result], { name });
    return name || result;
  }

  /** @param {string | number} value */
  planted(value) {
    return typeof value === "number" ? this.builder.constant(value) : value;
  }

  /** What a node applies; the operands of an entry are its value and the indices that are variables. @param {Expr} node */
  application(node) {
    if (node.kind === "call") {
      if (this.names.broken.has(node.word)) throw new EquationError("");
      checkOperator(node, this.builder.nodes);
    }
    if (node.kind === "entry") return applying("", [node.operands[0], ...computedIndices(node, this.names.isVariable)]);
    if (node.kind === "list" || node.word === "//") return applying("", []);
    if (node.kind === "text") throw errorAt(node, `${sourceOf(node)} is text in quotes, which is no value`);
    return applicationOf(node, this.names.sizes);
  }

  /** @param {Expr} node @param {Application} application @param {Map<Expr, string | number>} done @param {Called} as @returns {string | number} */
  apply(node, application, done, as) {
    const { kind } = node;
    const children = application.operands;
    if (kind === "list") return this.builder.constant(...constantOf(node, this.names.isVariable));
    if (node.word === "//") return this.quotient(node, as);
    const values = children.map((child) => /** @type {string | number} */ (done.get(child)));
    if (kind === "prefix" && node.word === "+") return values[0];
    if (kind === "prefix" && typeof values[0] === "number") return -values[0];
    const operands = values.map((value) => this.planted(value));
    if (kind === "entry") return this.entry(node, new Map(children.map((child, k) => [child, operands[k]])), as);
    const op = this.operator(node, application.op, operands);
    const places = INDEX_PLACES.get(op);
    if (places && operands.length === opOf(op).args.length) {
      const [, place] = places;
      operands[place] = this.index(children[place], operands[place]);
      checkIndex(this.builder, node, op, operands, application.attributes);
    }
    return this.add(node, op, children, operands, application.attributes, as);
  }

  /** Add an application; what goes wrong stands at `node`. @param {Expr} node @param {string} op @param {Expr[]} trees @param {string[]} inputs @param {any} attrs @param {Called} as */
  add(node, op, trees, inputs, attrs, as) {
    try {
      return this.builder.add(op, inputs, { ...as, labels: () => trees.map(sourceOf), attrs });
    } catch (error) {
      throw error instanceof GraphError ? errorAt(node, error.message) : error;
    }
  }

  /** Which row of the table it is, where the ranks of the operands have a say. @param {Expr} node @param {string} op @param {string[]} operands */
  operator(node, op, operands) {
    if (node.kind !== "transpose" && op !== "@" && !BY_RANK.has(op)) return op;
    const ranks = operands.map((operand) => this.builder.shape(operand).length);
    if (op === "@") {
      if (ranks.includes(0)) throw errorAt(node, `${sourceOf(node)}: @ multiplies vectors and matrices; use * with a scalar`);
      return matmulOf(ranks);
    }
    if (node.kind !== "transpose") return called(op, ranks);
    if (ranks[0] > 1) return "transpose";
    const what = described(this.builder.shape(operands[0]));
    const asOuter = ranks[0] ? "; a column times a row is outer(a, b), a row times a column a @ b" : "";
    throw errorAt(node, `${sourceOf(node)}: .T is for matrices, but ${sourceOf(node.operands[0])} is ${what}${asOuter}`);
  }

  /** Add what an entry takes; the last is called as asked. @param {Expr} node @param {Map<Expr, string>} operands @param {Called} as */
  entry(node, operands, as) {
    let value = /** @type {string} */ (operands.get(node.operands[0]));
    const steps = takenBy(this.builder, node, value, operands, this.names.sizes);
    steps.forEach(({ op, index, attributes }, k) => {
      const given = index === null ? [] : [typeof index === "string" && this.builder.nodes.has(index) ? index : this.builder.size(index)];
      value = this.add(node, op, node.operands, [value, ...given], attributes, k === steps.length - 1 ? as : { ...as, name: "" });
    });
    return value;
  }

  /** What is given as an index in a call: where it is computed of sizes alone, such as D - 1, that size. @param {Expr} tree @param {string} planted */
  index(tree, planted) {
    if (["label", "constant", "size"].includes(this.builder.node(planted).op)) return planted;
    try {
      return this.builder.size(sizeOfTree(tree, new Set([...this.names.sizes].filter((size) => !this.names.isVariable(size)))));
    } catch (error) {
      if (error instanceof EquationError) return planted;
      throw error;
    }
  }

  /** A quotient of sizes, rounded down; one that comes to a sum or a product of sizes is that. @param {Expr} node @param {Called} as */
  quotient(node, { name, owner }) {
    let dim;
    try {
      dim = sizeOfTree(node, this.names.sizes);
    } catch (error) {
      throw error instanceof EquationError ? errorAt(node, `${sourceOf(node)}: // divides sizes alone, rounding down; ${error.fact}`) : error;
    }
    if (typeof dim === "number") return dim;
    return isSingle(dim) ? this.builder.size(dim) : this.expression(expressionOf(dim), name, owner);
  }
}
