// What was, to go back to and forward again; changes of the same kind, one after the other, are one step.

const KEPT_STEPS = 200;
// milliseconds in which changes of one kind belong together
const TOGETHER = 1000;

/** @template T */
export class PlayHistory {
  /** @param {T} first */
  constructor(first) {
    this.steps = [first];
    this.at = 0;
    this.kind = "";
    this.time = 0;
  }

  /** @returns {T} */
  get now() {
    return this.steps[this.at];
  }

  /** @param {T} step @param {string} kind */
  add(step, kind) {
    const now = performance.now();
    const isSameStep = kind !== "" && kind === this.kind && now - this.time < TOGETHER && this.at > 0 && this.at === this.steps.length - 1;
    this.steps.splice(isSameStep ? this.at : this.at + 1, Infinity, step);
    if (this.steps.length > KEPT_STEPS) this.steps.shift();
    this.at = this.steps.length - 1;
    [this.kind, this.time] = [kind, now];
  }

  /** Go so many steps on, or back; says whether there was one. @param {number} by */
  go(by) {
    const next = this.at + by;
    if (next < 0 || next >= this.steps.length) return false;
    [this.at, this.kind] = [next, ""];
    return true;
  }
}
