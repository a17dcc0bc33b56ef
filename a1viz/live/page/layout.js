// Where the boxes of a typed graph stand: in layers from left to right, or downwards, few lines crossing, each box near what it is joined to.
//
// Layers by the longest path; a line over several layers gets a place in each; within a layer boxes are ordered by the median of their
// neighbours (Sugiyama's method) and placed by least squares without touching (pool adjacent violators).

/** @typedef {{name: string, width: number, height: number}} Measured */
/** @typedef {{x: number, y: number, width: number, height: number}} Placed the upper left corner and the size */
/**
 * @typedef {{name: string, layer: number, width: number, height: number, x: number, y: number, place: number, median: number, before:
 * Cell[], after: Cell[], isBox: boolean}} Cell
 */
/** @typedef {{path: string, tip: {x: number, y: number}, curves: [number, number, number, number][], isDown: boolean}} Route */
/**
 * @typedef {{cells: Map<string, Cell>, chains: Cell[][], layers: Cell[][], across: number, isDown: boolean, labels: number[], crossings:
 * number}} Plan
 */
/**
 * @typedef {object} Layout
 * @property {Map<string, Placed>} boxes
 * @property {string[]} routes paths, each up to where its arrow begins
 * @property {{x: number, y: number}[]} tips
 * @property {{x: number, y: number}[]} labels their middles
 * @property {number} width
 * @property {number} height
 * @property {number} crossings
 * @property {boolean} isDown
 */

// sweeps that order, and that place
const [ORDERINGS, PLACINGS] = [12, 24];
// boxes in one layer up to which crossings are counted pair by pair
const COUNTED = 400;
// pixels: between lines that reach the same box, of an arrow, of a label and around it
const [PORT_STEP, ARROW_LENGTH, LABEL_HEIGHT, LABEL_GAP] = [14, 7, 14, 3];
// parts of the way along a curve at which a label may stand, best first
const LABEL_PARTS = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];
const CURVE_PARTS = Array.from({ length: 13 }, (_, k) => k / 12);
// lines up to which labels keep off all of them
const FEW_ROUTES = 80;

/**
 * From left to right, or downwards.
 * @param {Measured[]} boxes each after those that its lines come from
 * @param {[string, string][]} lines
 * @param {{across?: number, between?: number, isDown?: boolean, labels?: number[]}} [how] `labels` are the widths of what is written at the lines
 * @returns {Layout}
 */
export function layOut(boxes, lines, { across = 46, between = 18, isDown = false, labels = [] } = {}) {
  const cells = new Map(boxes.map(({ name, width, height }) => [name, isDown ? cellOf(name, height, width, true) : cellOf(name, width, height, true)]));
  const chains = layered(cells, lines);
  const layers = layersOf(cells, chains);
  const crossings = ordered(layers);
  placeCells(layers, between);
  return drawn({ cells, chains, layers, across, isDown, labels, crossings });
}

/** @param {string} name @param {number} width @param {number} height @param {boolean} isBox @returns {Cell} */
function cellOf(name, width, height, isBox) {
  return { name, layer: 0, width, height, x: 0, y: 0, place: 0, median: 0, before: [], after: [], isBox };
}

/**
 * Gives every cell its layer; returns the places of each line in the layers that it goes through.
 * @param {Map<string, Cell>} cells @param {[string, string][]} lines
 */
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
    if ((into.get(name) ?? []).length || !readers.length) continue;
    found.layer = readers.reduce((least, head) => Math.min(least, cell(head).layer), Infinity) - 1;
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
    for (let i = 0; i < ends.length; i += 1) {
      for (let j = 0; j < i; j += 1) count += Number((ends[i][0] - ends[j][0]) * (ends[i][1] - ends[j][1]) < 0);
    }
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
      const pulls = (/** @type {Cell} */ cell) => [...cell.before, ...cell.after].flatMap((near) => Array(pullOf(cell, near)).fill(near.y));
      const wanted = layer.map((cell, k) => meanOf(pulls(cell), cell.y) - offsets[k]);
      nearestRising(wanted).forEach((y, k) => (layer[k].y = y + offsets[k]));
    }
  }
}

/** How strongly a line is kept straight: between boxes, and where it goes by them, more than at its ends. @param {Cell} cell @param {Cell} near */
const pullOf = (cell, near) => (cell.isBox !== near.isBox ? 1 : cell.isBox ? 2 : 4);

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

/** What is drawn: boxes, and each line with its path, its tip and the middle of its label. @param {Plan} plan @returns {Layout} */
function drawn({ cells, chains, layers, across, isDown, labels, crossings }) {
  const all = layers.flat();
  const top = all.reduce((least, cell) => Math.min(least, cell.y - cell.height / 2), Infinity);
  const bottom = all.reduce((most, cell) => Math.max(most, cell.y + cell.height / 2), -Infinity);
  const widths = layers.map((layer) => layer.reduce((most, cell) => Math.max(most, cell.width), 0));
  const left = widths.map((_, k) => widths.slice(0, k).reduce((sum, width) => sum + width + across, 0));
  for (const cell of all) {
    cell.x = left[cell.layer] + (cell.isBox ? (widths[cell.layer] - cell.width) / 2 : 0);
    cell.y -= top;
  }
  const boxes = new Map([...cells].map(([name, { x, y, width, height }]) => [name, placedBox(x, y - height / 2, width, height, isDown)]));
  const ports = portsOf(chains);
  const routes = chains.map((chain, k) => routeOf(chain, ports[k], widths, isDown));
  const [along, high] = cells.size ? [left[layers.length - 1] + widths[layers.length - 1], bottom - top] : [0, 0];
  const [width, height] = isDown ? [high, along] : [along, high];
  const [paths, tips] = [routes.map(({ path }) => path), routes.map(({ tip }) => tip)];
  return { boxes, routes: paths, tips, labels: labelPlaces(routes, labels, boxes), width, height, crossings, isDown };
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {boolean} isDown @returns {Placed} */
function placedBox(x, y, width, height, isDown) {
  return isDown ? { x: y, y: x, width: height, height: width } : { x, y, width, height };
}

/** The heights at which lines reach their boxes: one above the other where several do. @param {Cell[][]} chains @returns {number[]} */
function portsOf(chains) {
  const ports = chains.map((chain) => chain[chain.length - 1].y);
  /** @type {Map<Cell, number[]>} */
  const into = new Map();
  chains.forEach((chain, k) => {
    const head = chain[chain.length - 1];
    into.set(head, [...(into.get(head) ?? []), k]);
  });
  for (const [head, lines] of into) {
    const before = (/** @type {number} */ k) => chains[k][chains[k].length - 2].y;
    const step = Math.min(PORT_STEP, (0.7 * head.height) / lines.length);
    lines.sort((a, b) => before(a) - before(b)).forEach((k, place) => (ports[k] += (place - (lines.length - 1) / 2) * step));
  }
  return ports;
}

/**
 * A line as the path of an SVG, and its pieces.
 * @param {Cell[]} chain @param {number} port @param {number[]} widths @param {boolean} isDown @returns {Route}
 */
function routeOf(chain, port, widths, isDown) {
  const [tail, head] = [chain[0], chain[chain.length - 1]];
  let [x, y] = [tail.x + tail.width, tail.y];
  const point = (/** @type {number} */ a, /** @type {number} */ b) => (isDown ? `${inPath(b)} ${inPath(a)}` : `${inPath(a)} ${inPath(b)}`);
  /** @type {[number, number, number, number][]} */
  const curves = [];
  let path = `M${point(x, y)}`;
  const curve = (/** @type {number} */ toX, /** @type {number} */ toY) => {
    const middle = (x + toX) / 2;
    curves.push([x, y, toX, toY]);
    path += `C${point(middle, y)} ${point(middle, toY)} ${point(toX, toY)}`;
    [x, y] = [toX, toY];
  };
  for (const cell of chain.slice(1, -1)) {
    curve(cell.x, cell.y);
    x += widths[cell.layer];
    path += `L${point(x, y)}`;
  }
  curve(head.x - ARROW_LENGTH, port);
  return { path, tip: isDown ? { x: port, y: head.x } : { x: head.x, y: port }, curves, isDown };
}

/**
 * Where labels stand: beside a curve of their line, where no box and no other label is, and as few lines as can be.
 * @param {Route[]} routes @param {number[]} labels widths @param {Map<string, Placed>} boxes
 */
function labelPlaces(routes, labels, boxes) {
  const taken = [...boxes.values()];
  const points = routes.map(({ curves, isDown }) => curves.flatMap((curve) => CURVE_PARTS.map((part) => pointOf(curve, part, isDown))));
  const others = routes.length <= FEW_ROUTES ? points.flat() : [];
  return routes.map(({ curves, isDown }, k) => {
    const width = labels[k] ?? 0;
    const apart = [[0, -1], [0, 1], [1, 0], [-1, 0]].map(([dx, dy]) => [dx * (width / 2 + LABEL_GAP), dy * (LABEL_HEIGHT / 2 + LABEL_GAP)]);
    let [best, least] = [{ x: 0, y: 0, width, height: LABEL_HEIGHT }, Infinity];
    for (const curve of curves.length > 1 ? [curves[curves.length - 1], curves[0]] : curves) {
      for (const part of LABEL_PARTS) {
        const [x, y] = pointOf(curve, part, isDown);
        for (const [dx, dy] of least ? apart : []) {
          const place = { x: x + dx - width / 2, y: y + dy - LABEL_HEIGHT / 2, width, height: LABEL_HEIGHT };
          const hidden = (others.length ? others : points[k]).reduce((sum, [a, b]) => sum + Number(isInside(a, b, place)), 0);
          const cost = hidden + 100 * taken.filter((other) => isOver(place, other)).length;
          if (cost < least) [best, least] = [place, cost];
        }
      }
    }
    taken.push(best);
    return { x: best.x + width / 2, y: best.y + LABEL_HEIGHT / 2 };
  });
}

/**
 * A point of a curve whose handles are in its middle.
 * @param {[number, number, number, number]} curve @param {number} part of the way @param {boolean} isDown @returns {[number, number]}
 */
function pointOf([x, y, toX, toY], part, isDown) {
  const rest = 1 - part;
  const along = rest ** 3 * x + 3 * rest * part * ((x + toX) / 2) + part ** 3 * toX;
  const across = y + (toY - y) * part * part * (3 - 2 * part);
  return isDown ? [across, along] : [along, across];
}

/** @param {number} x @param {number} y @param {Placed} place */
function isInside(x, y, place) {
  return x > place.x && x < place.x + place.width && y > place.y && y < place.y + place.height;
}

/** @param {Placed} a @param {Placed} b */
function isOver(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** @param {number} x */
function inPath(x) {
  return String(Math.round(x * 10) / 10);
}
