// Whether a reader's own derivation is right, and if not, what is wrong with it.
//
// An answer is read by the language's own reader and compared with the truth at random points; its shape comes first.

import { A1vizError, EquationError } from "./base.js";
import { described } from "./shapes.js";
import { expressionOf } from "./expressions.js";
import { givenGraph } from "./losses.js";
import { backward, cotangentNames, everyVariable } from "./autodiff.js";
import { jointGraph } from "./derivation.js";
import { areShapesEqual, MOST_TRIED, Question } from "./questions.js";
import { changeText, faultText } from "./faults.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {{right: boolean, say: string, kind: string}} Verdict kind: right, unread, circular, shape, undefined, wrong */

const LONGEST_ANSWER = 2000;
// what papers write, and what the language does
const SIGNS_OF_PAPERS = [
  [/([A-Za-z_]\w*)\u0304(\w*)/g, "$1$2_bar"], [/[⊤ᵀ](?=\w)/g, ".T "], [/[⊤ᵀ]/g, ".T"], [/\^\s*(?:\.T|T\b)/g, ".T"], [/[·∘⊙×]/g, "*"], [/[−–]/g, "-"], [/²/g, "**2"],
  [/(?:𝕀|\b[I1])\s*\[([^\][]*[<>][^\][]*)\]/gu, "($1)"], [/(\w+)\s*⊗\s*(\w+)/g, "outer($1, $2)"],
];
const PRIME = /([A-Za-z_]\w*)(\u0304?)(\w*)['′’]/g;

/** The question after a variable's error signal, or why there is none. @param {Graph} given @param {string} variable @returns {Question | string} */
function questionOf(given, variable) {
  const graph = givenGraph(given, "", null);
  const joint = jointGraph(graph, false);
  const isPart = !graph.has(variable) && joint.has(variable);
  const bar = isPart ? variable : cotangentNames(graph, joint).get(graph.node(variable).name);
  if (bar === undefined) return `${variable} has no derivative`;
  if (joint.node(bar).op === "input") return `${bar} is given, so there is nothing to derive`;
  return joint.once(`question ${bar}`, () => new Question(joint, bar, backward(graph, everyVariable(graph), null, graph.declaredNames)));
}

/** Marks an answer to "what is the error signal of this variable". @param {Graph} graph @param {string} variable @param {string} answer @returns {Verdict} */
export function mark(graph, variable, answer) {
  const question = questionOf(graph, variable);
  if (typeof question === "string") return verdictOf("undefined", question);
  if (answer.length > LONGEST_ANSWER) return verdictOf("unread", `an answer has at most ${LONGEST_ANSWER} characters`);
  const { bar } = question;
  question.trials = MOST_TRIED;
  const [own, text] = sidesOf(question, answer);
  if (!text) return verdictOf("unread", "there is no answer yet");
  if (text.includes(";")) return verdictOf("unread", "an answer is one expression, without ';'");
  if (own && own !== bar && own !== bar.replace(/_total$/, "")) return verdictOf("unread", `this is an equation of ${own}, and ${bar} is asked for`);
  let read;
  let isOne = false;
  try {
    // one expression, and no second equation behind it
    expressionOf(text);
    isOne = true;
    read = question.read(text);
  } catch (error) {
    if (!(error instanceof A1vizError)) throw error;
    if (!isOne) return verdictOf("unread", question.naming(error.message.replace(/^line 1, /, "")));
    const better = changeText(question, text);
    return verdictOf("unread", question.naming(`${unreadText(error.message, question)}${better && `; ${better}`}`));
  }
  const circular = read.used.find((name) => question.below.has(name));
  if (circular !== undefined) return verdictOf("circular", circularText(circular, bar, variable));
  if (!areShapesEqual(read.shape, question.wanted)) {
    const said = `this is ${described(read.shape)} and ${variable} is ${described(question.wanted)}: a gradient has the shape of its variable`;
    const better = areShapesEqual([...read.shape].reverse(), question.wanted) && question.isTrue(`(${text}).T`) ? "transposed it would be right" : faultText(question, text, []);
    return verdictOf("shape", question.naming(better ? `${said}; ${better}` : said));
  }
  if (!question.points.length) return verdictOf("undefined", "no random point was found where the graph is finite");
  const mine = question.valuesOf(read)[0];
  if (question.isRight(read, mine)) return verdictOf("right", question.isZero ? "right: this gradient is 0 wherever it was tried" : "right");
  if (question.isZero) return verdictOf("wrong", "this gradient is 0 wherever it was tried, but the answer is not");
  const said = question.naming(faultText(question, text, mine));
  if (!mine.flat().every(Number.isFinite)) return verdictOf("undefined", `the answer is not finite where the graph is${said && `; ${said}`}`);
  return verdictOf("wrong", said || "the shape is right, the values are not");
}

/** An answer as a graph of its own, and the name that it has there; what cannot be read is thrown. @param {Graph} graph @param {string} variable @param {string} answer @returns {[Graph, string]} */
export function readable(graph, variable, answer) {
  const question = questionOf(graph, variable);
  const text = typeof question === "string" || answer.length > LONGEST_ANSWER ? "" : sidesOf(question, answer)[1];
  if (typeof question === "string" || !text) throw new EquationError("there is no answer yet");
  expressionOf(text);
  return [question.read(text).graph, question.answer];
}

/** @param {string} kind @param {string} say @returns {Verdict} */
function verdictOf(kind, say) {
  return { right: kind === "right", say, kind };
}

/** The left side of an answer, if it has one, and its right side, in the signs of the language. @param {Question} question @param {string} answer @returns {[string, string]} */
function sidesOf(question, answer) {
  let plain = answer.normalize("NFD").replace(/[₀-₉]/g, (digit) => String(digit.charCodeAt(0) - 0x2080));
  // the variable y' of a paper, where there is one
  plain = plain.replace(PRIME, (whole, name, macron, rest) => (question.joint.has(`${name}${rest}_prime`) ? `${name}${rest}_prime${macron}` : whole));
  for (const [sign, word] of SIGNS_OF_PAPERS) plain = plain.replace(sign, /** @type {string} */ (word));
  const [, own = "", text = plain] = plain.match(/^\s*([A-Za-z_][\w.]*)\s*=(?!=)([^]*)$/) ?? [];
  return [own, question.spelling(text.trim().replace(/\s*\n\s*/g, " "))];
}

/** What cannot be read, without the name that the answer has here. @param {string} message @param {Question} question */
function unreadText(message, question) {
  const front = question.answer.length + 3;
  const place = (/** @type {string} */ _, /** @type {string} */ column) => (Number(column) > front ? `column ${Number(column) - front}: ` : "");
  const called = (/** @type {string} */ whole, /** @type {string} */ name) => (question.sizes.has(name) ? `${name} is a size and cannot be called; write * for a product` : whole);
  return message.replace(/unknown operator '(\w+)'.*/, called).replace(/^(?:line 1, )?column (\d+): /, place).replace(/^line 1: /, "").replaceAll(`${question.answer} = `, "");
}

/** @param {string} name @param {string} bar @param {string} variable */
function circularText(name, bar, variable) {
  if (name === bar) return `${bar} is what is asked for; write it by the error signals of the variables that use ${variable}`;
  return `${name} is made of ${bar}, which is what is asked for`;
}
