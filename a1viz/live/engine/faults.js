// What is wrong with an answer: compared term by term, then with the answers one small change away, then part by part with the derivation.

import { A1vizError, counted, keyOf } from "./base.js";
import { expressionOf } from "./expressions.js";
import { isLeaf } from "./nodes.js";
import { OPS } from "./operators.js";
import { areNear, NEAR_ENOUGH } from "./questions.js";

/** @typedef {import("./questions.js").Question} Question */
/** @typedef {import("./expressions.js").Expr} Expr */

const ENDING_OF_SIGNALS = /_bar\d*(_total)?$/;
// how many small changes of an answer are tried, how many terms are compared, how many numbers are, and how often one is guessed better
const [CHANGES, MOST_TERMS, NUMBERS_TRIED, GUESSES] = [120, 40, 12, 8];
const LONGEST_PART = 80;
// of operators whose last operand gives the shape of the result alone
const GIVING_SHAPES = new Set(["scattered", "untaken", "like_last", "axes_back"]);

/** What is wrong, or nothing where that is not found. @param {Question} question @param {string} text @param {number[][]} mine its values at the points, where it has the right shape */
export function faultText(question, text, mine) {
  const solution = question.solution;
  const [terms, isWhole] = solution ? termsText(question, text, solution) : ["", false];
  const ratio = ratioText(mine, question.truth, "the answer");
  return (isWhole && terms) || changeText(question, text) || wrongNumberText(question, text) || ratio || placeText(question, text, solution) || terms;
}

/** The one number that `a` is of `b` at every point, or 0. @param {number[][]} a @param {number[][]} b */
function ratioOf(a, b) {
  const [mine, other] = [a.flat(), b.flat()];
  if (mine.length !== other.length) return 0;
  const below = other.reduce((sum, x) => sum + x * x, 0);
  const ratio = below ? mine.reduce((sum, x, k) => sum + x * other[k], 0) / below : 0;
  return Math.abs(ratio) > NEAR_ENOUGH && areNear(a, b.map((numbers) => numbers.map((x) => ratio * x))) ? ratio : 0;
}

/** @param {number[][]} mine @param {number[][]} truth @param {string} what */
function ratioText(mine, truth, what) {
  const ratio = ratioOf(mine, truth);
  if (!ratio) return "";
  if (Math.abs(ratio + 1) < NEAR_ENOUGH) return `the sign of ${what} is wrong`;
  return `${what} is ${Number(ratio.toPrecision(6))} times what it should be`;
}

/** The terms that an expression is the sum of, as texts. @param {string} text @returns {string[]} */
function termsOfText(text) {
  /** @type {string[]} */
  const found = [];
  /** @type {[Expr, number][]} */
  const waiting = [[expressionOf(text), 1]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [node, sign] = next;
    if (node.kind === "infix" && (node.word === "+" || node.word === "-")) {
      waiting.push([node.operands[1], node.word === "-" ? -sign : sign], [node.operands[0], sign]);
    } else if (node.kind === "prefix") waiting.push([node.operands[0], node.word === "-" ? -sign : sign]);
    else found.push((sign < 0 ? "-" : "") + sliceOf(text, node));
  }
  return found;
}

/** A part of a text, with the brackets that it needs. @param {string} text @param {Expr} node */
function sliceOf(text, node) {
  let [start, end] = [node.start, node.end];
  const isOpen = () => [...text.slice(start, end)].reduce((depth, c) => depth + Number("([".includes(c)) - Number(")]".includes(c)), 0);
  while (isOpen() < 0 && start > 0) start -= 1;
  while (isOpen() > 0 && end < text.length) end += 1;
  return text.slice(start, end);
}

/** Which terms are found, which are wrong, and which paths are missing; and whether that explains all. @param {Question} question @param {string} text @param {string} solution @returns {[string, boolean]} */
function termsText(question, text, solution) {
  const [mine, right] = [termsOfText(text), termsOfText(solution)];
  if (mine.length + right.length > MOST_TERMS) return ["", false];
  /** @type {[number[][][], number[][][]]} */
  const [own, wanted] = [valuesOfTerms(question, text, mine), valuesOfTerms(question, solution, right)];
  if (!own.length || !wanted.length) return ["", false];
  const left = new Set(right.keys());
  const open = [...mine.keys()].filter((j) => !takeFirst(left, (i) => areNear(own[j], wanted[i])));
  const found = right.length - left.size;
  const said = right.length > 1 ? [`${found} of ${counted(right.length, "terms")} found`] : [];
  let isWhole = true;
  for (const j of open) {
    const i = takeFirst(left, (k) => ratioOf(own[j], wanted[k]) !== 0);
    isWhole &&= i > 0;
    if (i) said.push(ratioText(own[j], wanted[i - 1], cut(mine[j])));
    else {
      const near = takeFirst(left, (k) => keyOf(pathsOf(question, right[k])) === keyOf(pathsOf(question, mine[j])));
      said.push(near ? nearText(question, mine[j], right[near - 1]) : `${cut(mine[j])} is not a term of the answer`);
    }
  }
  for (const i of left) if (right.length > 1 || !hasNumbersOnly(question, right[i])) said.push(missingText(question, right[i]));
  return [said.join("; "), isWhole];
}

/** The values of the terms of a sum; none where these cannot be computed by themselves. @param {Question} question @param {string} text @param {string[]} terms @returns {number[][][]} */
function valuesOfTerms(question, text, terms) {
  try {
    return question.valuesOf(question.read(text, terms)).slice(1);
  } catch (error) {
    if (!(error instanceof A1vizError)) throw error;
    return [];
  }
}

/** A part of an answer, not too long to be told. @param {string} part */
const cut = (part) => (part.length > LONGEST_PART ? `${part.slice(0, LONGEST_PART)}…` : part);

/** The first of some numbers that fits, counted from 1, taken out; 0 where none does. @param {Set<number>} left @param {(k: number) => boolean} fits */
function takeFirst(left, fits) {
  for (const k of left) {
    if (fits(k)) {
      left.delete(k);
      return k + 1;
    }
  }
  return 0;
}

/** An expression and its parts, in its order: not those that only give a shape. @param {Expr} whole */
function readParts(whole) {
  const [found, waiting] = [/** @type {Expr[]} */ ([]), [whole]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { kind, word, operands, named } = next;
    found.push(next);
    const read = kind === "call" && GIVING_SHAPES.has(OPS.get(word)?.shape ?? "") ? operands.slice(0, -1) : operands;
    waiting.push(...[...read, ...named.map(([, value]) => value)].reverse());
  }
  return found;
}

/** The variables whose values an expression reads. @param {Question} question @param {Expr} term @returns {string[]} */
function readBy(question, term) {
  const nodes = readParts(term).map(({ kind, word }) => (kind === "name" ? question.units.get(word) ?? question.node(word) : undefined));
  return [...new Set(nodes.flatMap((node) => node?.name ?? []))];
}

/** The variables through whose error signals a term comes. @param {Question} question @param {string} term */
function pathsOf(question, term) {
  const signals = readBy(question, expressionOf(term)).filter((name) => ENDING_OF_SIGNALS.test(name));
  return signals.map((name) => name.replace(ENDING_OF_SIGNALS, "")).sort();
}

/** What a term lacks beside the right one with the same path. @param {Question} question @param {string} term @param {string} right */
function nearText(question, term, right) {
  const lacking = lackText(question, expressionOf(term), expressionOf(right));
  if (lacking) return `${cut(term)} is not right: ${lacking}`;
  return placeText(question, term, right) || `${cut(term)} is made of the right variables, but not in the right way`;
}

/**
 * On which variables a part should depend, and on which not; nothing where they are the right ones. A variable that is a number can be written as
 * one, and in what calls functions, softmax(y), a variable by those that it is made of.
 * @param {Question} question @param {Expr} part @param {Expr} right
 */
function lackText(question, part, right) {
  const [own, wanted] = [readBy(question, part), readBy(question, right)];
  const isMade = readParts(part).some(({ kind }) => kind === "call");
  const known = new Set([...own, ...followingFrom(question, isMade ? own : [])]);
  const allowed = new Set([...wanted, ...followingFrom(question, isMade ? wanted : []), ...madeOf(question, isMade ? wanted : [])]);
  const [more, less] = [wanted.filter((name) => !known.has(name)), own.filter((name) => !allowed.has(name))];
  const said = [...(more.length ? [`it has to depend on ${more.join(" and ")}`] : []), ...(less.length ? [`not on ${less.join(" and ")}`] : [])];
  return said.join(", ").replace(/^not/, "it does not depend");
}

/** What can be computed from some variables, they themselves among it. @param {Question} question @param {string[]} names */
function followingFrom(question, names) {
  const found = new Set(names);
  for (const node of question.joint.nodes) if (node.op === "constant" || (!isLeaf(node) && node.inputs.every((i) => found.has(i)))) found.add(node.name);
  return found;
}

/** What some variables are made of, but not their error signals. @param {Question} question @param {string[]} names */
function madeOf(question, names) {
  const found = new Set(names.filter((name) => !ENDING_OF_SIGNALS.test(name)));
  for (const node of [...question.joint.nodes].reverse()) if (found.has(node.name)) for (const i of node.inputs) found.add(i);
  return found;
}

/** Whether the error signals of a term are numbers, which need not be written as signals. @param {Question} question @param {string} term */
function hasNumbersOnly(question, term) {
  const numbers = followingFrom(question, []);
  return readBy(question, expressionOf(term)).every((name) => numbers.has(name) || !ENDING_OF_SIGNALS.test(name));
}

/** @param {Question} question @param {string} term */
function missingText(question, term) {
  const paths = pathsOf(question, term);
  return paths.length ? `the path through ${paths.join(" and ")} is missing` : "a term that comes from the loss itself is missing";
}

// --- small changes --------------------------------------------------------------------------------------------------

/** What one small change would make right: a sign, a transpose, + for *. @param {Question} question @param {string} text */
export function changeText(question, text) {
  for (const [changed, say] of changesOf(question, text).slice(0, CHANGES)) if (question.isTrue(changed)) return say;
  return "";
}

const OTHER_SIGNS = new Map(Object.entries({ "+": ["-", "*"], "-": ["+", "*"], "*": ["+", "@", "/"], "/": ["*"], "@": ["*"], "**": ["*"] }));

/** A changed answer, and what to say where it is right. @param {Question} question @param {string} text @returns {[string, string][]} */
function changesOf(question, text) {
  /** @type {[string, string][]} */
  const found = [[`-(${text})`, "the sign of the answer is wrong"]];
  for (const match of text.matchAll(/\*\*|[-+*/@]|\.T\b|[A-Za-z_]\w*/g)) {
    const [word, at] = [match[0], match.index ?? 0];
    const [before, after] = [text.slice(0, at), text.slice(at + word.length)];
    if (word === ".T") found.push([before + after, `${before.match(/[\w)\]]+$/)?.[0] ?? "a factor"} is transposed, and should not be`]);
    else if ((question.node(word)?.shape.length ?? 0) > 1 && !after.startsWith(".T")) {
      found.push([`${before}${word}.T${after}`, `${word} has to be transposed: ${word}.T`]);
    } else for (const other of OTHER_SIGNS.get(word) ?? []) found.push([`${before}${other}${after}`, signText(word, other, before, after)]);
  }
  for (const match of text.matchAll(/outer\(([^,()]+), ([^,()]+)\)/g)) {
    const [[whole, a, b], at] = [match, match.index ?? 0];
    found.push([`${text.slice(0, at)}outer(${b}, ${a})${text.slice(at + whole.length)}`, `${whole} is the wrong way round: outer(${b}, ${a})`]);
  }
  // brackets that close before what is to be transposed
  for (const match of text.matchAll(/\)(?!\.T)/g)) {
    const at = (match.index ?? 0) + 1;
    found.push([`${text.slice(0, at)}.T${text.slice(at)}`, `${cut(bracketBefore(text, at))} has to be transposed`]);
  }
  return found;
}

/** The part in brackets that ends at a place. @param {string} text @param {number} end */
function bracketBefore(text, end) {
  let depth = 0;
  for (let start = end - 1; start >= 0; start -= 1) {
    depth += Number(text[start] === ")") - Number(text[start] === "(");
    if (!depth) return (text.slice(0, start).match(/\w*$/)?.[0] ?? "") + text.slice(start, end);
  }
  return "what stands in brackets";
}

/** @param {string} word @param {string} other @param {string} before @param {string} after */
function signText(word, other, before, after) {
  const [left, right] = [before.match(/[\w.)\]]+\s*$/)?.[0].trim() ?? "", after.match(/^\s*[-\w.([]+/)?.[0].trim() ?? ""];
  if ((word === "+" || word === "-") && other !== "*") return `the sign in front of ${right} is wrong: it should be ${other}`;
  return `${left} ${word} ${right} should be ${left} ${other} ${right}`;
}

/** Which one number, were it another, would make the answer right. @param {Question} question @param {string} text */
function wrongNumberText(question, text) {
  for (const match of [...text.matchAll(/(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])/g)].slice(0, NUMBERS_TRIED)) {
    const [word, at] = [match[0], match.index ?? 0];
    const changed = (/** @type {number} */ value) => `${text.slice(0, at)}${value < 0 ? `(${value})` : value}${text.slice(at + word.length)}`;
    const better = betterNumber(question, Number(word), changed);
    if (better !== undefined) return `the number ${word} is not right${Number.isInteger(better) ? `: it should be ${better}` : ""}`;
  }
  return "";
}

/** The number that makes an answer right, guessed along straight lines. @param {Question} question @param {number} first @param {(value: number) => string} changed @returns {number | undefined} */
function betterNumber(question, first, changed) {
  const target = question.truth.flat();
  const weight = 1 / (target.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1);
  const off = (/** @type {number} */ value) => question.tried(changed(value)).flat().map((x, k) => (x - target[k]) * weight);
  let [last, next] = [first, first * 1.01 + 0.001];
  let [a, b] = [off(last), off(next)];
  for (let k = 0; k < GUESSES && a.length === target.length && b.length === target.length; k += 1) {
    const slope = b.map((x, i) => x - a[i]);
    const below = slope.reduce((sum, x) => sum + x * x, 0);
    if (!below || !Number.isFinite(below)) break;
    const step = (b.reduce((sum, x, i) => sum + x * slope[i], 0) / below) * (next - last);
    [last, a, next] = [next, b, next - step];
    const rounded = Number(next.toPrecision(9));
    if (question.isTrue(changed(rounded))) return rounded;
    if (Math.abs(step) <= 1e-15 * Math.abs(next)) break;
    b = off(next);
  }
  return undefined;
}

/** The one part in which an answer differs from the derivation's own, the rest being the same. @param {Question} question @param {string} text @param {string} solution */
function placeText(question, text, solution) {
  if (!solution) return "";
  let [mine, right] = [expressionOf(text), expressionOf(solution)];
  const written = (/** @type {Expr} */ node, /** @type {string} */ whole) => question.withUnits(sliceOf(whole, node)).replace(/\s+/g, "");
  for (;;) {
    const isAlike = mine.kind === right.kind && mine.word === right.word && mine.operands.length === right.operands.length;
    const other = isAlike ? mine.operands.flatMap((node, k) => (written(node, text) === written(right.operands[k], solution) ? [] : [k])) : [];
    const [own, wanted] = [mine.named.map(([, node]) => written(node, text)), right.named.map(([, node]) => written(node, solution))];
    if (other.length !== 1 || keyOf(own) !== keyOf(wanted)) break;
    [mine, right] = [mine.operands[other[0]], right.operands[other[0]]];
  }
  const part = sliceOf(text, mine);
  const lacking = lackText(question, mine, right);
  return part.length < text.length || lacking ? `${cut(part)} is not what should stand there${lacking && `: ${lacking}`}` : "";
}
