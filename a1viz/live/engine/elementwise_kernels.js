// Kernels of the rows that work entry by entry: a function of numbers each, as `kernels.py` and `special_functions.py` have them for arrays.

import { TABLES } from "./operators.js";
import { broadcastShape, offsetsOf, stridesIn } from "./tensors.js";


/** IEEE's power: 1 to whatever power is 1, and so is -1 to an infinite one. @param {number} a @param {number} b */
const ieeePower = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

/** @param {number} x */
function logisticOf(x) {
  const small = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/** @param {number} a @param {number} b */
function logAddExp(a, b) {
  return a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** @param {number} x */
function logOneLessExp(x) {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

// The coefficients of W. J. Cody's approximations, and where each is good: special_functions.py says more.
const { near, middle, far, small: SMALL_ERROR, large: LARGE_ERROR, root_of_pi: ROOT_OF_PI } = TABLES.erf;

/** @param {number[][]} coefficients @param {number} x */
function polynomialRatio([above, below], x) {
  return above.reduce((y, c) => y * x + c) / below.reduce((y, c) => y * x + c);
}

/** erfc of a number above SMALL_ERROR, and of NaN. @param {number} x */
function errorTail(x) {
  // Math.exp(-x^2) as two factors: whole * whole is exact, while x * x is rounded
  const whole = Math.trunc(Math.min(x, 30) * 16) / 16;
  const power = Math.exp(-whole * whole) * Math.exp(-(x - whole) * (x + whole));
  return power * (x > LARGE_ERROR ? (1 / ROOT_OF_PI - polynomialRatio(far, 1 / (x * x)) / (x * x)) / x : polynomialRatio(middle, x));
}

/** @param {number} x */
function errorFunction(x) {
  return Math.abs(x) <= SMALL_ERROR ? x * polynomialRatio(near, x * x) : Math.sign(x) * (1 - errorTail(Math.abs(x)));
}

/** @param {number} x */
function errorComplement(x) {
  return Math.abs(x) <= SMALL_ERROR ? 1 - errorFunction(x) : x < 0 ? 2 - errorTail(-x) : errorTail(x);
}

/** @type {Record<string, (a: number, b: number, c: number) => number>} */
export const FUNCTIONS = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  neg: (x) => -x,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  power: ieeePower,
  dpow: (a, b) => (b === 0 ? 0 : b * ieeePower(a, b - 1)),
  powlog: (a, b) => (ieeePower(a, b) === 0 ? 0 : ieeePower(a, b) * Math.log(a)),
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  xlogy: (x, z) => (x === 0 ? 0 : x * Math.log(z)),
  xdivy: (x, z) => (x === 0 ? 0 : x / z),
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),
  relu: (x) => Math.max(x, 0),
  sigmoid: logisticOf,
  tanh: Math.tanh,
  sin: Math.sin,
  cos: Math.cos,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  logistic_loss: (z, p) => Math.max(z, 0) - z * p + Math.log1p(Math.exp(-Math.abs(z))),
  log1p: Math.log1p,
  expm1: Math.expm1,
  log1mexp: logOneLessExp,
  erf: errorFunction,
  erfc: errorComplement,
  arctan: Math.atan,
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  elu: (x) => Math.max(x, 0) + Math.expm1(Math.min(x, 0)),
  gelu: (x) => (x * errorComplement(-x / Math.SQRT2)) / 2,
  softsign: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))),
  hardtanh: (x) => Math.min(Math.max(x, -1), 1),
  huber: (r, delta) => (Math.abs(r) <= delta ? (r * r) / 2 : delta * (Math.abs(r) - delta / 2)),
  hinge: (m) => Math.max(0, 1 - m),
  step: (x) => Number(x > 0),
  threshold: (x) => Number(x >= 0),
  greater: (a, b) => Number(a > b),
  at_least: (a, b) => Number(a >= b),
  less: (a, b) => Number(a < b),
  at_most: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
  not_equal: (a, b) => Number(a !== b),
  select: (s, x) => (s !== 0 ? x : 0),
  clip: (x, low, high) => Math.min(Math.max(low, x), high),
  sign: (x) => Math.sign(x) + 0,
  logaddexp: logAddExp,
  fill: (s) => s,
};

/** @param {(a: number, b: number, c: number) => number} f @returns {import("./tensors.js").Kernel} */
export function entrywise(f) {
  return (shapes) => {
    const shape = broadcastShape(...shapes);
    const [p, q = p, r = p] = shapes.map((own) => offsetsOf(shape, stridesIn(own, shape)));
    return { shape, compute: (out, [x, y = x, z = x]) => { for (let i = 0; i < out.length; i += 1) out[i] = f(x[p[i]], y[q[i]], z[r[i]]); } };
  };
}

/** @param {number[][]} shapes */
const sameEntries = ([shape]) => ({ shape });

/** @type {[string, import("./tensors.js").Kernel][]} */
export const ELEMENTWISE_KERNELS = [
  ...Object.entries(FUNCTIONS).map(([name, f]) => /** @type {[string, import("./tensors.js").Kernel]} */ ([name, entrywise(f)])),
  ["identity", sameEntries],
  ["stop_gradient", sameEntries],
];
