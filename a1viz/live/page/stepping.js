// Step by step: forward from variable to variable, then backward from error signal to error signal, with the equation in numbers beside it.

import { arrayText } from "./numbers.js";
import { button, controls, element, keepInPlace, rename } from "./elements.js";

const PAUSE = 1400;
// pixels of a theme that stay over the page
const HEADER = 48;
// and around a box that comes into sight
const MARGIN = 12;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{M}\p{N}_]*)*(?!\()/gu;

/** Forward and backward in steps; that after the last shows everything. @param {import("./figure.js").LiveFigure} figure */
export function stepperOf(figure) {
  const [forward, leaves] = [true, false].map((isMade) => figure.variables.filter((name) => figure.given.has(name) !== isMade));
  const shown = new Set(figure.slots.map((slot) => slot.name));
  const backward = [...forward].reverse().concat(leaves).filter((name) => figure.bars.has(name) && shown.has(name));
  const steps = [
    ...forward.map((name) => ({ name, isBar: false, called: name })), ...backward.map((name) => ({ name, isBar: true, called: `${name}_bar` })),
  ];
  const places = new Map(steps.map((step, k) => [`${step.isBar} ${step.name}`, k]));
  const beside = element("p", { class: "a1viz-step" });
  let [at, timer] = [steps.length, 0];

  /** @param {string} name */
  const numbersOf = (name) => figure.values.get(name) ?? (name.endsWith("_bar") ? figure.bar(name.slice(0, -4)) : undefined);
  /** An equation with numbers for names; a negative one in brackets where it would be read as part of something else. @param {string} text */
  const put = (text) =>
    text.replace(NAME, (name, /** @type {number} */ at) => {
      const isTurned = !numbersOf(name) && name.endsWith(".T");
      const array = numbersOf(isTurned ? name.slice(0, -2) : name);
      if (!array) return name;
      const [told, before, after] = [arrayText(array), text.slice(0, at).trimEnd(), text.slice(at + name.length).trimStart()];
      const isPart = told.startsWith("-") && (/[-+*/@]$/.test(before) || after.startsWith("**"));
      return `${isPart ? `(${told})` : told}${isTurned ? ".T" : ""}`;
    });

  const write = () => {
    const step = steps[at];
    beside.replaceChildren();
    if (!step) return;
    const [found, equation] = [figure.array(step.name, step.isBar), figure.texts.get(step.called)];
    const lines = [`${at + 1} of ${steps.length}: ${step.called}`, ` = ${equation ?? "given"}`];
    if (equation) lines.push(` = ${put(equation)}`);
    if (found) lines.push(` = ${arrayText(found)}`);
    for (const name of equation?.match(NAME) ?? []) {
      const shared = figure.values.has(name) || name.endsWith("_bar") ? undefined : figure.texts.get(name);
      if (shared) lines.push(`, where ${name} = ${shared} = ${put(shared)}`);
    }
    beside.append(...lines.filter((line, k) => line !== lines[k - 1]).map((line) => element("span", {}, line)));
  };

  /** Show the numbers up to a step. @param {number} to */
  const go = (to) => {
    at = to >= 0 && to < steps.length ? to : steps.length;
    for (const slot of figure.slots) slot.group.classList.toggle("a1viz-later", (places.get(`${slot.isBar} ${slot.name}`) ?? -1) > at);
    for (const box of figure.boxes) box.classList.toggle("a1viz-now", box.dataset.name === steps[at]?.name);
    write();
  };
  /** Bring the box of the step into sight, where the buttons stay there. */
  const reveal = () => {
    const box = figure.boxes.find((one) => one.classList.contains("a1viz-now") && one.checkVisibility());
    const panel = beside.parentElement;
    if (!box || !panel || getComputedStyle(panel).position !== "sticky") return;
    // as far as it takes and no farther: the buttons would leave the end of the window
    const placeOf = () => box.getBoundingClientRect();
    const [high, low] = [() => placeOf().top - HEADER - MARGIN, () => placeOf().bottom + MARGIN - panel.getBoundingClientRect().top];
    if (high() >= -MARGIN && low() <= MARGIN) return;
    box.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (low() > 0) window.scrollBy({ top: low(), behavior: "instant" });
    if (high() < 0) window.scrollBy({ top: high(), behavior: "instant" });
  };
  const move = (/** @type {number} */ by) => {
    keepInPlace(buttons, () => {
      go((at + by + steps.length + 1) % (steps.length + 1));
      figure.say(beside.textContent, true);
    });
    reveal();
  };
  const pause = () => {
    clearInterval(timer);
    timer = 0;
    rename(player, "Play", "Play the steps one after the other");
  };
  const play = () => {
    if (timer) return pause();
    if (at >= steps.length - 1) go(0);
    timer = setInterval(() => (at < steps.length ? move(1) : pause()), PAUSE);
    rename(player, "Pause", "Pause the steps");
  };

  const player = button("", "", play);
  const buttons = controls(
    "Step through the graph", button("Back", "One step back", () => move(-1)), button("Step", "One step forward", () => move(1)), player,
    button("All", "Show all numbers", () => keepInPlace(buttons, () => go(steps.length))),
  );
  pause();
  figure.watchers.push(write);
  const reset = () => {
    pause();
    go(steps.length);
  };
  return { beside, buttons, go, reset, at: () => at };
}
