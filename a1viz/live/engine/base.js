// What every module of the engine may use: errors with Python's words, numbers and names as Python prints them, keys for lists.

/** Any error that a1viz reports about what it was given. */
export class A1vizError extends Error {}
/** An equation cannot be read; knows its line and column. */
export class EquationError extends A1vizError {
  /** @param {string} fact @param {number} [line] @param {number} [column] */
  constructor(fact, line = 0, column = 0) {
    super(placeOf(line, column) + fact);
    this.fact = fact;
    this.line = line;
    this.column = column;
    /** @type {string[]} the variables whose equation it is, where that is known */
    this.names = [];
    /** @type {EquationError[]} all that is wrong with the text */
    this.problems = [this];
  }
}
/** A graph is malformed. */
export class GraphError extends A1vizError {}
/** Shapes do not fit together. */
export class ShapeError extends GraphError {}
/** A value given at run time does not fit the graph. */
export class InputError extends A1vizError {}
/** A derivative was asked for that does not exist. */
export class DerivativeError extends A1vizError {}

/** Where something is: `line 4, column 7: `. @param {number} line @param {number} column */
export function placeOf(line, column) {
  const parts = [...(line ? [`line ${line}`] : []), ...(column ? [`column ${column}`] : [])];
  return parts.length ? `${parts.join(", ")}: ` : "";
}

/** A mistake of our own, not the reader's. @param {unknown} condition @param {string} [what] @returns {asserts condition} */
export function assert(condition, what = "") {
  if (!condition) throw new Error(`a1viz: ${what}`);
}

/** A list, or lists in lists, as a text that is equal exactly where they are. @param {unknown} value @returns {string} */
export function keyOf(value) {
  return JSON.stringify(value, (_, part) => (typeof part === "number" && !Number.isFinite(part) ? `#${part}` : Object.is(part, -0) ? "#-0" : part));
}

/** @param {unknown} a @param {unknown} b */
export function isSame(a, b) {
  return a === b || (typeof a === "object" && keyOf(a) === keyOf(b));
}

/** A float as Python's repr writes it: `2.0`, `1e-07`, `inf`. @param {number} value */
export function reprFloat(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits, exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const text = String(value);
    return text.includes(".") ? text : `${text}.0`;
  }
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${digits}e${power < 0 ? "-" : "+"}${size}`;
}

/** A text in quotes, as Python's repr writes it. @param {string} text */
export function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = "";
  for (const c of text) {
    if (c === quote || c === "\\") body += `\\${c}`;
    else body += isPrintable(c) ? c : escaped(c);
  }
  return quote + body + quote;
}

/** @param {string} c one character */
export function isPrintable(c) {
  return c === " " || !/[\p{C}\p{Z}]/u.test(c);
}

/** @param {string} c one character that is not printable, as Python's repr writes it */
function escaped(c) {
  const known = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[c];
  const code = c.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return known ?? (code < 256 ? `\\x${hex.padStart(2, "0")}` : code < 65536 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`);
}

/** A reader's text made safe for one line. @param {string} text @param {number} [limit] */
export function shownText(text, limit = 60) {
  const body = [...`'${text}'`].slice(0, limit + 1).map((c) => (isPrintable(c) ? c : escaped(c))).join("");
  const letters = [...body];
  return letters.length <= limit ? body : `${letters.slice(0, limit - 1).join("")}…`;
}

/** Any value made safe for one line. @param {unknown} value @param {number} [limit] */
export function shown(value, limit = 60) {
  const text = reprValue(value);
  return typeof value === "string" ? shownText(value, limit) : text.length <= limit ? text : `${[...text].slice(0, limit - 1).join("")}…`;
}

/** A whole number of Python's, as an attribute is read. @param {unknown} value */
export function isWhole(value) {
  return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31;
}

/** An attribute as Python's repr writes it. @param {unknown} value @returns {string} */
export function reprValue(value) {
  if (Array.isArray(value)) return `[${value.map(reprValue).join(", ")}]`;
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return isWhole(value) ? String(value) : reprFloat(value);
  if (value && typeof value === "object") return `{${Object.entries(value).map(([key, part]) => `${quoted(key)}: ${reprValue(part)}`).join(", ")}}`;
  return value === null ? "None" : value === true ? "True" : value === false ? "False" : String(value);
}

const SINGULAR = new Map([["axes", "axis"], ["boxes", "box"], ["copies", "copy"], ["entries", "entry"], ["matrices", "matrix"]]);

/** How many there are, in words. @param {number | string} n @param {string} things */
export function counted(n, things) {
  return `${n} ${n === 1 ? (SINGULAR.get(things) ?? things.slice(0, -1)) : things}`;
}

/** A whole number with commas between its thousands. @param {number} n */
export function grouped(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A suggestion to append to a message, or nothing. @param {string} name @param {Iterable<string>} known */
export function didYouMean(name, known) {
  const plain = name.toLowerCase();
  const names = [...known].slice(0, 10000);
  const same = names.find((k) => k.toLowerCase() === plain && k !== name);
  const found = same ?? names.find((k) => isNear(k.toLowerCase(), plain));
  return found === undefined ? "" : `; did you mean ${quoted(found)}?`;
}

/** Whether one letter after the first was added, left out, mistaken, or swapped with the next, or `a` goes on where `b` ends. @param {string} a @param {string} b */
function isNear(a, b) {
  if (b.length > 4 && a.startsWith(b)) return true;
  const least = Math.min(a.length, b.length);
  let k = 0;
  while (k < least && a[k] === b[k]) k += 1;
  if (!k || Math.abs(a.length - b.length) > 1 || Math.max(a.length, b.length) < 3) return false;
  const rest = b.slice(k);
  return (
    [a.slice(k), a.slice(k + 1)].includes(b.slice(k + 1)) || rest === a.slice(k + 1) || rest === a.slice(k + 1, k + 2) + a.slice(k, k + 1) + a.slice(k + 2)
  );
}

/** `name`, or `name2`, `name3`, ...: the first that is not taken. @param {string} name @param {{has(name: string): boolean}} taken */
export function freeName(name, taken) {
  let candidate = name;
  for (let k = 2; taken.has(candidate); k += 1) candidate = `${name}${k}`;
  return candidate;
}
