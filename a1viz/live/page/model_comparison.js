// Two of the trained models beside each other: their numbers, and their curves on common axes.

import { element } from "./elements.js";
import { Plot } from "./plot.js";
import { PlotPart } from "./plot_parts.js";

/** @typedef {{title: string, data: string, kind: string, page: string, rows: [string, string][], looks: number[][]}} Model looks: step, loss, accuracy, the last two of the validation data */

const ROLES = ["forward", "backward"];
const CURVES = [{ label: "loss", at: 1, isLog: true }, { label: "accuracy", at: 2, isLog: false }];
const VALIDATION = 2;

/** An axis that holds all values. @param {string} label @param {boolean} isLog @param {number[]} values */
function axisOf(label, isLog, values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return isLog ? { label, isLog, low: 10 ** Math.floor(Math.log10(low)), high: 10 ** Math.ceil(Math.log10(high)) } : { label, low: Math.floor(low * 10) / 10, high };
}

/** @param {any} host @param {{models: Model[]}} data */
export function modelComparison(host, { models }) {
  const part = new PlotPart(host, "Two models compared");
  const choices = ["first model", "second model"].map((label, k) => {
    const options = models.map(({ title }, place) => element("option", { value: place, ...(place === (k ? models.length / 2 : 0) ? { selected: "" } : {}) }, title));
    return element("select", { "aria-label": label, on: { change: () => show() } }, ...options);
  });
  const body = element("tbody");
  const heads = choices.map(() => element("th", { scope: "col" }));
  const table = element("table", { class: "a1viz-operators" }, element("thead", {}, element("tr", {}, element("td"), ...heads)), body);
  const plots = element("div", { class: "a1viz-plots" });

  function show() {
    const chosen = choices.map((choice) => models[choice.value]);
    heads.forEach((head, k) => head.replaceChildren(element("a", { href: chosen[k].page }, chosen[k].title)));
    body.replaceChildren(...chosen[0].rows.map(([what, value], k) => {
      return element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, value), element("td", {}, chosen[1].rows[k][1]));
    }));
    plots.replaceChildren(...CURVES.map((curve) => plotOf(curve, chosen)));
    const [one, other] = chosen;
    const scores = chosen.map(({ title, rows }) => `${title}: ${Object.fromEntries(rows)["validation accuracy"]}`).join("; ");
    part.tell(`Classified correctly, of the validation data: ${scores}.${one.data === other.data ? "" : " The data differ, so neither losses nor accuracies say which model is better."}`);
  }

  /** @param {typeof CURVES[0]} curve @param {Model[]} chosen */
  function plotOf({ label, at, isLog }, chosen) {
    const looks = chosen.flatMap((model) => model.looks);
    const x = { label: "step", low: 0, high: Math.max(...looks.map(([step]) => step)) };
    const y = axisOf(label, isLog, looks.flatMap((look) => [look[at], look[at + VALIDATION]]));
    const series = chosen.flatMap((model, k) => ["training", "validation"].map((what, held) => ({
      name: `${k ? "second" : "first"}, ${what}`,
      xs: model.looks.map(([step]) => step),
      ys: model.looks.map((look) => look[at + held * VALIDATION]),
      role: ROLES[k],
      dash: held ? "" : "4 3",
    })));
    const plot = new Plot({ title: label === "loss" ? "Loss" : "Accuracy", x, y });
    const words = chosen.map(({ title, looks: seen }) => `${title}: ${label} of the validation data from ${seen[0][at + VALIDATION]} to ${seen[seen.length - 1][at + VALIDATION]}`);
    plot.draw(series, `${words.join("; ")}.`);
    return plot.element;
  }

  part.mount(
    element("div", { class: "a1viz-plot-sliders" }, ...choices.map((choice, k) => element("label", { class: "a1viz-plot-choice" }, k ? "with" : "compare", choice))),
    element("div", { class: "a1viz-picture", tabindex: 0, role: "group", "aria-label": "Two models compared, a table, scrolls sideways" }, table),
    plots,
  );
  show();
}
