// The right side of the playground: the picture of a typed graph with its numbers, the derivation, and a table of values and error signals.

import { isLeaf } from "../engine/nodes.js";
import { lossOf } from "../engine/losses.js";
import { derivedName } from "../engine/autodiff.js";
import { derive, jointGraph } from "../engine/derivation.js";
import { equation, shapeLatex } from "../engine/notation.js";
import { symbol } from "../engine/symbols.js";
import { arrayText, nestedNumbers } from "./numbers.js";
import { button, controls, element } from "./elements.js";
import { LiveFigure } from "./figure.js";
import { editBoxes, leafTable } from "./editing.js";
import { watchHeatMaps } from "./heat_maps.js";
import { stepperOf } from "./stepping.js";
import { traceBoxes } from "./tracing.js";
import { moveByArrows } from "./stops.js";
import { viewControls } from "./viewing.js";
import { canLearn, learnerOf } from "./learning.js";
import { typedFigure } from "./typed_figure.js";
import { formulaElement, graphPicture, spokenWords } from "./graph_picture.js";

/** @typedef {import("./typed_graph.js").Understood} Understood */

// boxes of a picture; of more there are only the derivation and the table
const MOST_BOXES = 150;
const NARROWEST = 320;

/** What is shown of a graph; lives until another text is understood. */
export class LiveGraph {
  /** @param {Understood} found @param {(name: string) => void} changed a leaf has other numbers @param {() => void} reset */
  constructor(found, changed, reset) {
    this.found = found;
    this.changed = changed;
    this.reset = reset;
    this.joint = found.problem ? null : jointGraph(found.graph, true);
    const { data, shapeOf } = typedFigure(found.graph, found.values, found.cotangents, this.joint);
    this.data = data;
    this.shapeOf = shapeOf;
    this.figure = /** @type {LiveFigure | null} */ (null);
    this.view = element("figure", { class: "a1viz a1viz-live" });
  }

  /** Draw it for so many pixels. @param {number} room */
  draw(room) {
    const { graph } = this.found;
    const boxes = graph.declaredNames.length - graph.parameters.length;
    const frame = element("div", { class: "a1viz-picture", tabindex: "0", role: "group", "aria-label": "the graph, scrolls sideways" });
    if (boxes <= MOST_BOXES) frame.append(graphPicture(graph, this.joint, this.shapeOf, Math.max(room, NARROWEST)));
    else frame.append(`${boxes} variables are too many to draw here; the derivation and the values are below.`);
    this.view.append(frame);
    const figure = new LiveFigure(this.view, this.data);
    this.figure = figure;
    this.stepper = stepperOf(figure);
    this.learner = canLearn(figure) ? learnerOf(figure) : null;
    const learner = this.learner ? [this.learner.buttons] : [];
    const again = controls("These numbers", button("New numbers", "Draw all numbers anew", this.reset));
    const all = element("div", { class: "a1viz-all-controls" }, this.stepper.buttons, ...learner, viewControls(figure), again);
    const losses = this.learner ? [this.learner.picture] : [];
    const panel = element("div", { class: "a1viz-panel" }, all, this.stepper.beside, ...losses, figure.status);
    editBoxes(figure);
    watchHeatMaps(figure);
    traceBoxes(figure);
    moveByArrows(figure);
    figure.compute();
    this.view.append(panel, leafTable(figure));
    figure.watchers.push(() => this.changed(""));
    return this.view;
  }

  /** The numbers of leaves and of cotangents as they are now. @returns {{values: Map<string, any>, cotangents: Map<string, any>}} */
  numbers() {
    const { graph, cotangents } = this.found;
    const given = new Map([...(this.figure?.given ?? [])].map(([name, array]) => [name, nestedNumbers(array)]));
    const handed = [...cotangents].map(([name, value]) => /** @type {[string, any]} */ ([name, given.get(derivedName(graph, name, "bar")) ?? value]));
    return { values: new Map([...given].filter(([name]) => graph.has(name))), cotangents: new Map(handed) };
  }

  /** Nothing goes on that was begun. */
  stop() {
    this.stepper?.reset();
    this.learner?.reset();
  }

  /** What is differentiated, in a sentence. */
  goal() {
    const { graph, cotangents, problem } = this.found;
    if (problem) return `No derivatives: ${problem}.`;
    const loss = lossOf(graph);
    const names = [...cotangents.keys()];
    const given = names.length === 1 ? `error signal of ${names[0]} is` : `error signals of ${names.join(", ")} are`;
    return loss ? `The loss is ${loss}.` : `There is no scalar loss: the ${given} given.`;
  }

  /** The derivation, one line per step. @param {boolean} substitute */
  steps(substitute) {
    const { graph, problem } = this.found;
    const forward = graph.declaredNames.filter((name) => !isLeaf(graph.node(name)));
    const lines = problem ? forward.map((name) => ({ latex: equation(graph, name), text: name })) : derive(graph, null, { substitute }).steps;
    return lines.map(({ latex, text }) => {
      const line = element("li", { "data-text": text }, formulaElement(latex, spokenWords(text)));
      return line;
    });
  }

  /** Each variable with its shape, value and error signal; the cells follow the numbers. */
  table() {
    const { graph } = this.found;
    const { figure, joint } = this;
    const head = ["variable", "shape", "value", ...(joint ? ["error signal"] : [])];
    /** @type {(() => void)[]} */
    const writes = [];
    const cellOf = (/** @type {string} */ name, /** @type {boolean} */ isBar) => {
      const cell = element("td", {});
      writes.push(() => {
        const array = figure?.array(name, isBar);
        const text = array ? arrayText(array) : "";
        if (cell.textContent !== text) cell.textContent = text;
      });
      return cell;
    };
    const rows = graph.declaredNames.map((name) => {
      const node = graph.node(name);
      const shape = formulaElement(shapeLatex(node), node.shape.join(" by ") || "scalar");
      const cells = [element("td", {}, shape), cellOf(name, false), ...(joint ? [cellOf(name, true)] : [])];
      return element("tr", {}, element("th", { scope: "row" }, formulaElement(String(symbol(graph, name)), spokenWords(name))), ...cells);
    });
    const write = () => writes.forEach((act) => act());
    figure?.watchers.push(write);
    write();
    const titles = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
    return element("table", { class: "a1viz-values" }, element("thead", {}, titles), element("tbody", {}, ...rows));
  }
}
