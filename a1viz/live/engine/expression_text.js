// A variable's expression, and all equations of a graph, as text in the equation language. The end of Python's `nodes`.

import { BINDING_OF, TABLES, opOf } from "./operators.js";
import { innerNodes, isDeclared, isLeaf } from "./nodes.js";
import { PrintedOperand, appliedText, attributesText, numberOperand, sizeOperand } from "./printing.js";

/** @typedef {import("./nodes.js").Graph} Graph */

// characters of one printed expression
const EXPRESSION_CHARACTERS = 4000;

/**
 * The right-hand side of `name` in the equation language; `columns` writes vectors as columns, `W.T @ x` for `x @ W`.
 * What would take more than `limit` characters is three dots.
 * @param {Graph} graph @param {string} name @param {{columns?: boolean, limit?: number}} [how]
 */
export function expressionText(graph, name, { columns = false, limit = EXPRESSION_CHARACTERS } = {}) {
  /** @type {Map<string, PrintedOperand>} */
  const printed = new Map();
  const rankOf = (/** @type {string} */ i) => graph.node(i).shape.length;
  for (const node of innerNodes(graph, name)) {
    if (isLeaf(node)) {
      const operand = { constant: () => numberOperand(node.value), size: () => sizeOperand(node.value) }[node.op];
      printed.set(node.name, operand ? operand() : new PrintedOperand(node.name));
      continue;
    }
    let op = opOf(node.op);
    const nodes = node.inputs.map((i) => graph.node(i));
    const operands = nodes.map((i) => (isDeclared(i) ? undefined : printed.get(i.name)) ?? new PrintedOperand(i.name));
    const [a, b] = operands;
    const byNumber = ["constant", "size"].includes(nodes.at(-1)?.op ?? "");
    let text = appliedText(op, operands, attributesText(op, node.attrs, nodes.map((i) => i.shape), byNumber));
    if (node.op === "identity" && node.name === name) text = a.text;
    else if (node.op === "inner" && nodes.every((i) => i.shape.length === 1)) {
      text = `${a.within(20)} @ ${b.within(21)}`;
      op = opOf("matvec");
    } else if (node.op in TABLES.vector && rankOf(node.inputs[TABLES.vector[node.op]]) > 1) {
      // would be read as a matrix
      text = `${node.op}(${operands.join(", ")})`;
      op = opOf("inner");
    } else if (node.op === "vecmat" && columns) text = `${b.within(40)}.T @ ${a.within(21)}`;
    else if (node.op === "neg" && columns && a.binding === BINDING_OF.product) {
      // -a * b is -(a * b)
      text = `-${a}`;
      op = opOf("mul");
    }
    printed.set(node.name, new PrintedOperand(text.length <= limit || [...text].length <= limit ? text : "...", op.textBinding));
  }
  return String(printed.get(name));
}

/** The graph's equations as text; what `parse` reads back, blocks excepted. @param {Graph} graph */
export function equationsText(graph) {
  const nodes = graph.nodes.filter((node) => isDeclared(node) && !isLeaf(node));
  return nodes.map((node) => `${node.name} = ${expressionText(graph, node.name)}`).join("\n");
}
