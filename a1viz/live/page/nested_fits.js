// The fits to the first 1, 2, 3, ... examples, each made from the one before, as in Python's `interpolation_peak`: for one matrix of examples and
// several columns of labels.

/** The smallest least-squares weights. @typedef {(n: number, weights: Float64Array[], squares: Float64Array) => void} Visit */

/**
 * Tell the weights for each column of labels after each example, and what is left of the squared labels, summed; the arrays are written anew.
 * @param {Float64Array[]} rows of d features each @param {number[][]} labels for each row one of each column @param {Visit} visit
 */
export function nestedFits(rows, labels, visit) {
  const [d, many] = [rows[0].length, labels[0].length];
  const weights = Array.from({ length: many }, () => new Float64Array(d));
  const squares = new Float64Array(many);
  const basis = /** @type {Float64Array[]} */ ([]);
  const triangle = Array.from({ length: d }, () => new Float64Array(d + many));
  rows.forEach((x, n) => {
    if (n < d) {
      const part = orthogonalPart(x, basis);
      basis.push(part);
      const length = dotOf(x, part);
      weights.forEach((w, c) => {
        const step = (labels[n][c] - dotOf(x, w)) / length;
        for (let k = 0; k < d; k += 1) w[k] += step * part[k];
      });
    }
    rotateInto(triangle, x, labels[n], squares);
    if (n >= d) weights.forEach((w, c) => backSubstitute(triangle, w, d + c));
    visit(n + 1, weights, squares);
  });
}

/** @param {Float64Array} a @param {Float64Array} b */
function dotOf(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) sum += a[k] * b[k];
  return sum;
}

/** The direction of the part that is orthogonal to the others; taken out twice, which is enough. @param {Float64Array} x @param {Float64Array[]} basis */
function orthogonalPart(x, basis) {
  const part = x.slice();
  for (let times = 0; times < 2; times += 1) {
    for (const other of basis) {
      const along = dotOf(other, part);
      for (let k = 0; k < part.length; k += 1) part[k] -= along * other[k];
    }
  }
  const length = Math.sqrt(dotOf(part, part));
  return part.map((v) => v / length);
}

/** Rotate an example into the triangular factor; of its labels what no weights explain is left. @param {Float64Array[]} R @param {Float64Array} x @param {number[]} labels @param {Float64Array} squares */
function rotateInto(R, x, labels, squares) {
  const d = x.length;
  const row = new Float64Array(d + labels.length);
  row.set(x);
  row.set(labels, d);
  for (let k = 0; k < d; k += 1) {
    const top = R[k];
    const length = Math.sqrt(top[k] * top[k] + row[k] * row[k]);
    if (!length) continue;
    const [c, s] = [top[k] / length, row[k] / length];
    for (let j = k; j < row.length; j += 1) {
      const [a, b] = [top[j], row[j]];
      top[j] = c * a + s * b;
      row[j] = c * b - s * a;
    }
  }
  for (let c = 0; c < labels.length; c += 1) squares[c] += row[d + c] ** 2;
}

/** @param {Float64Array[]} R @param {Float64Array} w @param {number} column */
function backSubstitute(R, w, column) {
  for (let k = w.length - 1; k >= 0; k -= 1) {
    const row = R[k];
    let sum = row[column];
    for (let j = k + 1; j < w.length; j += 1) sum -= row[j] * w[j];
    w[k] = sum / row[k];
  }
}
