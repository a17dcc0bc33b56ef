// Sorting networks by the name of their construction, their layers, and what an output needs. The best known ones are the build's data.

/** @typedef {[number, number]} Pair a comparator: the smaller number goes to its first wire, the larger to its second, counted from 0 */

/** @type {{most: number, families: [string, string][], best: {size: string[], depth: string[]}}} */
const NETWORKS = /** @type {any} */ (self).a1vizNetworks;
/** The most wires that a network in the page has. */
export const MOST_LIVE_WIRES = NETWORKS.most;
/** Name and idea of each construction. */
export const CONSTRUCTIONS = NETWORKS.families;

/** @type {Record<string, (n: number) => Pair[]>} */
const BUILDERS = {
  bubble: (n) => upTo(n).flatMap((k) => neighbourPairs(0, n - 1 - k, 1)),
  insertion: (n) => upTo(n).flatMap((k) => neighbourPairs(0, k, 1).reverse()),
  transposition: (n) => upTo(n).flatMap((layer) => neighbourPairs(layer % 2, n - 1, 2)),
  merge: mergeSort,
  bitonic,
  "bose-nelson": (n) => boseNelsonSort(0, n),
  pairwise: (n) => within(n, pairwiseSort(0, powerOfTwo(n), 1)),
  "best-size": (n) => bestKnown(n, "size"),
  "best-depth": (n) => bestKnown(n, "depth"),
};

/** A network by the name of its construction. @param {string} name one of CONSTRUCTIONS @param {number} n @returns {Pair[]} */
export function sortingNetwork(name, n) {
  return BUILDERS[name](n);
}

/** @param {number} n */
function upTo(n) {
  return Array.from({ length: n }, (_, k) => k);
}

/** Pairs of neighbours from `start` on, the first of each before `end`. @param {number} start @param {number} end @param {number} step @returns {Pair[]} */
function neighbourPairs(start, end, step) {
  /** @type {Pair[]} */
  const found = [];
  for (let i = start; i < end; i += step) found.push([i, i + 1]);
  return found;
}

/** @param {number} n @returns {Pair[]} */
function mergeSort(n) {
  /** @type {Pair[]} */
  const found = [];
  /** @param {number[]} wires @returns {number[]} */
  const halves = (wires) => {
    const middle = (wires.length + 1) >> 1;
    return wires.length < 2 ? wires : oddEvenMerge(halves(wires.slice(0, middle)), halves(wires.slice(middle)), found);
  };
  halves(upTo(n));
  // where a comparator points up, its wires change places from there
  const place = upTo(n);
  return found.map(([u, v]) => {
    if (place[u] > place[v]) [place[u], place[v]] = [place[v], place[u]];
    return [place[u], place[v]];
  });
}

/** Merge two lists of sorted wires. @param {number[]} a @param {number[]} b @param {Pair[]} found @returns {number[]} */
function oddEvenMerge(a, b, found) {
  if (!a.length || !b.length) return [...a, ...b];
  if (a.length === 1 && b.length === 1) {
    found.push([a[0], b[0]]);
    return [a[0], b[0]];
  }
  const [odd, even] = [0, 1].map((first) => oddEvenMerge(everySecond(a, first), everySecond(b, first), found));
  const pairs = even.slice(0, odd.length - 1).map((wire, k) => /** @type {Pair} */ ([wire, odd[k + 1]]));
  found.push(...pairs);
  return [odd[0], ...pairs.flat(), ...odd.slice(even.length + 1), ...even.slice(odd.length - 1)];
}

/** @param {number[]} wires @param {number} first */
function everySecond(wires, first) {
  return wires.filter((_, k) => k % 2 === first);
}

/** The smallest power of two that is at least n. @param {number} n */
function powerOfTwo(n) {
  return 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
}

/** @param {number} n @param {Pair[]} pairs */
function within(n, pairs) {
  return pairs.filter(([, j]) => j < n);
}

/** @param {number} n @returns {Pair[]} */
function bitonic(n) {
  /** @type {Pair[]} */
  const found = [];
  const whole = powerOfTwo(n);
  for (let run = 2; run <= whole; run *= 2) {
    for (let start = 0; start < whole; start += run) for (let k = 0; k < run / 2; k += 1) found.push([start + k, start + run - 1 - k]);
    for (let step = run >> 2; step; step >>= 1) for (const i of upTo(whole)) if (!(i & step)) found.push([i, i + step]);
  }
  return within(n, found);
}

/** @param {number} start @param {number} length @returns {Pair[]} */
function boseNelsonSort(start, length) {
  if (length < 2) return [];
  const half = length >> 1;
  const [one, other] = [boseNelsonSort(start, half), boseNelsonSort(start + half, length - half)];
  return [...one, ...other, ...boseNelsonMerge(start, half, start + half, length - half)];
}

/** Merge x sorted wires from i on with y sorted wires from j on. @param {number} i @param {number} x @param {number} j @param {number} y @returns {Pair[]} */
function boseNelsonMerge(i, x, j, y) {
  if (x === 1 && y === 1) return [[i, j]];
  if (x === 1 && y === 2) return [[i, j + 1], [i, j]];
  if (x === 2 && y === 1) return [[i, j], [i + 1, j]];
  const a = x >> 1;
  const b = x % 2 ? y >> 1 : (y + 1) >> 1;
  return [...boseNelsonMerge(i, a, j, b), ...boseNelsonMerge(i + a, x - a, j + b, y - b), ...boseNelsonMerge(i + a, x - a, j, b)];
}

/** Sort the places start, start + gap, ... below `end`. @param {number} start @param {number} end @param {number} gap @returns {Pair[]} */
function pairwiseSort(start, end, gap) {
  if (end - start <= gap) return [];
  /** @type {Pair[]} */
  const found = [];
  for (let i = start; i < end - gap; i += 2 * gap) found.push([i, i + gap]);
  found.push(...pairwiseSort(start, end, 2 * gap), ...pairwiseSort(start + gap, end + gap, 2 * gap));
  for (let m = Math.floor((end - start) / gap / 2); m > 1; ) {
    m >>= 1;
    const reach = gap * (2 * m - 1);
    for (let i = start + gap; i < end - reach; i += 2 * gap) found.push([i, i + reach]);
  }
  return found;
}

/** @param {number} n @param {"size" | "depth"} key @returns {Pair[]} */
function bestKnown(n, key) {
  const { size, depth } = NETWORKS.best;
  const pairs = (key === "depth" && depth[n]) || size[n] || "";
  return (pairs.match(/../g) ?? []).map((pair) => [parseInt(pair[0], 36), parseInt(pair[1], 36)]);
}

/** The positions of the comparators in layers, each as early as it can be. @param {Pair[]} pairs @returns {number[][]} */
export function comparatorLayers(pairs) {
  /** @type {number[][]} */
  const layers = [];
  /** @type {number[]} */
  const ready = [];
  pairs.forEach(([i, j], at) => {
    const layer = Math.max(ready[i] ?? 0, ready[j] ?? 0);
    (layers[layer] ??= []).push(at);
    ready[i] = ready[j] = layer + 1;
  });
  return layers;
}

/** The column of each comparator of a layer, so that none lies over another. @param {Pair[]} layer @returns {number[]} */
export function comparatorColumns(layer) {
  /** @type {number[]} */
  const found = [];
  /** @type {number[]} the lowest wire of each column so far */
  const ends = [];
  const order = layer.map((_, k) => k).sort((a, b) => layer[a][0] - layer[b][0] || layer[a][1] - layer[b][1]);
  for (const k of order) {
    const free = ends.findIndex((end) => end < layer[k][0]);
    found[k] = free < 0 ? ends.length : free;
    ends[found[k]] = layer[k][1];
  }
  return found;
}

/** The positions of the comparators that some of these wires, at the end, depend on. @param {Pair[]} pairs @param {number[]} wires @returns {Set<number>} */
export function neededComparators(pairs, wires) {
  const alive = new Set(wires);
  const kept = new Set();
  for (let at = pairs.length - 1; at >= 0; at -= 1) {
    const [i, j] = pairs[at];
    if (!alive.has(i) && !alive.has(j)) continue;
    alive.add(i).add(j);
    kept.add(at);
  }
  return kept;
}
