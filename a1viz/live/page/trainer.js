// Gradient descent of a small model, by the same graph as in Python.

import { graphOf } from "../engine/graph_data.js";
import { prepare } from "../engine/execution.js";
import { tensorFrom, tensorOf } from "../engine/tensors.js";
import { uniformNumbers } from "../engine/random_numbers.js";

/** @typedef {import("../engine/tensors.js").Tensor} Tensor */

const LOSS_GROWTH = 100;

/** A model that is trained by full-batch gradient descent with momentum, as by Python's `descend`. */
export class Trainer {
  /** @param {any} data */
  constructor(data) {
    this.data = data;
    this.graph = graphOf(data.graph);
    this.program = prepare(this.graph);
    this.decides = prepare(graphOf(data.decides));
    this.held = prepare(graphOf(data.decides));
    /** @type {Map<string, string>} the sum over the batch that is each parameter's gradient */
    this.bars = new Map(Object.entries(data.bars));
    this.loss = this.graph.outputs[0];
    this.points = data.sets[0];
    this.count = 0;
    this.steps = 0;
    this.first = NaN;
    /** @type {Map<string, Tensor>} */
    this.inputs = new Map();
    /** @type {Map<string, Tensor>} */
    this.parameters = new Map();
    /** @type {Map<string, Float64Array>} of momentum */
    this.velocity = new Map();
    this.begin(data.sets[0], null, 0);
  }

  /** Take points and first parameters: the build's, or drawn as PyTorch draws them. @param {any} points @param {number | null} units @param {number} draw */
  begin(points, units, draw) {
    this.points = points;
    this.count = points.t.length;
    this.inputs = new Map([["x", tensorFrom(points.X)], ["t", tensorFrom(points.t)]]);
    this.parameters = new Map(Object.entries(this.data.values).map(([name, value]) => [name, tensorFrom(value)]));
    const own = this.parameters.get("b1")?.data.length ?? null;
    if (draw || (units ?? own) !== own) this.drawParameters(Number(units ?? own), draw);
    this.velocity = new Map([...this.parameters].map(([name, { data }]) => [name, new Float64Array(data.length)]));
    this.steps = 0;
    this.first = NaN;
  }

  /** @param {number} units @param {number} draw */
  drawParameters(units, draw) {
    const next = uniformNumbers(`parameters ${units} ${draw}`);
    for (const [name, { shape }] of this.parameters) {
      const isOuter = /^[wb]2$/.test(name);
      const own = shape.map((size, axis) => (this.parameters.has("b1") && axis === 0 ? units : size));
      const reach = 1 / Math.sqrt(isOuter ? units : 2);
      const made = tensorOf(own);
      this.parameters.set(name, tensorOf(own, made.data.map(() => reach * (2 * next() - 1))));
    }
  }

  /** One step down the gradient of the mean loss; gives the loss before it. @param {number} rate @param {number} momentum */
  step(rate, momentum) {
    const values = this.program.run(new Map([...this.inputs, ...this.parameters]));
    const share = 1 / this.count;
    for (const [name, { data }] of this.parameters) {
      const bar = /** @type {Tensor} */ (values.get(/** @type {string} */ (this.bars.get(name)))).data;
      const v = /** @type {Float64Array} */ (this.velocity.get(name));
      for (let k = 0; k < data.length; k += 1) {
        v[k] = momentum * v[k] + bar[k] * share;
        data[k] -= rate * v[k];
      }
    }
    this.steps += 1;
    const loss = meanEntry(/** @type {Tensor} */ (values.get(this.loss)).data);
    if (Number.isNaN(this.first)) this.first = loss;
    return loss;
  }

  /** The logits of points, row after row. @param {any} program @param {Tensor} x @returns {Float64Array} */
  logits(program, x) {
    return program.run(new Map([["x", x], ...this.parameters])).get(this.data.logit).data;
  }

  /** Mean loss and share of right answers. @param {boolean} isHeld of the points to validate with */
  measure(isHeld) {
    const { X, t, held, held_t: heldT } = this.points;
    const [x, truth] = isHeld ? [held, heldT] : [X, t];
    const z = this.logits(this.held, tensorFrom(x));
    const loss = z.reduce((sum, v, k) => sum + Math.max(v, 0) - truth[k] * v + Math.log1p(Math.exp(-Math.abs(v))), 0) / z.length;
    return { loss, accuracy: z.reduce((sum, v, k) => sum + Number(v > 0 === Boolean(truth[k])), 0) / z.length };
  }

  /** Whether the loss has grown so much that it does not come back. @param {number} loss */
  hasDiverged(loss) {
    return !(loss <= LOSS_GROWTH * Math.max(this.first, 1));
  }
}

/** @param {Float64Array} data */
function meanEntry(data) {
  let sum = 0;
  for (let k = 0; k < data.length; k += 1) sum += data[k];
  return sum / data.length;
}
