// Kernels of square matrices: determinants, inverses, equations; and triangles, diagonals, what is made of sizes alone.

import { broadcastShape, entriesIn, indicesOf, loopsOf, movedTo, eachBelow } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */
/** @typedef {number[][]} Rows a matrix */

/** @param {number} n @param {number} m @param {(i: number, j: number) => number} f @returns {Rows} */
const matrixBy = (n, m, f) => Array.from({ length: n }, (_, i) => Array.from({ length: m }, (__, j) => f(i, j)));
/** @param {Rows} A @returns {Rows} */
const turned = (A) => A.map((_, j) => A.map((row) => row[j]));
/** @param {Rows} A @param {Rows} B */
const timesOf = (A, B) => A.map((row) => (B[0] ?? []).map((_, j) => row.reduce((sum, a, k) => sum + a * B[k][j], 0)));

/** row -= factor * other @param {number[]} row @param {number[]} other @param {number} factor */
const subtract = (row, other, factor) => other.forEach((v, j) => { row[j] -= factor * v; });
/** @param {any[]} list @param {number} k @param {number} p */
const swap = (list, k, p) => { [list[k], list[p]] = [list[p], list[k]]; };
/** @param {number} n */
const unitRows = (n) => matrixBy(n, n, (i, j) => Number(i === j));

/**
 * A matrix made a triangle U = E A by the largest pivot of a column, or with `isFull` of all that is left: then E A F is D, U's diagonal, and that
 * can be told of a singular matrix too. The rows of U, of E times `given`, the columns of F as rows, D, and det(E) det(F), a sign.
 * @param {Rows} A @param {boolean} [isFull] @param {Rows} [given]
 */
function eliminated(A, isFull = false, given = unitRows(A.length)) {
  const [n, U, E, F] = [A.length, A.map((row) => [...row]), given.map((row) => [...row]), unitRows(A.length)];
  let sign = 1;
  eachBelow(n, (k) => {
    let [p, q] = [k, k];
    for (let i = k; i < n; i += 1) for (let j = k; j < (isFull ? n : k + 1); j += 1) if (Math.abs(U[i][j]) > Math.abs(U[p][q])) [p, q] = [i, j];
    sign *= (p === k ? 1 : -1) * (q === k ? 1 : -1);
    for (const list of [U, E]) swap(list, k, p);
    for (const list of [...U, F]) swap(list, k, q);
    for (let i = k + 1; i < n && U[k][k] !== 0; i += 1) {
      const factor = U[i][k] / U[k][k];
      for (const rows of [U, E]) subtract(rows[i], rows[k], factor);
      subtract(F[i], F[k], U[k][i] / U[k][k]);
    }
  });
  return { U, E, F, d: U.map((row, k) => row[k]), sign };
}

/** @param {Rows} A */
function determinant(A) {
  const { d, sign } = eliminated(A);
  return d.includes(0) ? 0 : d.reduce((y, x) => y * x, sign);
}

/** @param {Rows} A */
function logDeterminant(A) {
  const { d } = eliminated(A);
  return d.includes(0) ? -Infinity : d.reduce((y, x) => y + Math.log(Math.abs(x)), 0);
}

/** X with A X = B; NaN for a singular A. @param {Rows} A @param {Rows} [B] */
function solved(A, B) {
  const { U, E: X, d } = eliminated(A, false, B);
  for (let i = A.length - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < A.length; k += 1) subtract(X[i], X[k], U[i][k]);
    X[i] = X[i].map((v) => (d.includes(0) ? NaN : v / d[i]));
  }
  return X;
}

/** The product of all entries but those at i and at j. @param {number[]} d @param {number} i @param {number} j */
const productBut = (d, i, j) => d.reduce((y, x, k) => (k === i || k === j ? y : y * x), 1);

/**
 * det(A) inv(A).T without dividing: of A = E^-1 D F^-1 it is det(E F) E.T cof(D) F.T, and cof(D) has the products of all other entries. Along V,
 * cof(D) has the slopes -B[j, i] p[i, j], with B = E V F, and on the diagonal the sums over j of B[j, j] p[i, j], where p[i, j] is the product of D's
 * entries but two. NaN where A has an entry that is not finite.
 * @param {Rows} A @param {Rows} [V]
 */
function cofactorOf(A, V) {
  const { E, F, d, sign } = eliminated(A, true);
  const B = V && timesOf(timesOf(E, V), turned(F));
  const diagonal = (/** @type {number} */ i) => {
    if (!B) return productBut(d, i, i);
    return d.reduce((sum, _, j) => (i === j ? sum : sum + B[j][j] * productBut(d, i, j)), 0);
  };
  const middle = matrixBy(d.length, d.length, (i, j) => sign * (i === j ? diagonal(i) : B ? -B[j][i] * productBut(d, i, j) : 0));
  const isFinite = A.every((row) => row.every(Number.isFinite));
  return timesOf(timesOf(turned(E), middle), F).map((row) => (isFinite ? row : row.map(() => NaN)));
}

/**
 * A kernel of matrices, one after the other; a vector is a matrix of one column.
 * @param {(A: Rows, B: Rows) => number | Rows} f @param {number} [rank] the result's @param {number[]} [ranks] @returns {Kernel}
 */
const ofMatrices = (f, rank = 2, ranks = [2, 2]) => (shapes) => {
  const { lead, cores, each } = loopsOf(shapes, ranks);
  const core = rank ? cores[cores.length - 1] : [];
  return { shape: [...lead, ...core], compute: (out, xs) => each(xs, (o, ...parts) => {
    const [A, B] = parts.map((x, k) => matrixBy(cores[k][0], cores[k][1] ?? 1, (i, j) => x[i * (cores[k][1] ?? 1) + j]));
    out.set([f(A, B)].flat(2), o * entriesIn(core));
  }) };
};

/** How far right of the diagonal. @param {number[]} at */
const rightOf = ([...at]) => Number(at.pop()) - Number(at.pop());
/** @param {number[]} shape @param {(at: number[]) => number | boolean} f @returns {import("./tensors.js").Planned} */
function filledBy(shape, f) {
  const entries = indicesOf(shape).map((at) => Number(f(at)));
  return { shape, compute: (out) => out.set(entries) };
}

/** @type {[string, Kernel][]} */
export const MATRIX_KERNELS = [
  ["det", ofMatrices(determinant, 0)],
  ["logdet", ofMatrices(logDeterminant, 0)],
  ["inv", ofMatrices(solved)],
  ["solve", ofMatrices(solved)],
  ["solve_vector", ofMatrices(solved, 1, [2, 1])],
  ["cofactor", ofMatrices(cofactorOf)],
  ["cofactor_along", ofMatrices(cofactorOf)],
  ["tril", ([A], { k = 0 }) => movedTo(A, [A], (at) => rightOf(at) <= k && [0, at])],
  ["triu", ([A], { k = 0 }) => movedTo(A, [A], (at) => rightOf(at) >= k && [0, at])],
  ["diag_embed", ([v]) => movedTo([...v, ...v.slice(-1)], [v], (at) => !rightOf(at) && [0, at.slice(0, -1)])],
  ["scaled_eye", ([s, A]) => movedTo([...broadcastShape(s, A.slice(0, -2)), ...A.slice(-2)], [s], (at) => !rightOf(at) && [0, at.slice(0, -2)])],
  ["eye_like", ([x]) => filledBy([...x, ...x.slice(-1)], (at) => !rightOf(at))],
  ["eye", (_, { shape }) => filledBy(shape, (at) => !rightOf(at))],
  ["ones", (_, { shape }) => filledBy(shape, () => 1)],
  ["zeros", (_, { shape }) => filledBy(shape, () => 0)],
  ["arange", (_, { shape }) => filledBy(shape, ([k]) => k)],
];
