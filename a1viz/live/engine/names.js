// What a name means while a text is read: a variable, else a size, else a constant; and what is said where it means nothing.

import { EquationError, quoted } from "./base.js";
import { opOf } from "./operators.js";
import { isLeaf } from "./nodes.js";
import { ofVariable } from "./suggestions.js";
import { OPERATORS, errorAt } from "./expressions.js";
import { CONSTANTS } from "./literals.js";
import { cycleThrough, namesIn } from "./syntax.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./syntax.js").Equation} Equation */

/** The names of a text: those there are already, those its statements assign, those found wrong, and names of sizes given. */
export class Names {
  /** @param {import("./building.js").Builder} builder @param {Equation[]} statements @param {Set<string>} broken @param {Iterable<string>} [givenSizes] */
  constructor(builder, statements, broken, givenSizes = []) {
    this.builder = builder;
    this.statements = statements;
    this.broken = broken;
    this.givenSizes = givenSizes;
    /** @type {Map<string, Equation>} where each name is assigned first */
    this.lines = new Map();
    for (const statement of statements) for (const name of statement.names) if (!this.lines.has(name)) this.lines.set(name, statement);
    /** @type {Map<string, string[]> | null} */
    this.knownUses = null;
    /** @type {Set<string> | null} */
    this.knownSizes = null;
    this.isVariable = (/** @type {string} */ name) => builder.nodes.has(name) || this.lines.has(name) || broken.has(name);
  }

  /** Which names each assigned name is computed from. */
  get uses() {
    this.knownUses ??= new Map(this.statements.flatMap(({ names, value }) => names.map((name) => [name, [...namesIn(value)].sort()])));
    return this.knownUses;
  }

  /** The names of sizes: those of the leaves' shapes and classes, and those given besides. */
  get sizes() {
    const dims = () => [...this.builder.nodes.values()].filter(isLeaf).flatMap((node) => [...node.shape, node.value]);
    this.knownSizes ??= new Set([...dims().filter((dim) => typeof dim === "string"), ...this.givenSizes]);
    return this.knownSizes;
  }

  /** The variable of a name, else the size, else the constant. @param {Expr} node @returns {string | number} */
  known(node) {
    const name = node.word;
    if (this.builder.nodes.has(name)) return name;
    // its own equation is reported already
    if (this.broken.has(name)) throw new EquationError("");
    const assigned = this.lines.get(name);
    if (assigned) {
      const cycle = cycleThrough(name, this.uses);
      for (const link of cycle) this.broken.add(link);
      if (cycle.length) {
        const links = cycle.length < 12 ? cycle : [...cycle.slice(0, 6), "...", ...cycle.slice(-4)];
        throw errorAt(node, `${name} is part of a cycle: ${links.join(" -> ")}; no variable can be computed from itself`);
      }
      throw errorAt(node, `${name} is used before it is given; move its equation, on line ${assigned.line}, up`);
    }
    if (this.sizes.has(name)) return this.builder.size(name);
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return constant;
    if (OPERATORS.includes(name)) throw errorAt(node, `${name} is an operator; give it arguments: ${opOf(name).call}`);
    throw errorAt(node, `unknown name ${quoted(name)}${ofVariable(name, this.builder.nodes.keys())}`);
  }
}
