// Training before one's eyes: play, pause and step, the decision boundary, and loss and accuracy over the steps.

import { shortNumber } from "./numbers.js";
import { button, controls, element, rename } from "./elements.js";
import { Plot } from "./plot.js";
import { choiceOf, sliderOf, steppedFrom } from "./sliders.js";
import { PlotPart, inSlices, isStill } from "./plot_parts.js";
import { Trainer } from "./trainer.js";
import { DecisionMap } from "./decision_map.js";

const [BUDGET, CALM, MOST_LOOKS] = [12, 1000, 400];
// steps of the run that a page opens with, and from one look at it to the next
const [OPENING, BETWEEN] = [500, 10];
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

/** The next of 1, 2, 5, 10, 20, ... @param {number} v */
function roundAbove(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return power * (/** @type {number} */ ([1, 2, 5, 10].find((times) => times * power >= v)));
}

/** A model that learns in the page. @param {any} host @param {any} data */
export function trainingPlot(host, data) {
  const part = new PlotPart(host, "Training a model");
  const trainer = new Trainer(data);
  const map = new DecisionMap();
  const [lossPlot, accuracyPlot] = ["Loss", "Accuracy"].map((title) => new Plot({ title, x: { label: "step", low: 0, high: 100 }, y: { label: title.toLowerCase(), low: title === "Loss" ? 1e-3 : 0, high: 1, isLog: title === "Loss" } }));
  const state = { running: 0, draw: 0, set: 0, drawnAt: 0, last: NaN, isOpening: true };
  /** @type {{step: number, loss: number[], accuracy: number[]}[]} */
  let looks = [];
  let stopOpening = () => {};

  const rate = sliderOf("learning rate", [...new Set([...RATES, data.rate])].sort((a, b) => a - b), data.rate, () => tried());
  const momentum = sliderOf("momentum", steppedFrom(0, 0.95, 0.05), data.momentum, () => tried());
  const speed = sliderOf("steps per picture", [1, 2, 5, 10, 20, 50], 10, () => {});
  const units = data.units.length ? sliderOf("hidden units", data.units, data.values.b1.length, () => begin()) : null;

  const stepsTaken = () => `${trainer.steps} step${trainer.steps === 1 ? "" : "s"}`;
  function words() {
    const { loss, accuracy } = looks[looks.length - 1];
    const share = (/** @type {number} */ v) => `${(100 * v).toFixed(1)}%`;
    return `After ${stepsTaken()}: loss ${loss[0].toPrecision(3)}, ${share(accuracy[0])} of the training points correct, ${share(accuracy[1])} of ${trainer.points.held_t.length} others.`;
  }
  function look() {
    const found = [trainer.measure(false), trainer.measure(true)];
    const seen = { step: trainer.steps, loss: found.map((f) => f.loss), accuracy: found.map((f) => f.accuracy) };
    if (looks[looks.length - 1]?.step === trainer.steps) looks.pop();
    looks.push(seen);
    if (looks.length > MOST_LOOKS) looks = looks.filter((_, k) => k % 2 === 0 || k === looks.length - 1);
  }
  function show(isTold = true) {
    look();
    const text = words();
    map.draw(trainer, text);
    const xs = looks.map((one) => one.step);
    for (const [plot, key] of /** @type {[Plot, "loss" | "accuracy"][]} */ ([[lossPlot, "loss"], [accuracyPlot, "accuracy"]])) {
      plot.axes.x.high = roundAbove(Math.max(trainer.steps, 100));
      if (key === "loss") {
        const all = looks.flatMap((one) => one.loss).filter((v) => v > 0 && Number.isFinite(v));
        Object.assign(plot.axes.y, { low: 10 ** Math.floor(Math.log10(Math.min(...all))), high: 10 ** Math.ceil(Math.log10(1.2 * Math.max(...all))) });
      }
      plot.draw(["training", "validation"].map((name, j) => ({ name, xs, ys: looks.map((one) => one[key][j]), role: j ? "forward" : "backward", dash: j ? "" : "6 3" })), text);
    }
    if (isTold) part.tell(text);
    else part.verdict.textContent = text;
  }
  /** So many steps, or as many as there is time for; false where the loss has run away. @param {number} count */
  function take(count) {
    const end = performance.now() + BUDGET;
    for (let k = 0; k < count && (k === 0 || performance.now() < end); k += 1) {
      state.last = trainer.step(rate.value(), momentum.value());
      if (trainer.hasDiverged(state.last)) return false;
    }
    return true;
  }
  function diverged() {
    part.tell(`After ${stepsTaken()} the loss is ${shortNumber(state.last)}, and it was ${shortNumber(Number(trainer.first.toPrecision(3)))} at first: the learning rate ${rate.value()} is too large. Take a smaller one, and begin again with New start; or Reset, which takes the given ${data.rate}.`);
  }
  /** The first run, quietly: a reader sees what training brings before anything is pressed. */
  function* opening() {
    while (trainer.steps < OPENING) {
      trainer.step(data.rate, data.momentum);
      if (trainer.steps % BETWEEN === 0) look();
      yield;
    }
  }
  /** A setting that is tried first begins with the first parameters, not where the opening run has ended: there no rate is too large any more. */
  function tried() {
    if (state.isOpening) begin();
  }
  function pause() {
    stopOpening();
    state.isOpening = false;
    cancelAnimationFrame(state.running);
    state.running = 0;
    rename(player, "Play", "Train on, step after step");
  }
  function next() {
    const goesOn = take(speed.value());
    const now = performance.now();
    if (!goesOn) {
      pause();
      return diverged();
    }
    if (!isStill() || now - state.drawnAt > CALM) {
      show(false);
      state.drawnAt = now;
    }
    state.running = requestAnimationFrame(next);
  }
  function play() {
    if (state.running) {
      pause();
      return show();
    }
    stopOpening();
    state.isOpening = false;
    rename(player, "Pause", "Pause the training");
    state.running = requestAnimationFrame(next);
  }
  function single() {
    pause();
    if (take(1)) show();
    else diverged();
  }
  function begin() {
    pause();
    looks = [];
    trainer.begin(data.sets[state.set], units?.value() ?? null, state.draw);
    map.take(trainer.points);
    show();
  }
  const player = button("", "", play);
  const another = () => {
    state.draw += 1;
    begin();
  };
  const reset = () => {
    state.draw = 0;
    rate.set(data.rate);
    momentum.set(data.momentum);
    units?.set(data.values.b1.length);
    begin();
  };
  const choice = choiceOf("points", data.sets.map((/** @type {any} */ set) => set.name), (k) => {
    state.set = k;
    begin();
  });
  part.mount(
    element(
      "div", { class: "a1viz-all-controls" },
      controls("Training", player, button("One step", "One step of gradient descent", single), button("Reset", "Back to the first parameters and the given settings", reset), button("New start", "Draw other first parameters", another)),
      choice.element,
    ),
    element("div", { class: "a1viz-plot-sliders" }, rate.element, momentum.element, ...(units ? [units.element] : []), speed.element),
    element("div", { class: "a1viz-plots" }, map.plot.element, element("div", { class: "a1viz-plot-column" }, lossPlot.element, accuracyPlot.element)),
  );
  const repaint = () => show(false);
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
  if (document.body) new MutationObserver(repaint).observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  begin();
  state.isOpening = true;
  stopOpening = inSlices(opening(), () => show(false));
}
