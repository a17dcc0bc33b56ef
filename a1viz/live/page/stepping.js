// Step by step: forward from variable to variable, then backward from error signal to error signal, with the equation in numbers beside it.

import { arrayText } from "./numbers.js";
import { button, controls, element, showPressed } from "./elements.js";

const PAUSE = 1400;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{M}\p{N}_]*)*(?!\()/gu;

/** @typedef {{name: string, isBar: boolean, text: string}} Step */

/** Forward and backward in steps. */
export class Stepper {
  /** @param {import("./figure.js").LiveFigure} figure */
  constructor(figure) {
    this.figure = figure;
    const given = new Set(figure.given.keys());
    const forward = figure.variables.filter((name) => !given.has(name));
    const later = [...forward].reverse().concat(figure.variables.filter((name) => given.has(name)));
    const shown = new Set(figure.slots.map((slot) => slot.name));
    /** @type {Step[]} */
    this.steps = [
      ...forward.map((name) => ({ name, isBar: false, text: name })),
      ...later.filter((name) => figure.bars.has(name) && shown.has(name)).map((name) => ({ name, isBar: true, text: `${name}_bar` })),
    ];
    // the step that is shown; that after the last shows everything
    this.at = this.steps.length;
    this.timer = 0;
    this.beside = element("p", { class: "a1viz-step" });
    this.player = button("Play", "Play the steps one after the other", () => this.play());
    this.controls = controls(
      "Step through the graph",
      button("Back", "One step back", () => this.move(-1)),
      button("Step", "One step forward", () => this.move(1)),
      this.player,
      button("All", "Show all numbers", () => this.go(this.steps.length)),
    );
    figure.watchers.push(() => this.write());
  }

  /** @param {number} by */
  move(by) {
    const count = this.steps.length + 1;
    this.go((this.at + by + count) % count);
    this.figure.say(this.beside.textContent ?? "");
  }

  /** Show the numbers up to a step. @param {number} at */
  go(at) {
    this.at = Number.isInteger(at) && at >= 0 && at < this.steps.length ? at : this.steps.length;
    const places = new Map(this.steps.map((step, k) => [`${step.isBar} ${step.name}`, k]));
    for (const slot of this.figure.slots) slot.group.classList.toggle("a1viz-later", (places.get(`${slot.isBar} ${slot.name}`) ?? -1) > this.at);
    const now = this.steps[this.at];
    for (const box of this.figure.boxes) {
      box.classList.toggle("a1viz-now", box.dataset.name === now?.name);
      if (box.dataset.name === now?.name) box.setAttribute("aria-current", "step");
      else box.removeAttribute("aria-current");
    }
    this.write();
  }

  /** The equation of this step: as it is, with numbers put in, and what comes out. */
  write() {
    const step = this.steps[this.at];
    this.beside.replaceChildren();
    if (!step) return;
    const { figure } = this;
    const found = figure.array(step.name, step.isBar);
    const equation = figure.texts.get(step.text);
    const put = (/** @type {string} */ text) =>
      text.replace(NAME, (name) => {
        const isBar = !figure.values.has(name) && name.endsWith("_bar");
        const array = figure.values.get(name) ?? (isBar ? figure.bar(name.slice(0, -4)) : undefined);
        return array ? arrayText(array) : name;
      });
    const lines = [`${this.at + 1} of ${this.steps.length}: ${step.text}`, ` = ${equation ?? "given"}`];
    if (equation) lines.push(` = ${put(equation)}`);
    if (found) lines.push(` = ${arrayText(found)}`);
    for (const name of equation?.match(NAME) ?? []) {
      const shared = figure.values.has(name) || name.endsWith("_bar") ? undefined : figure.texts.get(name);
      if (shared) lines.push(`, where ${name} = ${shared} = ${put(shared)}`);
    }
    this.beside.append(...lines.filter((line, k) => line !== lines[k - 1]).map((line) => element("span", {}, line)));
  }

  /** Play, or pause. */
  play() {
    if (this.timer) return this.pause();
    if (this.at >= this.steps.length - 1) this.go(0);
    this.timer = setInterval(() => (this.at < this.steps.length ? this.move(1) : this.pause()), PAUSE);
    showPressed(this.player, true, "Pause", "Pause the steps");
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    showPressed(this.player, false, "Play", "Play the steps one after the other");
  }
}
