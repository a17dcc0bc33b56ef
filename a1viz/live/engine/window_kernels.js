// Kernels of convolution and pooling, for any number of spatial axes: where the entries of each window lie in the input.

import { entriesIn, indicesOf, loopsOf, offsetIn, eachBelow } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */

const ONE_FACTOR = Float64Array.of(1);

/**
 * How many windows there are, and for each where its entries lie in the input, -1 for those around it.
 * @param {number[]} lengths @param {number[]} window @param {any} stride @param {any} padding
 */
function windowsIn(lengths, window, stride, padding) {
  const [step, zeros] = [stride ?? window, padding].map((value) => lengths.map((_, k) => value[k] ?? value));
  const counts = lengths.map((n, k) => Math.floor((n + 2 * zeros[k] - window[k]) / step[k]) + 1);
  const offset = offsetIn(lengths);
  const rows = indicesOf(counts).map((which) => indicesOf(window).map((inside) => {
    const where = lengths.map((_, k) => which[k] * step[k] + inside[k] - zeros[k]);
    return where.some((place, k) => place < 0 || place >= lengths[k]) ? -1 : offset(where);
  }));
  return { counts, rows };
}

/**
 * A convolution, its gradients and windows as columns: of the input X, the kernel K and the output Y (or the columns U) two make the third, in
 * a sum over the places in all windows: y[o, r] = sum of K[o, c, i] X[c, s r + i - p].
 * @param {number} d @param {string} names the operands @param {string} target
 * @param {string} [factors] the operands that are more than a shape @returns {Kernel}
 */
const windowed = (d, names, target, factors = names.slice(0, 2)) => (shapes, { stride = 1, padding = 0, groups = 1 }, ranks, batch) => {
  const given = Object.fromEntries([...names].map((name, k) => [name, shapes[k]]));
  const [[channels, ...lengths], [outs, , ...size]] = [given.X.slice(-d - 1), given.K.slice(-d - 2)];
  const { counts, rows } = windowsIn(lengths, size, stride, padding);
  const [L, n, many, inputs] = [entriesIn(lengths), entriesIn(size), rows.length, channels / groups];
  const outputs = (factors + target).includes("U") ? 1 : outs / groups;
  /** @type {Record<string, number[]>} */
  const cores = { X: [channels, ...lengths], K: given.K.slice(-d - 2), Y: [outs, ...counts], U: [channels * n, many] };
  const { lead, each } = loopsOf([...factors].map((name) => given[name]), [...factors].map((name) => cores[name].length), batch);
  const core = entriesIn(cores[target]);
  /** @type {Record<string, (channel: number, output: number, w: number, i: number) => number>} where the entries lie, -1 for a zero around X */
  const index = {
    X: (channel, output, w, i) => (rows[w][i] < 0 ? -1 : channel * L + rows[w][i]),
    K: (channel, output, w, i) => (output * inputs + (channel % inputs)) * n + i,
    Y: (channel, output, w) => output * many + w,
    U: (channel, output, w, i) => (channel * n + i) * many + w,
  };
  const [left, right = () => 0, result] = [factors[0], factors[1], target].map((name) => index[name]);
  return { shape: [...(batch.length ? [] : lead), ...cores[target]], compute: (out, xs) => {
    out.fill(0);
    each([...factors].map((name) => xs[names.indexOf(name)]), (o, x, y = ONE_FACTOR) => {
      const to = batch.length ? 0 : o * core;
      eachBelow(channels, (channel) => eachBelow(outputs, (k) => eachBelow(many, (w) => {
        const output = Math.floor(channel / inputs) * outputs + k;
        for (let i = 0; i < n; i += 1) {
          const [a, b, c] = [left(channel, output, w, i), right(channel, output, w, i), result(channel, output, w, i)];
          if (c >= 0) out[to + c] += (a < 0 ? 0 : x[a]) * (b < 0 ? 0 : y[b]);
        }
      })));
    });
  } };
};

/**
 * A kernel that goes through all windows of its last operand: `f` is told where a window's entries lie, which one it is and how many entries it has.
 * @param {number} d @param {boolean} isInput whether the result is like the input, so that `f` gives places and what is added there
 * @param {(row: number[], w: number, n: number, x: Float64Array, y: Float64Array, z: Float64Array) => any} f @returns {Kernel}
 */
const pooling = (d, isInput, f) => (shapes, { size, stride = null, padding = 0 }) => {
  const { lead, cores, each } = loopsOf(shapes, shapes.map(() => d));
  const lengths = cores[cores.length - 1];
  const window = lengths.map((_, k) => size[k] ?? size);
  const { counts, rows } = windowsIn(lengths, window, stride, padding);
  const core = isInput ? lengths : counts;
  const within = rows.map((row) => row.filter((place) => place >= 0));
  return { shape: [...lead, ...core], compute: (out, xs) => {
    out.fill(0);
    each(xs, (o, ...[x, y, z]) => within.forEach((row, w) => {
      const [to, found] = [o * entriesIn(core), f(row, w, entriesIn(window), x, y, z)];
      if (isInput) for (const place of found[0]) out[to + place] += found[1];
      else out[to + w] = found;
    }));
  } };
};

/**
 * The last entry of a window that is not less than its largest, for NaN is not less than itself.
 * @param {number[]} row @param {number} w @param {Float64Array} y @param {Float64Array} x
 */
const largestPlace = (row, w, y, x) => row.findLast((place) => !(x[place] < y[w])) ?? NaN;

/** @param {number} d @returns {[string, Kernel][]} */
const windowRows = (d) => [
  [`conv${d}d`, windowed(d, "XK", "Y")],
  [`conv${d}d_input`, windowed(d, "YKX", "X")],
  [`conv${d}d_kernel`, windowed(d, "XYK", "K")],
  [`batch_conv${d}d_kernel`, windowed(d, "XYK", "K")],
  [`unfold${d}d`, windowed(d, "XK", "U", "X")],
  [`fold${d}d`, windowed(d, "UXK", "X", "U")],
  [`max_pool${d}d`, pooling(d, false, (row, w, n, x) => row.reduce((top, place) => Math.max(top, x[place]), -Infinity))],
  [`max_pool${d}d_input`, pooling(d, true, (row, w, n, b, y, x) => [[largestPlace(row, w, y, x)], b[w]])],
  [`max_pool${d}d_entries`, pooling(d, false, (row, w, n, v, y, x) => v[largestPlace(row, w, y, x)] ?? 0)],
  [`avg_pool${d}d`, pooling(d, false, (row, w, n, x) => row.reduce((sum, place) => sum + x[place], 0) / n)],
  [`avg_pool${d}d_input`, ([b, X], ...more) => pooling(d, true, (row, w, n, x) => [row, x[w] / n])([b, X.slice(-d)], ...more)],
];

export const WINDOW_KERNELS = [...windowRows(1), ...windowRows(2)];
