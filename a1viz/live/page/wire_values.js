// The numbers on the wires of a network, layer by layer, and the error signal that goes back along them.

/** @typedef {import("./comparator_networks.js").Pair} Pair */

/** Whether a belongs before b: NaN comes last, and of two zeros the negative one is first. @param {number} a @param {number} b */
export function goesFirst(a, b) {
  return a < b || (a === b && Object.is(a, -0) && !Object.is(b, -0)) || (!Number.isNaN(a) && Number.isNaN(b));
}

/** The numbers before the first layer and after each; by choosing, or as blocks of Sort_2 compute them. @param {Pair[]} pairs @param {number[][]} layers @param {Set<number>} removed @param {number[]} x @param {boolean} asBlocks */
export function rowsOf(pairs, layers, removed, x, asBlocks) {
  const rows = [x];
  for (const layer of layers) {
    const now = [...rows[rows.length - 1]];
    for (const at of layer) {
      if (removed.has(at)) continue;
      const [i, j] = pairs[at];
      const [a, b] = [now[i], now[j]];
      if (asBlocks) [now[i], now[j]] = [0.5 * (a + b) - 0.5 * Math.abs(a - b), 0.5 * (a + b) + 0.5 * Math.abs(a - b)];
      else if (goesFirst(b, a)) [now[i], now[j]] = [b, a];
    }
    rows.push(now);
  }
  return rows;
}

/** The error signals on the wires, before the first layer and after each, where the output of one wire has error signal 1. @param {Pair[]} pairs @param {number[][]} layers @param {Set<number>} removed @param {number[][]} rows @param {number} output */
export function signalsOf(pairs, layers, removed, rows, output) {
  const signals = [rows[0].map((_, wire) => Number(wire === output))];
  for (let layer = layers.length - 1; layer >= 0; layer -= 1) {
    const now = [...signals[0]];
    for (const at of layers[layer]) {
      if (removed.has(at)) continue;
      const [i, j] = pairs[at];
      const [a, b] = [rows[layer][i], rows[layer][j]];
      // at a tie the derivative of |z| is taken as 0, so that both get half of either
      if (a === b) now[i] = now[j] = (now[i] + now[j]) / 2;
      else if (goesFirst(b, a)) [now[i], now[j]] = [now[j], now[i]];
    }
    signals.unshift(now);
  }
  return signals;
}

/** The wires of `outputs` that end with a smaller number than the wire before. @param {number[]} last @param {number[]} outputs */
export function misplacedWires(last, outputs) {
  return outputs.filter((wire) => outputs.includes(wire - 1) && last[wire] < last[wire - 1]);
}
