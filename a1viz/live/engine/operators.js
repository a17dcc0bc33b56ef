// The operator table, as the build exported it: every fact of a row stands in Python, here are only the kernels, in another module.

/**
 * @typedef {object} Op
 * @property {string} name
 * @property {string} call
 * @property {string[]} args
 * @property {string} signature
 * @property {string[][]} inputs the axes that the signature names, a list an argument
 * @property {string[]} output
 * @property {string} latex
 * @property {string[]} partial
 * @property {string[]} adjoint
 * @property {boolean} joint
 * @property {string[]} vjp
 * @property {string[]} jvp
 * @property {string[]} rules those that pull a cotangent back; empty where there is none
 * @property {string} body
 * @property {string} muls
 * @property {string} text
 * @property {string} word what a call is written with
 * @property {number} binding
 * @property {number} textBinding
 * @property {string} sample
 * @property {boolean} batch
 * @property {Map<string, any>} defaults attributes with their defaults; undefined for what must be given
 * @property {string} shape
 * @property {boolean} ranked
 * @property {boolean} indexed
 * @property {boolean} isVariadic
 * @property {boolean} isElementwise
 */

/** All tables of the build, by name. @type {any} */
export const TABLES = /** @type {any} */ (globalThis).a1vizTables;
/** How much of everything there may be. @type {{[name: string]: number}} */
export const LIMITS = TABLES.limits;
export const LAST = -1;
export const BINDING_OF = { comparison: 5, sum: 10, function: 18, hadamard: 19, product: 20, fraction: 25, power: 30, superscript: 35, atom: 40 };
export const LEAVES = ["input", "parameter", "label", "constant", "size"];
/** @type {Map<string, string>} sign -> row */
export const INFIX = new Map(Object.entries(TABLES.infix));
/** @type {Map<string, [number, string[]]>} word -> the operand whose rank says which row, and the rows for a vector and for more */
export const BY_RANK = new Map(TABLES.by_rank.map((/** @type {any} */ row) => [row[0], [row[1], row[2]]]));
/** @type {Map<string, Op>} */
export const OPS = new Map(TABLES.ops.map((/** @type {any} */ row) => [row.call.split("(")[0], operatorOf(row)]));

/** @param {any} row @returns {Op} */
function operatorOf(row) {
  const name = row.call.split("(")[0];
  const [left, right] = row.signature.split("->");
  const word = (row.text ?? "").split("(")[0];
  const inputs = [...left.matchAll(/\(([^)]*)\)/g)].map((found) => axesOf(found[1]));
  const output = axesOf(right.trim().replace(/^[()]+|[()]+$/g, ""));
  const isVariadic = row.call.endsWith("...)");
  const [partial, adjoint, vjp, jvp] = [row.partial ?? [], row.adjoint ?? [], row.vjp ?? [], row.jvp ?? []];
  return {
    name, call: row.call, args: row.call.slice(name.length + 1).match(/\w+/g) ?? [], signature: row.signature, inputs, output,
    latex: row.latex, partial, adjoint, joint: row.joint ?? false, vjp, jvp, rules: [partial, adjoint, vjp].find((r) => r.length) ?? [],
    body: row.body ?? "", muls: row.muls ?? "0", text: row.text ?? "", word: BY_RANK.has(word) ? word : name,
    binding: row.binding ?? BINDING_OF.atom, textBinding: row.text_binding ?? BINDING_OF.atom, sample: row.sample ?? "any",
    batch: row.batch ?? false, defaults: new Map(row.defaults), shape: row.shape ?? "", ranked: row.ranked ?? false,
    indexed: row.indexed ?? false, isVariadic, isElementwise: !inputs.some((axes) => axes.length) && !output.length && !isVariadic && !row.shape,
  };
}

/** @param {string} text */
function axesOf(text) {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}

/** A row of the table. @param {string} name @returns {Op} */
export function opOf(name) {
  return /** @type {Op} */ (OPS.get(name));
}

/** What `@` is, by the ranks of its operands, 1 or more: NumPy's matmul. @param {number[]} ranks */
export function matmulOf([a, b]) {
  return [["inner", "vecmat"], ["matvec", "matmul"]][Number(a > 1)][Number(b > 1)];
}

/** The row that a call is, for operands of these ranks. @param {string} word @param {number[]} ranks */
export function called(word, ranks) {
  const [place, rows] = BY_RANK.get(word) ?? [ranks.length, []];
  return place < ranks.length ? rows[Number(ranks[place] > 1)] : word;
}
