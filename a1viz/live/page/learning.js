// Gradient descent before one's eyes: parameters, or inputs where there are none, go against their error signals, and the loss is drawn.

import { shortNumber, typedNumber } from "./numbers.js";
import { button, controls, element, showPressed } from "./elements.js";

const RATE = 0.1;
const [WIDTH, HEIGHT, KEPT] = [240, 60, 2000];

/** Steps of gradient descent of a figure that has a scalar loss. */
export class Learner {
  /** @param {import("./figure.js").LiveFigure} figure */
  constructor(figure) {
    this.figure = figure;
    const leaves = figure.graph.leaves.filter((node) => figure.bars.has(node.name));
    const parameters = leaves.filter((node) => node.op === "parameter");
    this.learnt = (parameters.length ? parameters : leaves).map((node) => node.name);
    this.rate = RATE;
    this.running = 0;
    /** @type {number[]} */
    this.losses = [];
    this.field = element("input", { value: String(RATE), size: "6", inputmode: "decimal", autocomplete: "off", "aria-label": "learning rate" });
    this.field.addEventListener("change", () => this.setRate(typedNumber(this.field.value)));
    this.player = button("Learn", "Take one step after the other", () => this.play());
    this.curve = element("path", { d: "", fill: "none", stroke: "currentColor", "stroke-width": "1.5" });
    const drawn = element("svg", { viewBox: `-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`, "aria-hidden": "true" }, this.curve);
    this.picture = element("div", { class: "a1viz-losses", hidden: "" }, drawn, element("small", {}, `${figure.loss}, step by step`));
    this.controls = controls(
      "Gradient descent",
      button("One step", "One step of gradient descent", () => {
        this.step();
        figure.say(this.told());
      }),
      this.player,
      element("label", {}, "rate ", this.field),
    );
  }

  /** @param {number | undefined} rate */
  setRate(rate) {
    if (rate !== undefined && Number.isFinite(rate) && rate > 0) this.rate = rate;
    else this.figure.say("the learning rate is a positive number, such as 0.1");
    this.field.value = String(this.rate);
  }

  /** One step: every number less rate times its error signal. */
  step() {
    const { figure } = this;
    if (!this.losses.length) this.losses.push(this.figure.lossNow());
    const bars = this.learnt.map((name) => /** @type {import("./numbers.js").Numbers} */ (figure.bar(name)));
    this.learnt.forEach((name, j) => {
      const { data } = /** @type {{data: Float64Array}} */ (figure.given.get(name));
      for (let k = 0; k < data.length; k += 1) data[k] -= this.rate * bars[j].data[k];
    });
    figure.compute();
    if (this.losses.length < KEPT) this.losses.push(this.figure.lossNow());
    this.draw();
  }

  told() {
    const steps = this.losses.length - 1;
    const first = shortNumber(this.losses[0]);
    return `${steps} step${steps === 1 ? "" : "s"}: ${this.figure.loss} is ${shortNumber(this.figure.lossNow())}, was ${first}`;
  }

  draw() {
    const good = this.losses.filter(Number.isFinite);
    const [low, high] = [Math.min(...good), Math.max(...good)];
    const x = (/** @type {number} */ k) => ((k * WIDTH) / Math.max(good.length - 1, 1)).toFixed(1);
    const y = (/** @type {number} */ v) => (HEIGHT * (1 - (v - low) / (high - low || 1))).toFixed(1);
    this.curve.setAttribute("d", good.map((v, k) => `${k ? "L" : "M"}${x(k)} ${y(v)}`).join(""));
    this.picture.hidden = this.losses.length < 2;
  }

  /** Play, or pause. */
  play() {
    if (this.running) return this.pause();
    const next = () => {
      this.step();
      this.figure.say(this.told(), true);
      this.running = Number.isFinite(this.figure.lossNow()) ? requestAnimationFrame(next) : 0;
      if (!this.running) this.pause();
    };
    this.running = requestAnimationFrame(next);
    showPressed(this.player, true, "Pause", "Pause learning");
  }

  pause() {
    cancelAnimationFrame(this.running);
    this.running = 0;
    showPressed(this.player, false, "Learn", "Take one step after the other");
    if (this.losses.length) this.figure.say(this.told());
  }

  /** Forget what was learnt. */
  forget() {
    if (this.running) this.pause();
    this.losses = [];
    this.draw();
  }
}
