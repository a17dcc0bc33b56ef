// Where the boxes of a typed graph stand: in layers from left to right, few lines crossing, each box near what it is joined to.
//
// Layers by the longest path; a line over several layers gets a place in each; within a layer boxes are ordered by the median of their
// neighbours (Sugiyama's method) and placed by least squares without touching (pool adjacent violators).

/** @typedef {{name: string, width: number, height: number}} Measured */
/** @typedef {{x: number, y: number, width: number, height: number}} Placed the upper left corner and the size */
/** @typedef {{name: string, layer: number, width: number, height: number, y: number, place: number, median: number, before: Cell[], after: Cell[], isBox: boolean}} Cell */
/** @typedef {{boxes: Map<string, Placed>, routes: string[], width: number, height: number, crossings: number}} Layout */

// sweeps that order, and that place
const [ORDERINGS, PLACINGS] = [12, 24];
// boxes in one layer up to which crossings are counted pair by pair
const COUNTED = 400;

/**
 * @param {Measured[]} boxes each after those that its lines come from
 * @param {[string, string][]} lines
 * @param {{across?: number, between?: number}} [gaps]
 * @returns {Layout}
 */
export function layOut(boxes, lines, { across = 46, between = 18 } = {}) {
  const cells = new Map(boxes.map((box) => [box.name, cellOf(box.name, box.width, box.height, true)]));
  const chains = layered(cells, lines);
  const layers = layersOf(cells, chains);
  const crossings = ordered(layers);
  placeCells(layers, between);
  return drawn(boxes, lines, cells, chains, layers, across, crossings);
}

/** @param {string} name @param {number} width @param {number} height @param {boolean} isBox @returns {Cell} */
function cellOf(name, width, height, isBox) {
  return { name, layer: 0, width, height, y: 0, place: 0, median: 0, before: [], after: [], isBox };
}

/** Gives every cell its layer; returns the places of each line in the layers that it goes through. @param {Map<string, Cell>} cells @param {[string, string][]} lines */
function layered(cells, lines) {
  const cell = (/** @type {string} */ name) => /** @type {Cell} */ (cells.get(name));
  const into = new Map([...cells.keys()].map((name) => [name, /** @type {string[]} */ ([])]));
  const out = new Map([...cells.keys()].map((name) => [name, /** @type {string[]} */ ([])]));
  for (const [tail, head] of lines) {
    into.get(head)?.push(tail);
    out.get(tail)?.push(head);
  }
  for (const [name, found] of cells) for (const tail of into.get(name) ?? []) found.layer = Math.max(found.layer, cell(tail).layer + 1);
  // what nothing leads to stands beside its first reader
  for (const [name, found] of [...cells].reverse()) {
    const readers = out.get(name) ?? [];
    if (!(into.get(name) ?? []).length && readers.length) found.layer = readers.reduce((least, head) => Math.min(least, cell(head).layer), Infinity) - 1;
  }
  return lines.map(([tail, head]) => {
    const chain = [cell(tail)];
    for (let layer = cell(tail).layer + 1; layer < cell(head).layer; layer += 1) chain.push({ ...cellOf("", 0, 6, false), layer });
    return [...chain, cell(head)];
  });
}

/** @param {Map<string, Cell>} cells @param {Cell[][]} chains @returns {Cell[][]} */
function layersOf(cells, chains) {
  /** @type {Cell[][]} */
  const layers = [];
  const put = (/** @type {Cell} */ found) => {
    while (layers.length <= found.layer) layers.push([]);
    layers[found.layer].push(found);
  };
  for (const found of cells.values()) put(found);
  for (const chain of chains) {
    chain.slice(1, -1).forEach(put);
    for (let k = 1; k < chain.length; k += 1) {
      chain[k - 1].after.push(chain[k]);
      chain[k].before.push(chain[k - 1]);
    }
  }
  return layers;
}

/** Orders every layer, keeping the best order met. @param {Cell[][]} layers @returns {number} crossings that are left */
function ordered(layers) {
  const count = (/** @type {Cell[]} */ layer) => layer.forEach((cell, k) => (cell.place = k));
  layers.forEach(count);
  let best = layers.map((layer) => [...layer]);
  let least = crossingsOf(layers);
  for (let sweep = 0; sweep < ORDERINGS && least; sweep += 1) {
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      for (const cell of layer) cell.median = medianOf((sweep % 2 ? cell.after : cell.before).map((near) => near.place)) ?? cell.place;
      layer.sort((a, b) => a.median - b.median || a.place - b.place);
      count(layer);
    }
    const found = crossingsOf(layers);
    if (found < least) [least, best] = [found, layers.map((layer) => [...layer])];
  }
  layers.forEach((layer, k) => layer.splice(0, layer.length, ...best[k]));
  layers.forEach(count);
  return least;
}

/** @param {number[]} numbers */
function medianOf(numbers) {
  if (!numbers.length) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** @param {Cell[][]} layers */
function crossingsOf(layers) {
  let count = 0;
  for (let k = 1; k < layers.length; k += 1) {
    const ends = layers[k].flatMap((cell) => cell.before.map((tail) => [tail.place, cell.place]));
    if (ends.length > COUNTED) return layers.length;
    for (let i = 0; i < ends.length; i += 1) for (let j = 0; j < i; j += 1) count += Number((ends[i][0] - ends[j][0]) * (ends[i][1] - ends[j][1]) < 0);
  }
  return count;
}

/** Gives every cell the height of its middle. @param {Cell[][]} layers @param {number} between */
function placeCells(layers, between) {
  for (const layer of layers) {
    let y = 0;
    for (const cell of layer) {
      cell.y = y + cell.height / 2;
      y += cell.height + between;
    }
  }
  for (let sweep = 0; sweep < PLACINGS; sweep += 1) {
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      let offset = 0;
      const offsets = layer.map((cell, k) => (offset += k ? (layer[k - 1].height + cell.height) / 2 + between : 0));
      const wanted = layer.map((cell, k) => meanOf([...cell.before, ...cell.after].map((near) => near.y), cell.y) - offsets[k]);
      nearestRising(wanted).forEach((y, k) => (layer[k].y = y + offsets[k]));
    }
  }
}

/** @param {number[]} numbers @param {number} otherwise */
function meanOf(numbers, otherwise) {
  return numbers.length ? numbers.reduce((sum, x) => sum + x, 0) / numbers.length : otherwise;
}

/** The numbers that never fall and are nearest to these: pool adjacent violators. @param {number[]} wanted @returns {number[]} */
function nearestRising(wanted) {
  /** @type {{sum: number, count: number}[]} */
  const pools = [];
  for (const value of wanted) {
    let pool = { sum: value, count: 1 };
    for (let last = pools.at(-1); last && last.sum / last.count > pool.sum / pool.count; last = pools.at(-1)) {
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.flatMap((pool) => Array.from({ length: pool.count }, () => pool.sum / pool.count));
}

/**
 * @param {Measured[]} boxes @param {[string, string][]} lines @param {Map<string, Cell>} cells @param {Cell[][]} chains @param {Cell[][]} layers
 * @param {number} across @param {number} crossings @returns {Layout}
 */
function drawn(boxes, lines, cells, chains, layers, across, crossings) {
  const all = layers.flat();
  const top = all.reduce((least, cell) => Math.min(least, cell.y - cell.height / 2), Infinity);
  const bottom = all.reduce((most, cell) => Math.max(most, cell.y + cell.height / 2), -Infinity);
  const widths = layers.map((layer) => layer.reduce((most, cell) => Math.max(most, cell.width), 0));
  const left = widths.map((_, k) => widths.slice(0, k).reduce((sum, width) => sum + width + across, 0));
  const at = new Map();
  for (const [name, cell] of cells) {
    const x = left[cell.layer] + (widths[cell.layer] - cell.width) / 2;
    at.set(name, { x, y: cell.y - cell.height / 2 - top, width: cell.width, height: cell.height });
  }
  const routes = chains.map((chain) => routeOf(chain, at, left, widths, top));
  const last = layers.length - 1;
  return { boxes: at, routes, width: boxes.length ? left[last] + widths[last] : 0, height: boxes.length ? bottom - top : 0, crossings };
}

/** A line as the path of an SVG. @param {Cell[]} chain @param {Map<string, Placed>} at @param {number[]} left @param {number[]} widths @param {number} top */
function routeOf(chain, at, left, widths, top) {
  const [tail, head] = [/** @type {Placed} */ (at.get(chain[0].name)), /** @type {Placed} */ (at.get(chain[chain.length - 1].name))];
  let [x, y] = [tail.x + tail.width, tail.y + tail.height / 2];
  let path = `M${inPath(x)} ${inPath(y)}`;
  const curve = (/** @type {number} */ toX, /** @type {number} */ toY) => {
    const middle = (x + toX) / 2;
    path += `C${inPath(middle)} ${inPath(y)} ${inPath(middle)} ${inPath(toY)} ${inPath(toX)} ${inPath(toY)}`;
    [x, y] = [toX, toY];
  };
  for (const { layer, y: middle } of chain.slice(1, -1)) {
    curve(left[layer], middle - top);
    x = left[layer] + widths[layer];
    path += `H${inPath(x)}`;
  }
  curve(head.x, head.y + head.height / 2);
  return path;
}

/** @param {number} x */
function inPath(x) {
  return String(Math.round(x * 10) / 10);
}
