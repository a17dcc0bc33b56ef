// Whether an answer that is no derivation is right: a shape, a number among the weights, a comparator, a value; and if not, what is wrong.

import { compareBits, listBits } from "./bit_lists.js";
import { counted } from "./base.js";
import { sizeOf } from "./sizes.js";
import { tensorFrom } from "./tensors.js";
import { run } from "./interpreter.js";
import { DECIMAL_NUMBER, calculation, plainShape, typedConstant, wordBeside } from "./answer_texts.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {{right: boolean, say: string, kind: string}} Verdict kind: right, unread, wrong */

// of outputs that are taken for equal, relative to the largest; and of numbers given as fractions
const OUTPUT_TOLERANCE = 1e-6;
const FEWEST_DIGITS = 2;
const MOST_CHARACTERS = 2000;
// what may stand before a value: a name and a sign, as in eta < 1/2; or two, as in 0 < eta < 1/2
const NAME_AND_SIGN = /^\s*(?:0\s*(?:<=?|≤)\s*)?(?:[\p{L}_]\w*\s*)?(?:=(?!=)|≈|<=?|≤)/u;
const LOWER_BOUND = /^\s*(?:[\p{L}_]\w*\s*)?(?:>=?|≥)/u;
// before an entry, as in w1 = 2, w2 = 1; it is left out where its number is the entry's place
const NUMBERED_NAME = /^[\p{L}_]+(\d+)\s*=(?!=)\s*/u;
const DECIMAL_COMMA = /^\s*[-−–]?\d+,\d+\s*$/;
const COLUMN = /(?<=[\])])\s*(?:\^\s*\{?\s*(?:T|⊤|\\top)\s*\}?|\.T|[ᵀ⊤'])\s*$/;
// a list as Python's tuple, not the arguments of a function
const LIST_PARENTHESES = /(^|[[,;(\s])\(((?:[^()]|\([^()]*\))*,(?:[^()]|\([^()]*\))*)\)/g;
// between numbers, not within parentheses
const BETWEEN_ENTRIES = /\s+(?![^()]*\))/;

/** @param {string} say @param {string} [kind] @returns {Verdict} */
const refused = (say, kind = "wrong") => ({ right: false, say, kind });
/** @type {Verdict} */
const RIGHT = { right: true, say: "right", kind: "right" };

/** Marks a shape: sizes as numbers or letters, as in `3 x 4`, `(D, H)`, `[3, 4]`. @param {(number | string)[]} wanted @param {Map<string, number>} sizes what letters are @param {string} answer @returns {Verdict} */
export function markShape(wanted, sizes, answer) {
  const found = plainShape(answer).replace(/[[\](){}]/g, " ").split(/[\s,;]+/).filter(Boolean);
  if (found.length === 0 && !/[[({\w]/.test(answer)) return refused("there is no answer yet", "unread");
  const odd = found.find((part) => !/^(\d{1,9}|[A-Za-z][\w.]*([-+*/]+\w+)*)$/.test(part));
  if (odd !== undefined) return refused(`a shape is sizes such as 3 x 4 or (D, H), or () for a single number; ${odd} is no size`, "unread");
  const numberOf = (/** @type {number | string} */ dim) => (typeof dim === "number" ? dim : sizeOf(dim, sizes));
  const isSize = (/** @type {string} */ part, /** @type {number | string} */ dim) => (/^\d/.test(part) ? Number(part) === numberOf(dim) : part === String(dim));
  if (found.length !== wanted.length) {
    const isColumn = wanted.length === 1 && found.length === 2 && found.some((part, k) => part === "1" && isSize(found[1 - k], wanted[0]));
    if (isColumn) return refused("it is a vector, which has 1 axis: leave out the 1");
    const asked = wanted.length ? `it has ${counted(wanted.length, "axes")}` : "it is a single number, which has no axes: ()";
    return refused(`${asked}, and the answer has ${found.length}`);
  }
  if (found.every((part, k) => isSize(part, wanted[k]))) return RIGHT;
  if ([...found].reverse().every((part, k) => isSize(part, wanted[k]))) return refused("the sizes are right, but the other way round: rows come first, then columns");
  const wrong = found.findIndex((part, k) => !isSize(part, wanted[k]));
  return refused(`the size of axis ${wrong + 1} is not ${found[wrong]}`);
}

/**
 * Marks a number that is hidden in the values of a graph: any that gives the right outputs.
 * @param {Graph} graph @param {{leaf: string, entry: number, given: Record<string, any>, outputs: Record<string, any>}} task an entry is counted in the flat array @param {string} answer @returns {Verdict}
 */
export function markWeight(graph, { leaf, entry, given, outputs }, answer) {
  const plain = answer.replace(/^[^=]*=/, "").replace(/^\s*\[+([^[\],;]*)\]+\s*$/, "$1");
  const typed = typedConstant(plain);
  if (typed === undefined) return refused(pointText(plain) || "the answer is a number, such as -2 or 1/3", "unread");
  const arrays = new Map(Object.entries(given).map(([name, value]) => [name, tensorFrom(value)]));
  const { shape, data } = /** @type {import("./tensors.js").Tensor} */ (arrays.get(leaf));
  arrays.set(leaf, { shape, data: data.map((x, j) => (j === entry ? typed : x)) });
  const found = run(graph, arrays);
  for (const [name, value] of Object.entries(outputs)) {
    const [wanted, own] = [tensorFrom(value), /** @type {import("./tensors.js").Tensor} */ (found.get(name))];
    const size = Math.max(...wanted.data.map(Math.abs), 1);
    const wrong = wanted.data.findIndex((x, j) => !(Math.abs(x - own.data[j]) <= OUTPUT_TOLERANCE * size));
    if (wrong < 0) continue;
    // of a batch the first example that is wrong
    const each = wanted.shape.length > graph.node(name).shape.length ? wanted.data.length / wanted.shape[0] : wanted.data.length;
    const example = Math.floor(wrong / each);
    const part = (/** @type {Float64Array} */ all) => shortList(all.slice(example * each, (example + 1) * each));
    const at = each < wanted.data.length ? ` for example ${example + 1}` : "";
    return refused(`with ${typed} there, ${name} is ${part(own.data)}${at}, and it should be ${part(wanted.data)}`);
  }
  return RIGHT;
}

/** A few numbers in brackets. @param {ArrayLike<number>} numbers */
function shortList(numbers) {
  const all = Array.from(numbers, (x) => String(Number(x.toPrecision(5))));
  return all.length === 1 ? all[0] : `[${all.slice(0, 8).join(", ")}${all.length > 8 ? ", ..." : ""}]`;
}

/**
 * Marks a comparator that is missing: right if the network then sorts, or, with `k`, gives the k-th smallest; wires are counted from 1.
 * @param {{n: number, comparators: number[][], place: number, k?: number}} task `place` is where in the list the missing one stands @param {string} answer @returns {Verdict}
 */
export function markComparator({ n, comparators, place, k = 0 }, answer) {
  const plain = answer.replace(/\b(?:and|to|wires?)\b/gi, ",");
  const found = plain.match(/\d+/g)?.map(Number) ?? [];
  if (found.length !== 2 || /[^\d\s,;:()[\]{}x×→\-–y]/i.test(plain)) return refused("a comparator is two wires, such as [1, 2]", "unread");
  const pair = found.sort((a, b) => a - b);
  if (pair[0] < 1 || pair[1] > n) return refused(`wires are counted from 1 to ${n}`, "unread");
  if (pair[0] === pair[1]) return refused("a comparator joins two wires, not one with itself", "unread");
  const input = failingInput(n, [...comparators.slice(0, place), pair, ...comparators.slice(place)], k);
  if (input === null) return RIGHT;
  const output = sortedBy(input, [...comparators.slice(0, place), pair, ...comparators.slice(place)]);
  const said = k ? `wire ${k} holds ${output[k - 1]}, not the ${k}${ENDINGS.get(k) ?? "th"} smallest` : `the outputs are ${output.join(" ")}`;
  return refused(`with ${pair[0]}–${pair[1]} there, the inputs ${input.join(" ")} go wrong: ${said}`);
}

const ENDINGS = new Map([[1, "st"], [2, "nd"], [3, "rd"]]);

/** @param {number[]} input @param {number[][]} comparators @returns {number[]} */
function sortedBy(input, comparators) {
  const wires = [...input];
  for (const [i, j] of comparators) if (wires[i - 1] > wires[j - 1]) [wires[i - 1], wires[j - 1]] = [wires[j - 1], wires[i - 1]];
  return wires;
}

/**
 * An input of zeros and ones that a network does not sort, or null: by the 0-1 principle there is one if there is any. All 2^n inputs at once, a bit each.
 * @param {number} n at most 16 @param {number[][]} comparators of wires counted from 1 @param {number} [k] only the k-th smallest matters, which wire k holds
 * @returns {number[] | null}
 */
export function failingInput(n, comparators, k = 0) {
  const words = Math.max(2 ** n / 32, 1);
  const inputs = Array.from({ length: n }, (_, w) => Uint32Array.from({ length: words }, (_, word) => listBits(w, word)));
  const wires = inputs.map((bits) => bits.slice());
  for (const [i, j] of comparators) compareBits(wires[i - 1], wires[j - 1]);
  // sorted: the wire of rank r holds a 1 where more than n - r inputs are
  const isFewer = (/** @type {number} */ at, /** @type {number} */ rank) => inputs.reduce((ones, bits) => ones + ((bits[at >> 5] >>> (at & 31)) & 1), 0) <= n - rank;
  const checked = k ? [k] : Array.from({ length: n }, (_, w) => w + 1);
  for (let at = 0; at < 2 ** n; at += 1) {
    if (checked.some((rank) => ((wires[rank - 1][at >> 5] >>> (at & 31)) & 1) === Number(isFewer(at, rank)))) {
      return inputs.map((bits) => (bits[at >> 5] >>> (at & 31)) & 1);
    }
  }
  return null;
}

/** Marks a number or nested lists: right to the digits given, of which there are at least two unless it is exact. @param {any} wanted @param {string} answer @returns {Verdict} */
export function markValue(wanted, answer) {
  const { shape, data } = tensorFrom(wanted);
  if (answer.length > MOST_CHARACTERS) return refused(`an answer has at most ${MOST_CHARACTERS} characters`, "unread");
  const plain = (shape.length ? answer.replace(COLUMN, "").replace(/\band\b/g, ",") : answer).replace(NAME_AND_SIGN, "");
  const sign = plain.match(LOWER_BOUND);
  if (sign) return refused(`give the number alone, without ${sign[0].trim()}`, "unread");
  if (data.length === 1 && !plain.includes("[")) return markNumber(data[0], plain);
  const parts = typedEntries(plain, data.length).map((part, k) => part.replace(NUMBERED_NAME, (name, place) => (Number(place) === k + 1 ? "" : name)));
  if (!parts.length) return refused("there is no answer yet", "unread");
  if (parts.length !== data.length) {
    const asked = shape.length ? counted(data.length, "entries") : "a single number";
    return refused(`expected ${asked}, and the answer has ${parts.length}`);
  }
  const depths = [...plain.matchAll(/\[/g)].length;
  if (shape.length > 1 && depths > 1 && depths !== 1 + shape.slice(0, -1).reduce((rows, _, k) => rows + shape.slice(0, k + 1).reduce((a, b) => a * b, 1), 0)) {
    return refused(`the entries are not in ${shape.join(" x ")}: write one list a row`, "wrong");
  }
  for (let k = 0; k < parts.length; k += 1) {
    const fault = entryFault(parts[k], data[k]);
    if (fault) return refused(data.length > 1 ? `entry ${placeIn(shape, k)}: ${fault}` : fault, fault.startsWith("the answer is no") ? "unread" : "wrong");
  }
  return RIGHT;
}

/** Marks a single number, with the steps to it or without: all that are numbers have to be right. @param {number} wanted @param {string} text @returns {Verdict} */
function markNumber(wanted, text) {
  const steps = calculation(text);
  const last = steps[steps.length - 1];
  if (!last) return refused("there is no answer yet", "unread");
  const entries = typedEntries(last, 1);
  if (entries.length === 1) {
    const numbers = [...steps.slice(0, -1).filter((step) => typedConstant(step) !== undefined), entries[0]];
    const fault = numbers.map((step) => entryFault(step, wanted)).find(Boolean);
    return fault ? refused(fault, fault.startsWith("the answer is no") ? "unread" : "wrong") : RIGHT;
  }
  const point = pointText(last);
  if (point) return refused(point, "unread");
  return refused(`expected a single number, and the answer has ${entries.length}`);
}

/** What to say of a decimal comma; nothing of another text. @param {string} text */
const pointText = (text) => (DECIMAL_COMMA.test(text) ? `write a point before the decimals: ${text.trim().replace(",", ".")}` : "");

/**
 * The numbers of a list: what brackets, commas, semicolons and lines divide; where that is not as many as are wanted, spaces divide too.
 * The parentheses of a list are those around a comma; any others belong to a number, as in ln(2) and (1 + 3)/2.
 * @param {string} text @param {number} wanted @returns {string[]}
 */
function typedEntries(text, wanted) {
  let [before, plain] = ["", text];
  while (plain !== before) [before, plain] = [plain, plain.replace(LIST_PARENTHESES, "$1[$2]")];
  const found = plain.split(/[[\],;\n]/).map((part) => part.trim()).filter(Boolean);
  const isList = found.length > 1 || wanted > 1;
  return !isList || found.length === wanted ? found : found.flatMap((part) => part.split(BETWEEN_ENTRIES)).filter(Boolean);
}

/** Where an entry stands, counted from 1. @param {number[]} shape @param {number} k */
function placeIn(shape, k) {
  let [at, rest] = [/** @type {number[]} */ ([]), k];
  for (const size of [...shape].reverse()) [at, rest] = [[(rest % size) + 1, ...at], Math.floor(rest / size)];
  return at.join(", ");
}

/** What is wrong with one number, or nothing. @param {string} text @param {number} wanted */
function entryFault(text, wanted) {
  const plain = text.replace(/[−–]/g, "-");
  const typed = typedConstant(plain);
  const word = typed === undefined ? wordBeside(text) : "";
  if (word) return `the answer is not a number alone: leave out ${word}`;
  if (typed === undefined) return `the answer is not a number: ${text.slice(0, 40)}`;
  if (Math.abs(typed - wanted) <= 1e-9 * Math.abs(wanted)) return "";
  const [, , decimals, only, power = "0"] = plain.match(DECIMAL_NUMBER) ?? [];
  // a fraction has no digits that could be too few
  const isDecimal = decimals !== undefined || only !== undefined;
  const unit = 10 ** (Number(power) - (decimals ?? only ?? "").length);
  const near = isDecimal ? unit / 2 + 1e-9 * Math.abs(wanted) : OUTPUT_TOLERANCE * Math.abs(wanted);
  if (Math.abs(typed - wanted) > near) {
    if (Math.abs(typed + wanted) <= near) return `the sign of ${text} is wrong`;
    return `${text} is ${typed > wanted ? "too large" : "too small"}`;
  }
  const digits = plain.replace(/e.*$/i, "").replace(/[-+.]/g, "").replace(/^0+/, "").length;
  return isDecimal && digits < FEWEST_DIGITS ? `${text} is right so far; give at least ${FEWEST_DIGITS} digits` : "";
}
