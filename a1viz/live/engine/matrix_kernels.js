// Kernels of square matrices: determinants, inverses, equations; and triangles, diagonals, what is madeOf of sizes alone.

import { broadcastShape, copied, entriesIn, loopsOf, stepsIn, stepsOf } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */

/** Rows k and p of n entries change places. @param {Float64Array | number[]} A @param {number} n @param {number} k @param {number} p */
function swapRows(A, n, k, p) {
  for (let j = 0; j < n; j += 1) [A[k * n + j], A[p * n + j]] = [A[p * n + j], A[k * n + j]];
}

/** The triangles L and U of a matrix with its rows in another order, in one array. @param {Float64Array} A @param {number} n */
function factorised(A, n) {
  const [lu, order] = [A.slice(), Array.from({ length: n }, (_, k) => k)];
  let sign = 1;
  for (let k = 0; k < n; k += 1) {
    let p = k;
    for (let i = k + 1; i < n; i += 1) if (Math.abs(lu[i * n + k]) > Math.abs(lu[p * n + k])) p = i;
    if (p !== k) {
      sign = -sign;
      swapRows(lu, n, k, p);
      swapRows(order, 1, k, p);
    }
    for (let i = k + 1; i < n && lu[k * n + k] !== 0; i += 1) {
      lu[i * n + k] /= lu[k * n + k];
      for (let j = k + 1; j < n; j += 1) lu[i * n + j] -= lu[i * n + k] * lu[k * n + j];
    }
  }
  return { lu, order, sign, pivots: Array.from({ length: n }, (_, k) => lu[k * n + k]) };
}

/** The determinant, 0 for a singular matrix. @param {Float64Array} A @param {number} n */
function determinant(A, n) {
  const { pivots, sign } = factorised(A, n);
  return pivots.includes(0) ? 0 : pivots.reduce((y, x) => y * x, sign);
}

/** @param {Float64Array} A @param {number} n */
function logDeterminant(A, n) {
  const { pivots } = factorised(A, n);
  return pivots.includes(0) ? -Infinity : pivots.reduce((y, x) => y + Math.log(Math.abs(x)), 0);
}

/** X with A X = B, of m columns; NaN for a singular A. @param {Float64Array} A @param {number} n @param {Float64Array} B @param {number} m */
function solved(A, n, B, m) {
  const { lu, order, pivots } = factorised(A, n);
  const X = new Float64Array(n * m);
  if (pivots.includes(0)) return X.fill(NaN);
  for (let i = 0; i < n; i += 1) for (let c = 0; c < m; c += 1) X[i * m + c] = B[order[i] * m + c];
  const subtract = (/** @type {number} */ i, /** @type {number} */ k) => {
    for (let c = 0; c < m; c += 1) X[i * m + c] -= lu[i * n + k] * X[k * m + c];
  };
  for (let i = 0; i < n; i += 1) for (let k = 0; k < i; k += 1) subtract(i, k);
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) subtract(i, k);
    for (let c = 0; c < m; c += 1) X[i * m + c] /= pivots[i];
  }
  return X;
}

/** @param {number} n */
const unitMatrix = (n) => Float64Array.from({ length: n * n }, (_, k) => Number(k % (n + 1) === 0));
/** @param {Float64Array} A @param {number} n */
const inverseOf = (A, n) => solved(A, n, unitMatrix(n), n);

/** A product of n by n matrices, of the transpose of the first if told. @param {Float64Array} A @param {Float64Array} B @param {number} n */
function timesOf(A, B, n) {
  return Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < n; k += 1) sum += A[(at - (at % n)) + k] * B[k * n + (at % n)];
    return sum;
  });
}

/** @param {Float64Array} A @param {number} n */
const turned = (A, n) => Float64Array.from(A, (_, k) => A[(k % n) * n + Math.floor(k / n)]);

/**
 * A = L D U with the largest pivot that is left each time, so that a singular matrix has one too: the inverses of L and of U, D's diagonal, and
 * the sign of det(L) det(U). The rows of L and the columns of U are in A's order.
 * @param {Float64Array} A @param {number} n
 */
function fullyFactorised(A, n) {
  const [rest, rows, columns] = [A.slice(), ...[0, 1].map(() => Array.from({ length: n }, (_, k) => k))];
  const [L, U, d] = [new Float64Array(n * n), new Float64Array(n * n), new Float64Array(n)];
  let sign = 1;
  const at = (/** @type {number} */ i, /** @type {number} */ j) => rows[i] * n + columns[j];
  for (let k = 0; k < n; k += 1) {
    let [p, q] = [k, k];
    for (let i = k; i < n; i += 1) for (let j = k; j < n; j += 1) if (Math.abs(rest[at(i, j)]) > Math.abs(rest[at(p, q)])) [p, q] = [i, j];
    sign *= (p === k ? 1 : -1) * (q === k ? 1 : -1);
    swapRows(rows, 1, k, p);
    swapRows(columns, 1, k, q);
    d[k] = rest[at(k, k)];
    for (let i = k; i < n; i += 1) {
      L[rows[i] * n + k] = i === k ? 1 : d[k] && rest[at(i, k)] / d[k];
      U[k * n + columns[i]] = i === k ? 1 : d[k] && rest[at(k, i)] / d[k];
    }
    for (let i = k + 1; i < n; i += 1) for (let j = k + 1; j < n; j += 1) rest[at(i, j)] -= L[rows[i] * n + k] * rest[at(k, j)];
  }
  return { left: inverseOf(L, n), d, right: inverseOf(U, n), sign };
}

/** The product of all entries but those at i and at j. @param {Float64Array} d @param {number} i @param {number} [j] */
const productBut = (d, i, j = i) => d.reduce((y, x, k) => (k === i || k === j ? y : y * x), 1);

/** det(A) inv(A).T without dividing: of A = L D U it is det(L U) L^-T cof(D) U^-T, and cof(D) has the products of all other entries. @param {Float64Array} A @param {number} n */
function cofactorOf(A, n) {
  const { left, d, right, sign } = fullyFactorised(A, n);
  return betweenOf(left, (i, j) => (i === j ? sign * productBut(d, i) : 0), right, n);
}

/**
 * The same way: along B = L^-1 V U^-1, cof(D) has the slopes -B[j, i] p[i, j], and on the diagonal the sums over j of B[j, j] p[i, j], where p[i, j]
 * is the product of D's entries but two.
 * @param {Float64Array} A @param {number} n @param {Float64Array} V
 */
function cofactorAlong(A, n, V) {
  const { left, d, right, sign } = fullyFactorised(A, n);
  const B = timesOf(timesOf(left, V, n), right, n);
  const onDiagonal = (/** @type {number} */ i) => d.reduce((sum, _, j) => (i === j ? sum : sum + B[j * n + j] * productBut(d, i, j)), 0);
  return betweenOf(left, (i, j) => sign * (i === j ? onDiagonal(i) : -B[j * n + i] * productBut(d, i, j)), right, n);
}

/** left.T S right.T @param {Float64Array} left @param {(i: number, j: number) => number} S @param {Float64Array} right @param {number} n */
function betweenOf(left, S, right, n) {
  const middle = Float64Array.from({ length: n * n }, (_, k) => S(Math.floor(k / n), k % n));
  return timesOf(timesOf(turned(left, n), middle, n), turned(right, n), n);
}

/** A kernel of matrices, one after the other. @param {number[]} ranks @param {(n: number, more: number[]) => number[]} core the result's, of a matrix of n rows and the other operand's core @param {(A: Float64Array, n: number, B: Float64Array, more: number[]) => ArrayLike<number>} f @returns {Kernel} */
const ofMatrices = (ranks, core, f) => (shapes) => {
  const { lead, cores, at } = loopsOf(shapes, ranks);
  const [[n], more = []] = cores;
  const result = core(n, more);
  const size = entriesIn(result);
  return {
    shape: [...lead, ...result],
    compute: (out, xs) => {
      for (let o = 0; o < at[0].length; o += 1) {
        const [A, B] = xs.map((x, k) => x.subarray(at[k][o], at[k][o] + entriesIn(cores[k])));
        out.set(f(A, n, B ?? A, more), o * size);
      }
    },
  };
};

const squareShape = (/** @type {number} */ n) => [n, n];
const likeOther = (/** @type {number} */ n, /** @type {number[]} */ more) => more;

/** NaN where a matrix has an entry that is not finite. @param {(A: Float64Array, n: number, V: Float64Array) => Float64Array} f */
const whereFinite = (f) => (/** @type {Float64Array} */ A, /** @type {number} */ n, /** @type {Float64Array} */ V) => {
  return A.every(Number.isFinite) ? f(A, n, V) : A.map(() => NaN);
};

/** The part of a matrix where `isKept` of the column less the row. @param {(distance: number, k: number) => boolean} isKept @returns {Kernel} */
const triangleKernel = (isKept) => ([shape], { k = 0 }) => {
  const [m, n] = shape.slice(-2);
  const kept = Uint8Array.from({ length: m * n }, (_, at) => Number(isKept((at % n) - Math.floor(at / n), k)));
  return { shape, compute: (out, [x]) => { for (let i = 0; i < out.length; i += 1) out[i] = kept[i % kept.length] ? x[i] : 0; } };
};

/** Entries on the diagonal of zeros. @param {number[]} shape @param {number[]} from the steps of the entries */
function onDiagonal(shape, from) {
  const n = shape[shape.length - 1];
  return copied(shape, [{ sizes: shape.slice(0, -1), from, to: [...stepsOf(shape).slice(0, -2), n + 1] }]);
}

/** An array of these sizes, of entries that are told by where they are. @param {(at: number, shape: number[]) => number} f @returns {Kernel} */
const madeOf = (f) => (_, { shape }) => ({ shape, compute: (out) => { for (let at = 0; at < out.length; at += 1) out[at] = f(at, shape); } });

/** @type {[string, Kernel][]} */
export const MATRIX_KERNELS = [
  ["det", ofMatrices([2], () => [], (A, n) => [determinant(A, n)])],
  ["logdet", ofMatrices([2], () => [], (A, n) => [logDeterminant(A, n)])],
  ["inv", ofMatrices([2], squareShape, inverseOf)],
  ["solve", ofMatrices([2, 2], likeOther, (A, n, B, [, m]) => solved(A, n, B, m))],
  ["solve_vector", ofMatrices([2, 1], likeOther, (A, n, b) => solved(A, n, b, 1))],
  ["cofactor", ofMatrices([2], squareShape, whereFinite(cofactorOf))],
  ["cofactor_along", ofMatrices([2, 2], squareShape, whereFinite(cofactorAlong))],
  ["tril", triangleKernel((distance, k) => distance <= k)],
  ["triu", triangleKernel((distance, k) => distance >= k)],
  ["diag_embed", ([shape]) => onDiagonal([...shape, shape[shape.length - 1]], stepsOf(shape))],
  ["scaled_eye", ([s, A]) => {
    const [lead, n] = [broadcastShape(s, A.slice(0, -2)), A[A.length - 1]];
    return onDiagonal([...lead, n, n], [...stepsIn(s, lead), 0]);
  }],
  ["eye", madeOf((at, [, n]) => Number(Math.floor(at / n) === at % n))],
  ["ones", madeOf(() => 1)],
  ["zeros", madeOf(() => 0)],
  ["arange", madeOf((at) => at)],
];
