// Gradient descent before one's eyes: parameters, or inputs where there are none, go against their error signals, and the loss is drawn.

import { saidNumber, typedNumber } from "./numbers.js";
import { button, controls, element, fieldOf, keepInPlace, rename } from "./elements.js";

const RATE = 0.1;
const [WIDTH, HEIGHT, KEPT] = [240, 60, 2000];

/** @typedef {import("./figure.js").LiveFigure} LiveFigure */

/** The leaves that descent moves. @param {LiveFigure} figure */
function learntLeaves({ graph, bars }) {
  const leaves = graph.leaves.filter((node) => bars.has(node.name));
  return graph.parameters.length ? leaves.filter((node) => node.op === "parameter") : leaves;
}

/** Whether the error signal of a leaf is 0 whatever the numbers are. @param {LiveFigure} figure @param {string} name */
function isAlwaysZero({ graph, bars }, name) {
  const bar = graph.node(bars.get(name) ?? "");
  const from = bar.op === "fill" || bar.op === "identity" ? graph.node(bar.inputs[0]) : bar;
  return from.op === "constant" && from.value === 0;
}

/** Whether descent can move anything. @param {LiveFigure} figure */
export function canLearn(figure) {
  return figure.loss !== "" && learntLeaves(figure).some((node) => !isAlwaysZero(figure, node.name));
}

/** Steps of gradient descent of a figure that has a scalar loss. @param {LiveFigure} figure */
export function learnerOf(figure) {
  const learnt = learntLeaves(figure);
  let [rate, running, count] = [RATE, 0, 0];
  /** @type {number[]} */
  let losses = [];
  const curve = element("path", { fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
  const drawn = element("svg", { viewBox: `-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`, "aria-hidden": "true" }, curve);
  const told = element("small");
  const picture = element("div", { class: "a1viz-losses", hidden: "" }, drawn, told);

  /** @param {number | undefined} to */
  const setRate = (to) => {
    if (to !== undefined && Number.isFinite(to) && to > 0) rate = to;
    else figure.say("the learning rate is a positive number, such as 0.1");
    field.value = String(rate);
  };
  const draw = () => {
    const good = losses.filter(Number.isFinite);
    const [low, high] = [Math.min(...good), Math.max(...good)];
    const at = (/** @type {number} */ v, /** @type {number} */ k) => `${(k * WIDTH) / (good.length - 1)} ${HEIGHT * (1 - (v - low) / (high - low || 1))}`;
    picture.hidden = good.length < 2;
    curve.setAttribute("d", picture.hidden ? "" : `M${good.map(at).join("L")}`);
  };
  /** Every number less rate times its error signal. */
  const step = () => {
    if (!losses.length) losses.push(figure.lossNow());
    const bars = learnt.map((node) => /** @type {import("./numbers.js").Numbers} */ (figure.bar(node.name)).data);
    learnt.forEach((node, j) => {
      const { data } = /** @type {{data: Float64Array}} */ (figure.given.get(node.name));
      for (let k = 0; k < data.length; k += 1) data[k] -= rate * bars[j][k];
    });
    figure.compute();
    if (losses.length < KEPT) losses.push(figure.lossNow());
    count += 1;
    const lost = Number.isFinite(figure.lossNow()) ? "" : "; go back to the given numbers and take a smaller rate";
    told.textContent = `${count} step${count === 1 ? "" : "s"}: ${figure.loss} is ${saidNumber(figure.lossNow())}, was ${saidNumber(losses[0])}${lost}`;
    if (picture.hidden) keepInPlace(buttons, draw);
    else draw();
  };
  const pause = () => {
    cancelAnimationFrame(running);
    running = 0;
    rename(player, "Learn", "Take one step after the other");
    if (count) figure.say(told.textContent, true);
  };
  const single = () => {
    step();
    figure.say(told.textContent, true);
  };
  const next = () => {
    step();
    if (Number.isFinite(figure.lossNow())) running = requestAnimationFrame(next);
    else pause();
  };
  const play = () => {
    if (running) return pause();
    running = requestAnimationFrame(next);
    rename(player, "Pause", "Pause learning");
  };

  const field = fieldOf("learning rate", { size: 6, on: { change: () => setRate(typedNumber(field.value)) } });
  const player = button("", "", play);
  const buttons = controls("Gradient descent", button("One step", "One step of gradient descent", single), player, element("label", {}, "rate ", field));
  setRate(rate);
  pause();
  const reset = () => {
    losses = [];
    count = 0;
    pause();
    draw();
  };
  return { buttons, picture, setRate, reset, rate: () => rate };
}
