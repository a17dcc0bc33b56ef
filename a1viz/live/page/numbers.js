// Numbers as a reader sees and types them, and arrays as the attributes of boxes hold them.

/** @typedef {{shape: number[], data: ArrayLike<number>}} Numbers an array's entries, row after row */

const CHARACTERS = 9;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const INFINITE = /^([+-]?)(?:inf(?:inity)?|∞)$/i;

/** A number in at most nine characters, as the build writes it. @param {number} value */
export function shortNumber(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const text = String(value + 0);
  if (text.length <= CHARACTERS && !text.includes("e") && (Math.abs(value) >= 1e-4 || value === 0)) return text;
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e4) return String(Number(value.toPrecision(4)));
  for (let digits = 3; ; digits -= 1) {
    const [mantissa, exponent] = value.toExponential(digits).split("e");
    const short = `${Number(mantissa)}e${Number(exponent)}`;
    if (short.length <= CHARACTERS || digits === 0) return short;
  }
}

/** A number in a sentence: with a minus sign. @param {number} value */
export const saidNumber = (value) => shortNumber(value).replace(/^-/, "−");

/** Powers as they are printed. @param {string} text with `^2` or `e-6` */
export function withPowers(text) {
  const raised = (/** @type {string} */ power) => power.replace(/-/, "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]);
  return text.replace(/\^(\d+)/g, (_, power) => raised(power)).replace(/^(-?)1e(-?\d+)$/, (_, sign, power) => `${sign}10${raised(power)}`).replace(/-/g, "−");
}

/** The number that a reader typed, or nothing where it is none. @param {string} typed @returns {number | undefined} */
export function typedNumber(typed) {
  const text = typed.trim().replace(/−/g, "-");
  const sign = INFINITE.exec(text)?.[1];
  if (sign !== undefined || /^nan$/i.test(text)) return sign === undefined ? NaN : Number(`${sign}Infinity`);
  return DECIMAL.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/** An array as nested lists. @param {Numbers} array @param {(value: number) => any} [made] @returns {any} */
export function nestedNumbers({ shape, data }, made = (value) => value) {
  let parts = Array.from(data, made);
  for (let axis = shape.length - 1; axis > 0; axis -= 1) {
    const size = shape[axis];
    parts = Array.from({ length: parts.length / size || 0 }, (_, k) => parts.slice(k * size, (k + 1) * size));
  }
  return shape.length ? parts : parts[0];
}

/** Nested lists as an array. @param {any} value @returns {{shape: number[], data: Float64Array}} */
export function arrayOf(value) {
  const shape = [];
  for (let part = value; Array.isArray(part); part = part[0]) shape.push(part.length);
  return { shape, data: Float64Array.from(Array.isArray(value) ? value.flat(Infinity) : [value]) };
}

/** An array as JSON, in full precision. @param {Numbers} array */
export function jsonText(array) {
  return JSON.stringify(nestedNumbers(array, (value) => (Number.isFinite(value) ? value : /** @type {any} */ (String(value)))));
}

/** A short array in brackets, a large one by its shape. @param {Numbers} array @param {number} [most] */
export function arrayText(array, most = 16) {
  if (array.data.length > most) return `[${array.shape.join(" × ")}]`;
  return JSON.stringify(nestedNumbers(array, /** @type {any} */ (shortNumber))).replace(/"/g, "").replace(/,/g, ", ");
}

/** Which entry of a variable, counted from 1. @param {string} name @param {number[]} shape @param {number} k */
export function entryText(name, shape, k) {
  if (!shape.length) return name;
  if (shape.length === 1) return `${name} entry ${k + 1}`;
  const columns = shape[shape.length - 1];
  return `${name} row ${Math.floor(k / columns) + 1} column ${(k % columns) + 1}`;
}
