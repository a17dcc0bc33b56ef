// A sorting network to play with: its numbers, its layers one after the other, its comparators, its construction, and what it fails on.

import { saidNumber, shortNumber, typedNumber } from "./numbers.js";
import { button, controls, dress, element, rename } from "./elements.js";
import { CONSTRUCTIONS, MOST_LIVE_WIRES } from "./comparator_networks.js";
import { MOST_TRIED_WIRES, ZeroOneSearch } from "./zero_one.js";
import { signalsOf } from "./wire_values.js";
import { copiedState, linkText, linkedState, padded } from "./wire_state.js";
import { WireModel } from "./wire_model.js";
import { WirePicture, textRoom } from "./wire_picture.js";
import { CountingFigure } from "./counting.js";

/** @typedef {import("./wire_state.js").WireState} WireState */

const [PLAY_PAUSE, SAY_PAUSE, SLICE_TIME] = [350, 250, 8];
const INPUT_STEPS = new Map([["ArrowUp", 1], ["ArrowDown", -1], ["PageUp", 10], ["PageDown", -10]]);
const PLAY = /** @type {[string, string]} */ (["Play", "Play the layers one after the other"]);
const LEAST_ROOM = 24;

/** One network of a page. */
export class WireFigure extends WireModel {
  /** @param {any} data what the build wrote @param {number} number its place on the page, counted from 1 */
  constructor(data, number) {
    super(data);
    this.key = `a1viz-wires-${number}`;
    // the output whose error signal is followed
    this.seed = -1;
    // which play and which search go on
    this.turn = 0;
    this.trial = 0;
    this.waiting = 0;
    this.room = 0;
    this.isPlaying = false;
    /** @type {any[]} */
    this.inputs = [];
    /** @type {HTMLButtonElement[]} */
    this.ends = [];
    const own = this.own.length ? [optionOf("", "this network")] : [];
    this.menu = menuOf("construction", [...own, ...CONSTRUCTIONS.map(([name]) => optionOf(name, name))], (network) =>
      this.build({ network, n: network ? this.state.n : this.first.n }, network || "The network of the page"),
    );
    this.size = element("input", { type: "number", min: 1, max: MOST_LIVE_WIRES, "aria-label": "number of wires n" });
    this.size.addEventListener("change", () => this.resize(Number(this.size.value)));
    this.output = menuOf("which output counts", [], (k) =>
      this.change(copiedState(this.state, { k: Number(k) }), k === "0" ? "All outputs count" : `Only y${k} counts`),
    );
    this.bits = button("0-1", "Only zeros and ones, flipped by a click", () => this.switchBits());
    this.blocks = button("As Sort_2", "Compute as blocks of Sort_2 do, half of the sum and of the distance, with rounding", () => {
      const blocks = !this.state.blocks;
      this.change(copiedState(this.state, { blocks }), blocks ? "Numbers are what blocks of Sort_2 compute" : "Numbers are compared exactly");
    });
    this.player = button(...PLAY, () => this.play());
    this.link = element("input", { class: "a1viz-link", readonly: "", hidden: "", "aria-label": "link to this network" });
    this.stage = element("div", { class: "a1viz-wires-stage" });
    this.counts = element("p", { class: "a1viz-wires-counts" });
    this.verdict = element("p", { class: "a1viz-wires-verdict" });
    this.status = element("p", { class: "a1viz-status", role: "status" });
    this.picture = new WirePicture(0, [], [], 0, () => {});
    const parts = [this.controls(), this.link, this.stage, this.counts, this.verdict, this.status];
    this.panel = element("div", { class: "a1viz-panel a1viz-wires-panel a1viz-coloured" }, ...parts);
    const asked = location.hash.startsWith(`#${this.key}=`) ? location.hash.slice(this.key.length + 2) : "";
    const linked = asked ? linkedState(asked, this.own) : null;
    const said = linked ? "The network of the link" : "The link does not fit; this is the network of the page";
    this.change(copiedState(linked ?? this.first));
    if (asked) this.say(said);
  }

  controls() {
    return element(
      "div",
      { class: "a1viz-all-controls" },
      controls("Network", this.menu, element("label", {}, "n = ", this.size), this.output),
      controls("Numbers", button("Shuffle", "Put the numbers into another order", () => this.shuffle()), this.bits, this.blocks),
      controls(
        "Layers",
        button("◂", "One layer back", () => this.stepTo(this.at - 1)),
        button("▸", "One layer forward", () => this.stepForward()),
        this.player,
        button("All", "Show all layers", () => this.stepTo(this.layers.length)),
      ),
      controls(
        "This network",
        button("Link", "A link to this network and its numbers", () => this.share()),
        button("Reset", "Back to the network of the page", () => this.change(copiedState(this.first), "As it was given")),
      ),
    );
  }

  /** Take up another state, whole. @param {WireState} state @param {string} [said] */
  change(state, said = "") {
    this.pause();
    this.take(state);
    this.seed = -1;
    this.link.hidden = true;
    this.menu.value = state.network;
    this.size.value = state.n;
    this.size.disabled = !state.network;
    this.output.replaceChildren(optionOf(0, "all outputs"), ...state.x.map((_, wire) => optionOf(wire + 1, `only y${wire + 1}`)));
    this.output.value = state.k;
    press(this.bits, state.bits);
    press(this.blocks, state.blocks);
    this.draw();
    this.show();
    this.search(said);
  }

  /** Another construction or size. @param {{network: string, n: number}} to @param {string} said */
  build({ network, n }, said) {
    const { x, k, bits } = this.state;
    this.change(copiedState(this.state, { network, n, x: padded(x, n, bits), without: [], k: Math.min(k, n) }), said);
  }

  /** @param {number} n */
  resize(n) {
    if (Number.isInteger(n) && n >= 1 && n <= MOST_LIVE_WIRES) this.build({ network: this.state.network, n }, `${n} wire${n === 1 ? "" : "s"}`);
    else {
      this.size.value = String(this.state.n);
      this.say(`n is a whole number from 1 to ${MOST_LIVE_WIRES}`);
    }
  }

  /** From numbers to zeros and ones, or back. */
  switchBits() {
    const { x, n } = this.state;
    const bits = !this.state.bits;
    const middle = [...x].sort((a, b) => a - b)[n >> 1];
    if (bits) this.numbers = x;
    const now = bits ? x.map((v) => Number(v >= middle)) : padded(this.numbers, n, false);
    this.change(copiedState(this.state, { bits, x: now }), bits ? "Zeros and ones: what is at least the middle number is 1" : "Numbers");
  }

  /** The picture anew, inputs at its left, outputs at its right. */
  draw() {
    const focused = this.stage.contains(document.activeElement) ? document.activeElement?.getAttribute("data-focus") : "";
    this.room = Math.max(LEAST_ROOM, ...this.texts.flat().map(textRoom));
    this.picture = new WirePicture(this.state.n, this.pairs, this.layers, this.room, (at) => this.toggle(at));
    this.inputs = this.state.x.map((_, wire) => (this.state.bits ? this.flipper(wire) : this.field(wire)));
    this.ends = this.state.x.map((_, wire) => dress(button("", "", () => this.follow(wire)), { "data-focus": `y${wire}` }));
    const lefts = this.inputs.map((input, wire) => element("label", {}, indexed("x", wire), " ", input));
    // it scrolls to the comparator that has the focus
    const stop = this.pairs.length ? {} : { tabindex: "0" };
    const scrolls = { class: "a1viz-picture", role: "group", "aria-label": "Network; arrow keys go from comparator to comparator", ...stop };
    const [left, right] = [lefts, this.ends].map((parts) => element("div", { class: "a1viz-wires-ends" }, ...parts));
    this.stage.replaceChildren(left, element("div", scrolls, this.picture.svg), right);
    if (focused) /** @type {any} */ (this.stage.querySelector(`[data-focus="${focused}"]`))?.focus();
  }

  /** A field for the number of a wire. @param {number} wire */
  field(wire) {
    const made = element("input", { autocomplete: "off", "aria-label": `x${wire + 1}, the number on wire ${wire + 1}`, "data-focus": `x${wire}` });
    const settle = () => {
      made.value = shortNumber(this.state.x[wire]);
      made.removeAttribute("aria-invalid");
    };
    settle();
    const key = (/** @type {KeyboardEvent} */ event) => {
      const steps = INPUT_STEPS.get(event.key);
      if (steps === undefined || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.enterNumber(wire, Number((this.state.x[wire] + steps).toPrecision(12)));
      settle();
    };
    const input = () => {
      const value = typedNumber(made.value);
      if (value === undefined) made.setAttribute("aria-invalid", "true");
      else made.removeAttribute("aria-invalid");
      this.enterNumber(wire, value);
    };
    return dress(made, { on: { input, change: settle, keydown: key } });
  }

  /** A switch for the 0 or 1 of a wire. @param {number} wire */
  flipper(wire) {
    const made = button("", `x${wire + 1}, zero or one on wire ${wire + 1}`, () => this.enterNumber(wire, 1 - this.state.x[wire]));
    return dress(made, { role: "switch", "data-focus": `x${wire}` });
  }

  /** @param {number} wire @param {number | undefined} value */
  enterNumber(wire, value) {
    if (value === undefined) return this.say(`x${wire + 1}: write a number, such as -0.5 or 1e-3`);
    this.state.x[wire] = value;
    this.refresh();
    this.say(`x${wire + 1} is ${saidNumber(value)}; ${this.outcome()}`, true);
  }

  /** Numbers or comparators have changed, nothing else. */
  refresh() {
    this.picture.stop();
    this.compute();
    // the picture widens at once, and narrows when it is drawn anew
    if (Math.max(...this.texts.flat().map(textRoom)) > this.room) this.draw();
    this.show();
  }

  /** Put what is known into the page. */
  show() {
    const { x, k, bits } = this.state;
    const isDone = this.at === this.layers.length;
    const signals = this.seed < 0 ? null : signalsOf(this.pairs, this.layers, this.removed, this.rows, this.seed);
    const [kinds, words] = [this.pairs.map((_, at) => this.kind(at)), this.pairs.map((_, at) => this.words(at))];
    this.picture.show({ texts: this.texts, at: this.at, kinds, words, wrong: this.wrong, signals });
    this.inputs.forEach((input, wire) => {
      if (bits) dress(input, { "aria-checked": x[wire] === 1 }).textContent = x[wire];
      const signal = signals?.[0][wire];
      input.parentNode.dataset.signal = signal ? `← ${shortNumber(signal)}` : "";
    });
    this.ends.forEach((end, wire) => {
      const text = isDone ? this.texts[this.layers.length][wire] : "";
      const isWrong = isDone && this.wrong.has(wire);
      rename(end, "", `y${wire + 1}${text && ` is ${text}`}${isWrong ? ", out of order" : ""}: follow its error signal back`);
      end.append(indexed("y", wire), text && (text.startsWith("≈") ? ` ≈ ${text.slice(1)}` : ` = ${text}`));
      end.style.visibility = k && wire !== k - 1 ? "hidden" : "";
      end.classList.toggle("a1viz-wires-wrong", isWrong);
      press(end, this.seed === wire);
    });
    const gone = this.removed.size ? `, ${this.removed.size} removed` : "";
    const needed = k ? `, ${this.needed.size} needed for y${k}` : "";
    const counted = `${many(this.pairs.length, "comparator")} in ${many(this.layers.length, "layer")}${gone}${needed}`;
    const idea = CONSTRUCTIONS.find(([name]) => name === this.state.network)?.[1];
    this.counts.textContent = `${idea ? `${this.state.network}: ${idea}. ` : ""}${counted}. Filled ends: the numbers change places. A click removes a comparator or puts it back.`;
  }

  /** Remove a comparator, or put it back. @param {number} at */
  toggle(at) {
    const isGone = this.removed.has(at);
    const others = this.state.without.filter((position) => position !== at + 1);
    this.state.without = isGone ? others : [...others, at + 1];
    this.refresh();
    this.search(`S${at + 1} is ${isGone ? "back" : "removed"}`);
  }

  /** Try all lists of zeros and ones, in slices between frames. @param {string} said what has changed */
  search(said) {
    const { n } = this.state;
    this.trial += 1;
    const all = (2 ** n).toLocaleString("en");
    if (n > MOST_TRIED_WIRES) return this.judge(`Of ${n} wires there are ${all} lists of zeros and ones, too many to try here.`, said);
    const [number, trial] = [this.trial, new ZeroOneSearch(n, this.pairs.filter((_, at) => !this.removed.has(at)), this.outputs)];
    const slice = () => {
      if (this.trial !== number) return;
      const end = performance.now() + SLICE_TIME;
      while (!trial.isOver && performance.now() < end) trial.block();
      if (trial.isOver) return this.judgeTrial(trial, all, said);
      this.verdict.textContent = `Trying all ${all} lists of zeros and ones: ${Math.floor((100 * trial.done) / trial.words)}%`;
      setTimeout(slice);
    };
    slice();
  }

  /** @param {ZeroOneSearch} trial @param {string} all @param {string} said */
  judgeTrial(trial, all, said) {
    const { k, blocks } = this.state;
    const how = blocks ? "Compared exactly, it" : "By the 0-1 principle it";
    const what = k ? `finds the ${ordinal(k)} smallest number of` : "sorts";
    if (!trial.count) return this.judge(`${how} ${what} every list: all ${all} lists of zeros and ones come out right.`, said, true);
    const list = trial.example.join(" ");
    const load = () => this.change(copiedState(this.state, { bits: true, x: trial.example }), `Loaded ${list}`);
    const some = `${trial.count.toLocaleString("en")} of ${all} lists of zeros and ones come${trial.count === 1 ? "s" : ""}`;
    this.judge(`${some} out wrong, as ${list}. `, said, false, button("Load it", `Load the list ${list}, which comes out wrong`, load));
  }

  /** @param {string} text @param {string} said @param {boolean} [isRight] @param {Node[]} more */
  judge(text, said, isRight, ...more) {
    this.verdict.replaceChildren(isRight === undefined ? "" : isRight ? "✓ " : "✗ ", text, ...more);
    if (said) this.say(`${said}. ${text}`);
  }

  /** Follow the error signal of an output back, or stop that. @param {number} wire */
  follow(wire) {
    this.seed = this.seed === wire ? -1 : wire;
    this.show();
    if (this.seed < 0) return this.say("No error signal");
    const signals = signalsOf(this.pairs, this.layers, this.removed, this.rows, wire)[0];
    const parts = signals.flatMap((signal, k) => (signal ? [`${signal === 1 ? "all" : shortNumber(signal)} to x${k + 1}`] : []));
    this.say(`The error signal of y${wire + 1} goes back ${parts.join(", ")}`);
  }

  /** Put the numbers into another order; zeros and ones are drawn anew. */
  shuffle() {
    const { x, bits } = this.state;
    for (let k = x.length - 1; k >= 0; k -= 1) {
      const other = Math.floor(Math.random() * (k + 1));
      [x[k], x[other]] = bits ? [Number(Math.random() < 0.5), x[other]] : [x[other], x[k]];
      if (!bits) for (const wire of [k, other]) this.inputs[wire].value = shortNumber(x[wire]);
    }
    this.refresh();
    this.say(`Shuffled: ${x.map(saidNumber).join(", ")}; ${this.outcome()}`);
  }

  /** Show what so many layers do. @param {number} at */
  stepTo(at) {
    this.pause();
    this.at = Math.min(Math.max(at, 0), this.layers.length);
    this.show();
    this.say(this.at ? this.layerWords(this.at - 1) : "Before the first layer");
  }

  /** One layer on; its numbers move. */
  async stepForward() {
    if (!this.isPlaying) this.pause();
    const layer = this.at;
    const turn = this.turn;
    if (layer >= this.layers.length) return;
    await this.picture.move(layer, this.texts[layer], (at) => this.swaps(at));
    if (this.turn !== turn || this.at !== layer) return;
    this.at = layer + 1;
    this.show();
    this.say(this.layerWords(layer));
  }

  /** Play, or pause. */
  async play() {
    if (this.isPlaying) return this.pause();
    if (this.at >= this.layers.length) this.stepTo(0);
    this.pause();
    const turn = this.turn;
    this.isPlaying = true;
    rename(this.player, "Pause", "Pause the layers");
    while (this.turn === turn && this.at < this.layers.length) {
      await this.stepForward();
      await new Promise((next) => setTimeout(next, PLAY_PAUSE));
    }
    if (this.turn === turn) this.pause();
  }

  pause() {
    this.turn += 1;
    this.isPlaying = false;
    this.picture.stop();
    rename(this.player, ...PLAY);
  }

  share() {
    if (location.protocol === "about:") return this.say("A frame has no link");
    this.link.value = `${location.href.split("#")[0]}#${this.key}=${linkText(this.state)}`;
    this.link.hidden = false;
    this.link.select();
    navigator.clipboard?.writeText(this.link.value).then(() => this.say("The link is copied"), () => this.say("The link is selected, to be copied"));
  }

  /** Tell readers, those who hear the page too; `later` waits until a reader pauses. @param {string} text @param {boolean} [later] */
  say(text, later = false) {
    clearTimeout(this.waiting);
    const tell = () => {
      this.status.textContent = text;
    };
    if (later) this.waiting = setTimeout(tell, SAY_PAUSE);
    else tell();
  }
}

/** @param {string} label @param {Node[]} choices @param {(value: string) => void} act */
function menuOf(label, choices, act) {
  const made = element("select", { "aria-label": label }, ...choices);
  made.addEventListener("change", () => act(made.value));
  return made;
}

/** @param {string | number} value @param {string} text @returns {any} */
function optionOf(value, text) {
  return element("option", { value }, text);
}

/** A letter with an index. @param {string} letter @param {number} wire */
function indexed(letter, wire) {
  return element("span", {}, letter, element("sub", {}, String(wire + 1)));
}

/** @param {HTMLElement} made @param {boolean} isOn */
function press(made, isOn) {
  dress(made, { "aria-pressed": isOn });
}

/** 1st, 2nd, 3rd, 4th. @param {number} k */
function ordinal(k) {
  const last = k % 100 > 10 && k % 100 < 14 ? 0 : k % 10;
  return `${k}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}

/** @param {number} count @param {string} word */
function many(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** Put a live part into its place; what the build drew stays for paper, and where the part cannot be made. @param {any} host @param {string} kind @param {(data: any) => HTMLElement} made */
function enlivenPlace(host, kind, made) {
  try {
    const panel = made(JSON.parse(host.querySelector("script.a1viz-data").textContent));
    for (const still of host.children) still.classList.add("a1viz-wires-built");
    host.append(panel);
    host.setAttribute(kind, "ready");
  } catch (error) {
    console.error(error);
  }
}

/** Make all networks of the page live. */
function enlivenWires() {
  document.querySelectorAll("[data-a1viz-wires]").forEach((host, k) => {
    enlivenPlace(host, "data-a1viz-wires", (data) => new WireFigure(data, k + 1).panel);
    if (location.hash.startsWith(`#a1viz-wires-${k + 1}=`)) host.scrollIntoView();
  });
  document.querySelectorAll("[data-a1viz-counting]").forEach((host) => {
    enlivenPlace(host, "data-a1viz-counting", (data) => new CountingFigure(data).panel);
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enlivenWires);
else enlivenWires();
