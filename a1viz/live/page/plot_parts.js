// What every plot to play with has: its place in the page, one line that says what changed, and long work in slices.

import { element } from "./elements.js";

const SAID_WHEN_STILL = 250;
const SLICE = 8;

/** One plot to play with. */
export class PlotPart {
  /** @param {any} host @param {string} label */
  constructor(host, label) {
    this.host = host;
    this.label = label;
    this.status = element("p", { class: "a1viz-status", role: "status" });
    this.verdict = element("p", { class: "a1viz-plot-verdict" });
    this.waiting = 0;
    this.isFirst = true;
  }

  /** Put it into the page. @param {...any} parts */
  mount(...parts) {
    const panel = element("div", { class: "a1viz-panel a1viz-coloured a1viz-plot-panel", role: "group", "aria-label": this.label }, ...parts, this.verdict, this.status);
    this.host.append(panel);
    this.panel = panel;
    this.host.classList.add("a1viz-plot-is-live");
  }

  /** Show what is the case now; it is told to those who hear the page when a reader pauses. @param {string} text */
  tell(text) {
    this.verdict.textContent = text;
    clearTimeout(this.waiting);
    if (!this.isFirst) this.waiting = setTimeout(() => this.say(text), SAID_WHEN_STILL);
    this.isFirst = false;
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text;
  }
}

/** Go through long work, a slice a frame, so that the page answers meanwhile; gives a function that stops it. @param {Iterator<any>} work @param {() => void} [after] */
export function inSlices(work, after = () => {}) {
  let timer = 0;
  const go = () => {
    const end = performance.now() + SLICE;
    for (let done = false; !done;) {
      done = Boolean(work.next().done);
      if (done) return after();
      if (performance.now() >= end) break;
    }
    timer = setTimeout(go);
  };
  go();
  return () => clearTimeout(timer);
}

/** Whether a reader asks for less motion. */
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
