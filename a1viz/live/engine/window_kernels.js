// Kernels of convolution and pooling, for any number of spatial axes: where the windows lie, and sums of products over all places in them.

import { broadcastShape, copied, entriesIn, loopsOf, offsetsOf, stepsIn, stepsOf } from "./tensors.js";
import { leadKeys, productsOf } from "./product_kernels.js";
import { maximumOf } from "./elementwise_kernels.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */

/** How many windows there are along each axis. @param {number[]} lengths @param {number[]} size @param {number[]} stride @param {number[]} padding */
const countsAlong = (lengths, size, stride, padding) => lengths.map((n, k) => Math.floor((n + 2 * padding[k] - size[k]) / stride[k]) + 1);

/** @param {number} d @param {any} value a number for all spatial axes, or one for each @returns {number[]} */
const perSpatialAxis = (d, value) => (Array.isArray(value) ? value : Array(d).fill(value));

/**
 * A convolution, its gradients and windows as columns are one sum over channels and places in the window, of the input X, the kernel K and the
 * output Y (or the columns U), of which two are factors and the third is the result: y[o, r] = sum of K[o, c, i] X[c, s r + i - p].
 * @param {number} d @param {string} names the operands @param {string} factors those multiplied @param {string} target @returns {Kernel}
 */
const windowed = (d, names, factors, target) => (shapes, { stride = 1, padding = 0, groups = 1 }, ranks, batch) => {
  const core = { X: d + 1, K: d + 2, Y: d + 1, U: 2 };
  const given = Object.fromEntries([...names].map((name, k) => [name, shapes[k]]));
  const frontOf = (/** @type {string} */ name) => given[name].slice(0, given[name].length - core[/** @type {"X"} */ (name)]);
  const lead = broadcastShape(...[...factors].map(frontOf), batch);
  const [channels, ...lengths] = given.X.slice(-d - 1);
  const [outs, , ...size] = given.K.slice(-d - 2);
  const [step, zeros] = [perSpatialAxis(d, stride), perSpatialAxis(d, padding)];
  const counts = countsAlong(lengths, size, step, zeros);
  const padded = lengths.map((n, k) => n + 2 * zeros[k]);
  const [inputs, outputs] = [channels / groups, target === "U" || factors === "U" ? 1 : outs / groups];
  const axis = (/** @type {string} */ key, /** @type {number[]} */ values) => values.map((value, k) => /** @type {[string, number]} */ ([key + k, value]));
  const [P, W, N] = [padded, size, counts].map(entriesIn);
  /** @type {Record<string, [number, [string, number][]]>} entries of a core, and the steps along its axes */
  const cores = {
    X: [channels * P, [["g", inputs * P], ["c", P], ...axis("r", stepsOf(padded).map((n, k) => n * step[k])), ...axis("i", stepsOf(padded))]],
    K: [outs * inputs * W, [["g", outputs * inputs * W], ["o", inputs * W], ["c", W], ...axis("i", stepsOf(size))]],
    Y: [outs * N, [["g", outputs * N], ["o", N], ...axis("r", stepsOf(counts))]],
    U: [channels * W * N, [["g", inputs * W * N], ["c", W * N], ...axis("i", stepsOf(size).map((n) => n * N)), ...axis("r", stepsOf(counts))]],
  };
  const front = batch.length ? [] : lead;
  const keys = leadKeys(lead.length);
  const stepsFor = (/** @type {string} */ name) => {
    const [entries, own] = cores[name];
    const loops = name === target ? (batch.length ? lead.map(() => 0) : stepsIn(lead, lead, entries)) : stepsIn(frontOf(name), lead, entries);
    return new Map([...keys.map((key, k) => /** @type {[string, number]} */ ([key, loops[k]])), ...own]);
  };
  const [g, o, r, c, i] = [["g", groups], ["o", outputs], axis("r", counts), ["c", inputs], axis("i", size)];
  const kept = [...keys.map((key, k) => [key, lead[k]]), g, o, ...r];
  const sizes = new Map(/** @type {[string, number][]} */ ([...kept, c, ...i]));
  const [a, b] = [...factors].map((name) => names.indexOf(name));
  const [left, right] = [...factors].map(stepsFor);
  const products = productsOf(sizes, /** @type {string[]} */ (kept.map(([key]) => key)), stepsFor(target), left, right);
  const results = { X: [channels, ...lengths], K: given.K.slice(-d - 2), Y: [outs, ...counts], U: [channels * W, N] };
  const shape = [...front, ...results[/** @type {"X"} */ (target)]];
  if (!zeros.some(Boolean) || !(factors + target).includes("X")) return { shape, compute: (out, xs) => products(out, xs[a], xs[b]) };
  // X with its zeros around is an array of its own
  const whole = [...(target === "X" ? front : frontOf("X")), channels, ...padded];
  const inner = target === "X" ? shape : given.X;
  const [around, begin] = [stepsOf(whole), zeros.reduce((sum, n, k) => sum + n * stepsOf(padded)[k], 0)];
  const place = new Float64Array(entriesIn(whole));
  if (target === "X") {
    const cut = copied(shape, [{ sizes: shape, from: around, start: begin }]);
    return { shape, compute: (out, xs) => { products(place, xs[a], xs[b]); cut.compute(out, [place]); } };
  }
  const put = copied(whole, [{ of: names.indexOf("X"), sizes: inner, from: stepsOf(inner), end: begin }]);
  return {
    shape,
    compute: (out, xs) => {
      put.compute(place, xs);
      const [x, y] = [...factors].map((name, k) => (name === "X" ? place : xs[[a, b][k]]));
      products(out, x, y);
    },
  };
};

/** Where the entries of each window lie in an input, -1 for those around it. @param {number} d @param {number[]} lengths @param {import("./tensors.js").Attributes} attributes */
function pooledPlaces(d, lengths, { size, stride = null, padding = 0 }) {
  const [window, zeros] = [perSpatialAxis(d, size), perSpatialAxis(d, padding)];
  const step = stride === null ? window : perSpatialAxis(d, stride);
  const [counts, steps] = [countsAlong(lengths, window, step, zeros), stepsOf(lengths)];
  const [windows, inside] = [counts, window].map((sizes) => sizes.map((_, k) => offsetsOf(sizes, sizes.map((__, i) => Number(i === k)))));
  const [n, many] = [entriesIn(window), entriesIn(counts)];
  const places = new Int32Array(many * n);
  for (let at = 0; at < places.length; at += 1) {
    const [w, i] = [Math.floor(at / n), at % n];
    const where = lengths.map((_, k) => windows[k][w] * step[k] + inside[k][i] - zeros[k]);
    places[at] = where.every((k, axis) => k >= 0 && k < lengths[axis]) ? where.reduce((sum, k, axis) => sum + k * steps[axis], 0) : -1;
  }
  return { counts, places, n, many };
}

/**
 * A kernel that goes through all windows of the last operand, in every loop.
 * @param {number} d @param {boolean} isInput whether the result is like the input @param {(out: Float64Array, at: number, places: Int32Array, xs: [Float64Array, number][], w: number) => void} f of one window: the result, where its loop begins, where the window's entries lie, each operand and where its loop begins, which window
 * @returns {Kernel}
 */
const pooling = (d, isInput, f) => (shapes, attributes) => {
  const { lead, cores, at } = loopsOf(shapes, shapes.map(() => d));
  const lengths = cores[cores.length - 1];
  const { counts, places, n, many } = pooledPlaces(d, lengths, attributes);
  const rows = Array.from({ length: many }, (_, w) => places.subarray(w * n, (w + 1) * n).filter((k) => k >= 0));
  const core = isInput ? lengths : counts;
  return {
    shape: [...lead, ...core],
    compute: (out, xs) => {
      out.fill(0);
      for (let loop = 0; loop < at[0].length; loop += 1) {
        const own = xs.map((x, k) => /** @type {[Float64Array, number]} */ ([x, at[k][loop]]));
        for (let w = 0; w < many; w += 1) f(out, loop * entriesIn(core), rows[w], own, w);
      }
    },
  };
};

/** The last entry of a window that is not less than its largest, for NaN is not less than itself. @param {Int32Array} row @param {[Float64Array, number]} Y @param {[Float64Array, number]} X @param {number} w */
function largestPlace(row, [y, atY], [x, atX], w) {
  let k = row.length - 1;
  while (k >= 0 && x[atX + row[k]] < y[atY + w]) k -= 1;
  return k < 0 ? -1 : row[k];
}

/** @param {number} d @returns {[string, Kernel][]} */
function windowRows(d) {
  /** @type {(attributes: any) => number} */
  const share = ({ size }) => perSpatialAxis(d, size).reduce((n, k) => n * k, 1);
  /** @type {(kernel: (n: number) => Kernel) => Kernel} */
  const averaged = (kernel) => ([b, X = b], attributes, ranks, batch) => kernel(share(attributes))(X === b ? [b] : [b, X.slice(-d)], attributes, ranks, batch);
  return [
    [`conv${d}d`, windowed(d, "XK", "XK", "Y")],
    [`conv${d}d_input`, windowed(d, "YKX", "YK", "X")],
    [`conv${d}d_kernel`, windowed(d, "XYK", "XY", "K")],
    [`batch_conv${d}d_kernel`, windowed(d, "XYK", "XY", "K")],
    [`unfold${d}d`, windowed(d, "XK", "X", "U")],
    [`fold${d}d`, windowed(d, "UXK", "U", "X")],
    [`max_pool${d}d`, pooling(d, false, (out, at, row, [[x, begin]], w) => {
      let top = -Infinity;
      for (const k of row) top = maximumOf(top, x[begin + k]);
      out[at + w] = top;
    })],
    [`max_pool${d}d_input`, pooling(d, true, (out, at, row, [[b, begin], Y, X], w) => {
      const place = largestPlace(row, Y, X, w);
      if (place >= 0) out[at + place] += b[begin + w];
    })],
    [`max_pool${d}d_entries`, pooling(d, false, (out, at, row, [[v, begin], Y, X], w) => {
      const place = largestPlace(row, Y, X, w);
      if (place >= 0) out[at + w] = v[begin + place];
    })],
    [`avg_pool${d}d`, averaged((n) => pooling(d, false, (out, at, row, [[x, begin]], w) => {
      for (const k of row) out[at + w] += x[begin + k];
      out[at + w] /= n;
    }))],
    [`avg_pool${d}d_input`, averaged((n) => pooling(d, true, (out, at, row, [[b, begin]], w) => {
      for (const k of row) out[at + k] += b[begin + w] / n;
    }))],
  ];
}

export const WINDOW_KERNELS = [...windowRows(1), ...windowRows(2)];
