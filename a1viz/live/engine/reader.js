// What the equations of a text mean: statements to nodes, one after the other. Whatever a text says, what is wrong with it is collected.

import { EquationError, GraphError, grouped } from "./base.js";
import { LIMITS } from "./operators.js";
import { isLeaf } from "./nodes.js";
import { sourceOf } from "./expressions.js";
import { Names } from "./names.js";
import { Planter } from "./planter.js";
import { checkName } from "./declarations.js";

/** @typedef {import("./syntax.js").Equation} Equation */

const NOUNS = new Map([["input", "an input"], ["parameter", "a parameter"], ["label", "a class label"]]);

/** The error where it stands, or at the beginning of its statement. @param {EquationError | GraphError} error @param {Equation} statement */
function placed(error, statement) {
  if (error instanceof EquationError) return error.line ? new EquationError(error.fact, error.line, error.column) : statement.error(error.fact);
  return statement.error(error.message);
}

/** Turns statements into nodes; lives as long as one text is read. */
export class EquationReader {
  /** @param {import("./building.js").Builder} builder @param {EquationError[]} problems @param {Equation[]} statements @param {Iterable<string>} [sizes] names of sizes that no shape need have */
  constructor(builder, problems, statements, sizes = []) {
    this.builder = builder;
    this.problems = problems;
    this.statements = statements;
    // what uses these is not reported again
    this.broken = new Set(problems.flatMap((error) => error.names));
    this.names = new Names(builder, statements, this.broken, sizes);
    this.planter = new Planter(this.names);
  }

  /** The names assigned, in order; what is wrong is added to the problems. */
  targets() {
    /** @type {string[]} */
    const done = [];
    for (const statement of this.statements) {
      try {
        this.statement(statement);
        done.push(...statement.names);
      } catch (error) {
        if (!(error instanceof EquationError || error instanceof GraphError)) throw error;
        for (const name of statement.names) this.broken.add(name);
        if (error.message) this.problems.push(placed(error, statement));
        if (this.problems.length >= LIMITS.EQUATION_PROBLEMS) break;
      }
      if (this.builder.nodes.size > this.builder.most) {
        const said = `here the graph has more than ${grouped(this.builder.most)} variables, those inside equations included; write a smaller one`;
        this.problems.push(statement.error(said));
        break;
      }
    }
    return done;
  }

  /** @param {Equation} statement */
  statement(statement) {
    const { names, value } = statement;
    for (const name of names) {
      checkName(name);
      if (this.builder.nodes.has(name) || this.names.lines.get(name) !== statement) {
        throw statement.error(`${name} is given twice${this.before(name, statement)}; each name is assigned once`);
      }
    }
    const twice = names.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
    if (twice !== undefined) throw statement.error(`${twice} is given twice; each name is assigned once`);
    if (names.length > 1) throw statement.error(`${names.length} names on the left need a block on the right, got ${sourceOf(value)}`);
    this.planter.expression(value, names[0]);
  }

  /** @param {string} name @param {Equation} statement */
  before(name, statement) {
    const node = this.builder.nodes.get(name);
    if (node && isLeaf(node)) return `, first as ${NOUNS.get(node.op)}`;
    const first = this.names.lines.get(name)?.line ?? 0;
    return first < statement.line ? `, first on line ${first}` : "";
  }
}
