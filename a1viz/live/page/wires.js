// A sorting network to play with: its numbers, its layers one after the other, its comparators, its construction, and what it fails on.

import { button, controls, element, rename } from "./elements.js";
import { shortNumber, typedNumber } from "./numbers.js";
import { CONSTRUCTIONS, MOST_LIVE_WIRES, comparatorLayers, neededComparators, sortingNetwork } from "./comparator_networks.js";
import { MOST_TRIED_WIRES, ZeroOneSearch } from "./zero_one.js";
import { goesFirst, misplacedWires, rowsOf, signalsOf } from "./wire_values.js";
import { WirePicture, textRoom } from "./wire_picture.js";

/** @typedef {import("./comparator_networks.js").Pair} Pair */
/**
 * @typedef {object} WireState Everything that a reader can change.
 * @property {string} network the name of a construction, or nothing for the network that the page gives
 * @property {number} n
 * @property {number[]} x
 * @property {number[]} without the comparators that are removed, counted from 1
 * @property {number} k the one output that counts, from 1; 0 for all
 * @property {boolean} bits whether the numbers are zeros and ones
 * @property {boolean} blocks whether comparators compute as blocks of Sort_2 do
 */

const WIRES_FORMAT = 1;
const LONGEST_STATE = 2000;
const [PLAY_PAUSE, SAY_PAUSE, SLICE_TIME] = [350, 250, 8];
const INPUT_STEPS = new Map([["ArrowUp", 1], ["ArrowDown", -1], ["PageUp", 10], ["PageDown", -10]]);
const WHAT_NUMBERS_DO = new Map([["change places", "change places"], ["in order", "are in order"]]);

/** One network of a page. */
export class WireFigure {
  /** @param {any} host @param {any} data what the build wrote beside it @param {number} number its place on the page, counted from 1 */
  constructor(host, data, number) {
    if (data.format !== WIRES_FORMAT) throw new Error(`a1viz: format ${data.format}`);
    [this.host, this.number] = [host, number];
    /** @type {Pair[]} the network that the page gives, if it is no construction */
    this.own = (data.comparators ?? []).map((/** @type {number[]} */ [i, j]) => [i - 1, j - 1]);
    this.first = stateOf(data, this.own);
    if (!this.first) throw new Error("a1viz: no network");
    this.state = copyOf(this.first);
    [this.at, this.seed, this.timer, this.waiting] = [0, -1, 0, 0];
    this.makeParts();
    const asked = location.hash.startsWith(`#${this.key}=`) ? location.hash.slice(this.key.length + 2) : "";
    const linked = asked ? linkedState(asked, this.own) : null;
    this.change(linked ?? this.first);
    if (asked) this.say(linked ? "The network of the link" : "The link does not fit; this is the network of the page");
    if (asked) this.shell.scrollIntoView?.({ block: "nearest" });
  }

  get key() {
    return `a1viz-wires-${this.number}`;
  }

  /** The controls, which stay. */
  makeParts() {
    const names = this.own.length ? [["", "this network"], ...CONSTRUCTIONS] : CONSTRUCTIONS;
    const pick = (/** @type {Partial<WireState>} */ part, /** @type {string} */ said) => this.change({ ...this.state, ...part }, said);
    this.constructionMenu = menu("construction", names.map(([name, about]) => [name, name ? `${name}: ${about}` : about]), (name) => {
      const n = name || !this.own.length ? this.state.n : this.first?.n ?? 1;
      pick({ network: name, without: [], n, x: padded(this.state.x, n), k: Math.min(this.state.k, n) }, name || "The network of the page");
    });
    this.sizeField = element("input", { type: "number", min: 1, max: MOST_LIVE_WIRES, "aria-label": "number of wires n" });
    this.sizeField.addEventListener("change", () => {
      const n = Math.round(Number(this.sizeField.value));
      if (!(n >= 1 && n <= MOST_LIVE_WIRES)) return this.say(`n is a whole number from 1 to ${MOST_LIVE_WIRES}`);
      pick({ n, x: padded(this.state.x, n), without: [], k: Math.min(this.state.k, n) }, `${n} wires`);
    });
    this.outputMenu = menu("which output counts", [], (k) => pick({ k: Number(k) }, k === "0" ? "All outputs count" : `Only output y${k} counts`));
    this.bitsButton = button("0-1", "Only zeros and ones, flipped by a click", () => {
      const bits = !this.state.bits;
      const middle = [...this.state.x].sort((a, b) => a - b)[this.state.n >> 1];
      if (bits) this.numbers = this.state.x;
      const x = bits ? this.state.x.map((v) => Number(v >= middle)) : padded(this.numbers ?? [], this.state.n);
      pick({ bits, x }, bits ? "Zeros and ones: at least the middle number is 1" : "Numbers");
    });
    this.blocksButton = button("As Sort_2", "Compute as blocks of Sort_2 do, half of the sum and of the distance, with rounding", () =>
      pick({ blocks: !this.state.blocks }, this.state.blocks ? "Numbers are compared exactly" : "Numbers are what blocks of Sort_2 compute"));
    this.player = button("Play", "Play the layers one after the other", () => this.play());
    this.verdict = element("p", { class: "a1viz-verdict" });
    this.status = element("p", { class: "a1viz-status", role: "status" });
    this.link = element("input", { class: "a1viz-link", readonly: "", hidden: "", "aria-label": "link to this network" });
    this.counts = element("span", { class: "a1viz-counts" });
    this.stage = element("div", { class: "a1viz-stage" });
    const drawn = element("div", { class: "a1viz-all-controls" },
      controls("Network", this.constructionMenu, element("label", {}, "n = ", this.sizeField), this.outputMenu),
      controls("Numbers", button("Shuffle", "Put the numbers into another order", () => this.shuffle()), this.bitsButton, this.blocksButton),
      controls("Layers", button("◂", "One layer back", () => this.stepTo(this.at - 1)), button("▸", "One layer forward", () => this.stepForward()), this.player, button("All", "Show all layers", () => this.stepTo(this.layers.length))),
      controls("This network", button("Link", "A link to this network and its numbers", () => this.share()), button("Reset", "Back to the network of the page", () => this.change(/** @type {WireState} */ (this.first), "As it was given"))));
    this.shell = element("div", { class: "a1viz-panel a1viz-wire-panel a1viz-coloured" }, drawn, this.link, this.stage, this.counts, this.verdict, this.status);
  }

  /** Take up another state, whole. @param {WireState} state @param {string} [said] */
  change(state, said = "") {
    this.pause();
    this.state = copyOf(state);
    this.seed = -1;
    this.link.hidden = true;
    const { network, n } = state;
    this.pairs = network ? sortingNetwork(network, n) : this.own;
    this.layers = comparatorLayers(this.pairs);
    this.at = this.layers.length;
    this.constructionMenu.value = network;
    this.sizeField.value = n;
    this.sizeField.disabled = !network;
    this.outputMenu.replaceChildren(...["all outputs", ...state.x.map((_, k) => `only y${k + 1}`)].map((text, k) => element("option", { value: k }, text)));
    this.outputMenu.value = state.k;
    setPressed(this.bitsButton, state.bits);
    setPressed(this.blocksButton, state.blocks);
    this.compute();
    this.draw();
    this.show();
    this.search(said);
  }

  /** What is on the wires now. */
  compute() {
    const { x, k, without, blocks } = this.state;
    this.removed = new Set(without.map((position) => position - 1));
    this.rows = rowsOf(this.pairs, this.layers, this.removed, x, blocks);
    this.outputs = k ? [k - 1] : x.map((_, wire) => wire);
    const kept = this.pairs.map((_, at) => at).filter((at) => !this.removed.has(at));
    const needed = neededComparators(kept.map((at) => this.pairs[at]), this.outputs);
    this.needed = new Set(kept.filter((_, place) => needed.has(place)));
    const sorted = [...x].sort((a, b) => (goesFirst(a, b) ? -1 : Number(goesFirst(b, a))));
    const last = this.rows[this.rows.length - 1];
    const isWrong = k && !this.state.blocks && !Object.is(last[k - 1] + 0, sorted[k - 1] + 0);
    this.wrong = new Set(k ? (isWrong ? [k - 1] : []) : misplacedWires(last, this.outputs));
    // what never went in is only about right
    const given = new Set(x);
    this.texts = this.rows.map((row) => row.map((value) => (given.has(value) ? "" : "≈") + shortNumber(value)));
  }

  /** The wires anew: inputs at the left, the picture, outputs at the right. */
  draw() {
    const { n, bits } = this.state;
    const focused = this.shell.contains(document.activeElement) ? /** @type {any} */ (document.activeElement).dataset.focus : "";
    this.room = Math.max(24, ...this.texts.flat().map(textRoom));
    this.picture = new WirePicture(n, this.pairs, this.layers, this.room, (at) => this.toggle(at));
    this.inputs = Array.from({ length: n }, (_, wire) => (bits ? this.flipper(wire) : this.field(wire)));
    this.ends = Array.from({ length: n }, (_, wire) => {
      const made = button("", "", () => this.ask(wire));
      made.dataset.focus = `y${wire}`;
      return made;
    });
    const left = this.inputs.map((input, wire) => element("label", {}, indexed("x", wire), " ", input));
    const scroller = element("div", { class: "a1viz-picture", tabindex: "0", role: "group", "aria-label": "Network, scrolls sideways" }, this.picture.svg);
    this.stage.replaceChildren(element("div", { class: "a1viz-ends" }, ...left), scroller, element("div", { class: "a1viz-ends" }, ...this.ends));
    if (focused) this.shell.querySelector(`[data-focus="${focused}"]`)?.focus();
  }

  /** A field for the number of a wire. @param {number} wire */
  field(wire) {
    const made = element("input", { inputmode: "text", autocomplete: "off", "aria-label": `x${wire + 1}, the number on wire ${wire + 1}`, "data-focus": `x${wire}` });
    made.value = shortNumber(this.state.x[wire]);
    made.addEventListener("input", () => this.enterNumber(wire, typedNumber(made.value), made));
    made.addEventListener("change", () => {
      made.value = shortNumber(this.state.x[wire]);
      made.removeAttribute("aria-invalid");
    });
    made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const steps = INPUT_STEPS.get(event.key);
      if (steps === undefined || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const value = Number((this.state.x[wire] + steps).toPrecision(12));
      this.enterNumber(wire, value, made);
      made.value = shortNumber(this.state.x[wire]);
    });
    return made;
  }

  /** A switch for the 0 or 1 of a wire. @param {number} wire */
  flipper(wire) {
    const flip = () => this.enterNumber(wire, 1 - this.state.x[wire], this.inputs[wire]);
    return element("button", { type: "button", role: "switch", "aria-label": `x${wire + 1}, zero or one on wire ${wire + 1}`, "data-focus": `x${wire}`, on: { click: flip } });
  }

  /** @param {number} wire @param {number | undefined} value @param {any} field */
  enterNumber(wire, value, field) {
    if (value === undefined) {
      field.setAttribute("aria-invalid", "true");
      return this.say(`x${wire + 1}: write a number, such as -0.5 or 1e-3`);
    }
    field.removeAttribute("aria-invalid");
    this.state.x[wire] = value;
    this.refresh();
    this.say(`x${wire + 1} is ${shortNumber(value)}; ${this.outcome()}`, true);
  }

  /** Numbers and comparators have changed, nothing else. */
  refresh() {
    this.picture.stop();
    this.compute();
    const room = Math.max(24, ...this.texts.flat().map(textRoom));
    // the picture widens at once and narrows when it is drawn anew
    if (room > this.room) this.draw();
    this.show();
  }

  /** What comes out, in words. */
  outcome() {
    const last = this.texts[this.texts.length - 1];
    if (this.state.k) return `y${this.state.k} is ${last[this.state.k - 1]}${this.wrong.size ? ", which is wrong" : ""}`;
    return `out come ${last.join(", ")}, ${this.wrong.size ? "not sorted" : "sorted"}`;
  }

  /** Put what is known into the picture. */
  show() {
    const { x, k, bits } = this.state;
    const last = this.rows.length - 1;
    const signals = this.seed < 0 ? null : signalsOf(this.pairs, this.layers, this.removed, this.rows, this.seed);
    const doings = this.pairs.map((_, at) => this.kind(at));
    this.picture.show({ texts: this.texts, at: this.at, kinds: doings.map(([kind]) => kind), words: doings.map(([, words]) => words), wrong: this.wrong, signals });
    this.inputs.forEach((input, wire) => {
      if (bits) {
        input.textContent = x[wire];
        input.setAttribute("aria-checked", String(x[wire] === 1));
      }
      const signal = signals?.[0][wire];
      input.parentNode.dataset.signal = signal ? `× ${shortNumber(signal)}` : "";
    });
    this.ends.forEach((end, wire) => {
      const counts = !k || wire === k - 1;
      const text = this.at === last ? this.texts[last][wire] : "";
      end.replaceChildren(indexed("y", wire), text ? ` = ${text}` : "");
      end.style.visibility = counts ? "" : "hidden";
      const label = `y${wire + 1}${text ? ` is ${text}` : ""}${this.wrong.has(wire) && text ? ", out of order" : ""}: follow its error signal back`;
      end.title = label;
      end.setAttribute("aria-label", label);
      end.classList.toggle("a1viz-wrong", this.wrong.has(wire) && text !== "");
      setPressed(end, this.seed === wire);
    });
    const counted = (/** @type {number} */ count, /** @type {string} */ word) => `${count} ${word}${count === 1 ? "" : "s"}`;
    const gone = this.removed.size ? `, ${this.removed.size} removed` : "";
    const idle = k ? `, ${this.needed.size} needed for y${k}` : "";
    this.counts.textContent = `${counted(this.pairs.length, "comparator")} in ${counted(this.layers.length, "layer")}${gone}${idle}. Filled ends: the numbers change places. A click removes a comparator or puts it back.`;
  }

  /** How a comparator is drawn, and what it is in words. @param {number} at @returns {[string, string]} */
  kind(at) {
    const layer = this.layers.findIndex((positions) => positions.includes(at));
    const [i, j] = this.pairs[at];
    const text = `S${at + 1}, layer ${layer + 1}: compares wires ${i + 1} and ${j + 1}`;
    const [a, b] = [this.rows[layer][i], this.rows[layer][j]];
    const kind = this.removed.has(at) ? "removed" : !this.needed.has(at) ? "not needed" : layer >= this.at ? "waits" : goesFirst(b, a) ? "change places" : "in order";
    const does = WHAT_NUMBERS_DO.get(kind);
    return [kind, kind === "waits" ? text : `${text}; ${does ? `${this.texts[layer][i]} and ${this.texts[layer][j]} ${does}` : kind}`];
  }

  /** Remove a comparator, or put it back. @param {number} at */
  toggle(at) {
    const position = at + 1;
    const isGone = this.removed.has(at);
    this.state.without = isGone ? this.state.without.filter((one) => one !== position) : [...this.state.without, position].sort((a, b) => a - b);
    this.refresh();
    this.search(`S${position} is ${isGone ? "back" : "removed"}`);
  }

  /** Try all lists of zeros and ones, in slices between frames. @param {string} said what has changed */
  search(said = "") {
    const { n } = this.state;
    const token = (this.token = {});
    const kept = this.pairs.filter((_, at) => !this.removed.has(at));
    if (n > MOST_TRIED_WIRES) return this.judge(`With ${n} wires there are ${(2 ** n).toLocaleString("en")} lists of zeros and ones, too many to try all here.`, said);
    const trial = new ZeroOneSearch(n, kept, this.outputs);
    const slice = () => {
      if (this.token !== token) return;
      const end = performance.now() + SLICE_TIME;
      while (!trial.isOver && performance.now() < end) trial.block();
      if (!trial.isOver) {
        this.verdict.textContent = `Trying all lists of zeros and ones: ${Math.floor((100 * trial.done) / trial.words)} %`;
        setTimeout(slice);
      } else this.judgeTrial(trial, said);
    };
    slice();
  }

  /** @param {ZeroOneSearch} trial @param {string} said */
  judgeTrial(trial, said) {
    const [all, count] = [2 ** this.state.n, trial.count].map((v) => v.toLocaleString("en"));
    const what = this.state.k ? `gives the ${ordinal(this.state.k)} smallest of` : "sorts";
    if (!trial.count) return this.judge(`By the 0-1 principle it ${what} every list: all ${all} lists of zeros and ones come out right.`, said);
    const bits = trial.example;
    const load = button("Load it", `Load the list ${bits.join(" ")}, which comes out wrong`, () => this.change({ ...this.state, bits: true, x: bits }, `Loaded ${bits.join(" ")}`));
    this.judge(`${count} of ${all} lists of zeros and ones come${trial.count === 1 ? "s" : ""} out wrong, as ${bits.join(" ")}. `, said, load);
  }

  /** @param {string} text @param {string} said @param {Node[]} more */
  judge(text, said, ...more) {
    this.verdict.replaceChildren(text, ...more);
    this.verdict.dataset.fails = String(more.length > 0);
    if (said) this.say(`${said}. ${text}`);
  }

  /** Follow the error signal of an output back, or stop that. @param {number} wire */
  ask(wire) {
    this.seed = this.seed === wire ? -1 : wire;
    this.show();
    if (this.seed < 0) return this.say("No error signal");
    const signals = signalsOf(this.pairs, this.layers, this.removed, this.rows, wire)[0];
    const parts = signals.flatMap((signal, k) => (signal ? [signal === 1 ? `all to x${k + 1}` : `${shortNumber(signal)} to x${k + 1}`] : []));
    this.say(`The error signal of y${wire + 1} goes back ${parts.join(", ")}`);
  }

  /** Put the numbers into another order; zeros and ones are drawn anew. */
  shuffle() {
    const x = this.state.bits ? this.state.x.map(() => Number(Math.random() < 0.5)) : [...this.state.x];
    for (let k = x.length - 1; k > 0; k -= 1) {
      const other = Math.floor(Math.random() * (k + 1));
      [x[k], x[other]] = [x[other], x[k]];
    }
    this.state.x = x;
    this.inputs.forEach((input, wire) => {
      input.value = shortNumber(x[wire]);
    });
    this.refresh();
    this.say(`Shuffled: ${x.map(shortNumber).join(", ")}; ${this.outcome()}`);
  }

  /** Show what so many layers do. @param {number} at */
  stepTo(at) {
    this.pause();
    this.at = Math.min(Math.max(at, 0), this.layers.length);
    this.show();
    this.say(this.at ? this.layerWords(this.at - 1) : "Before the first layer");
  }

  /** @param {number} layer */
  layerWords(layer) {
    const doings = this.layers[layer].map((at) => this.kind(at)).filter(([kind]) => WHAT_NUMBERS_DO.has(kind));
    const swaps = this.layers[layer].filter((at) => this.kind(at)[0] === "change places").map((at) => `S${at + 1}`);
    const done = this.at === this.layers.length ? `; ${this.outcome()}` : "";
    return `Layer ${layer + 1} of ${this.layers.length}: ${swaps.length ? `${swaps.join(", ")} of ${doings.length} swap${swaps.length === 1 ? "s" : ""}` : "nothing changes places"}${done}`;
  }

  /** One layer on; its numbers move. @param {boolean} [isPlaying] */
  async stepForward(isPlaying = false) {
    if (!isPlaying) this.pause();
    if (this.at >= this.layers.length) return;
    const [layer, turn] = [this.at, this.turn];
    const swaps = new Set(this.layers[layer].filter((at) => !this.removed.has(at) && goesFirst(this.rows[layer][this.pairs[at][1]], this.rows[layer][this.pairs[at][0]])));
    await this.picture.move(layer, this.texts[layer], swaps);
    if (this.turn !== turn || this.at !== layer) return;
    this.at = layer + 1;
    this.show();
    this.say(this.layerWords(layer));
  }

  /** Play, or pause. */
  async play() {
    if (this.timer) return this.pause();
    if (this.at >= this.layers.length) this.stepTo(0);
    this.pause();
    const turn = this.turn;
    rename(this.player, "Pause", "Pause the layers");
    this.timer = 1;
    while (this.turn === turn && this.at < this.layers.length) {
      await this.stepForward(true);
      await new Promise((next) => setTimeout(next, PLAY_PAUSE));
    }
    if (this.turn === turn) this.pause();
  }

  pause() {
    this.turn = (this.turn ?? 0) + 1;
    this.timer = 0;
    this.picture?.stop();
    rename(this.player, "Play", "Play the layers one after the other");
  }

  share() {
    const { network, n, x, without, k, bits, blocks } = this.state;
    const parts = { network, n, x: x.map(String), without, k, bits: Number(bits), blocks: Number(blocks) };
    this.link.value = `${location.href.split("#")[0]}#${this.key}=${Object.entries(parts).map(([name, value]) => `${name}:${value}`).join(";")}`;
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

/** A state if it is one: everything in it is checked, and another's link can do no more than a reader. @param {any} given @param {Pair[]} own @returns {WireState | null} */
function stateOf(given, own) {
  const { network = "", n, x, without = [], k = 0, bits = false, blocks = false } = given;
  const isWhole = (/** @type {any} */ v, /** @type {number} */ least, /** @type {number} */ most) => Number.isInteger(v) && v >= least && v <= most;
  if (!isWhole(n, 1, MOST_LIVE_WIRES) || !isWhole(k, 0, n)) return null;
  if (network ? !CONSTRUCTIONS.some(([name]) => name === network) : !own.length || own.some(([, j]) => j >= n)) return null;
  const size = (network ? sortingNetwork(network, n) : own).length;
  const numbers = Array.isArray(x) ? x : [];
  if (numbers.length !== n || !numbers.every((v) => typeof v === "number" && (!bits || v === 0 || v === 1))) return null;
  if (!Array.isArray(without) || new Set(without).size !== without.length || !without.every((v) => isWhole(v, 1, size))) return null;
  return { network, n, x: numbers, without, k, bits: Boolean(bits), blocks: Boolean(blocks) };
}

/** The state of a link, or nothing. @param {string} text @param {Pair[]} own @returns {WireState | null} */
function linkedState(text, own) {
  if (text.length > LONGEST_STATE || !/^[\w.:;,+-]*$/.test(text)) return null;
  const parts = new Map(text.split(";").map((part) => /** @type {[string, string]} */ ([part.split(":")[0], part.split(":").slice(1).join(":")])));
  const whole = (/** @type {string | undefined} */ part) => (/^\d{1,4}$/.test(part ?? "") ? Number(part) : NaN);
  const listed = (/** @type {string} */ name) => (parts.get(name) ?? "").split(",").filter((part) => part !== "");
  const flags = ["bits", "blocks"].map((name) => parts.get(name));
  if (!flags.every((flag) => flag === "0" || flag === "1")) return null;
  const given = { network: parts.get("network"), n: whole(parts.get("n")), k: whole(parts.get("k")), x: listed("x").map(typedNumber), without: listed("without").map(whole) };
  return stateOf({ ...given, bits: flags[0] === "1", blocks: flags[1] === "1" }, own);
}

/** @param {WireState} state @returns {WireState} */
function copyOf(state) {
  return { ...state, x: [...state.x], without: [...state.without] };
}

/** As many numbers as there are wires. @param {number[]} x @param {number} n */
function padded(x, n) {
  const isBits = x.every((v) => v === 0 || v === 1);
  return Array.from({ length: n }, (_, k) => x[k] ?? (isBits ? k % 2 : k + 1));
}

/** A menu of names and what they mean. @param {string} label @param {string[][]} choices @param {(value: string) => void} act */
function menu(label, choices, act) {
  const made = element("select", { "aria-label": label }, ...choices.map(([value, text]) => element("option", { value }, text)));
  made.addEventListener("change", () => act(made.value));
  return made;
}

/** A letter with an index. @param {string} letter @param {number} wire */
function indexed(letter, wire) {
  return element("span", {}, letter, element("sub", {}, String(wire + 1)));
}

/** @param {any} made @param {boolean} isOn */
function setPressed(made, isOn) {
  made.setAttribute("aria-pressed", String(isOn));
}

/** @param {number} k */
function ordinal(k) {
  return `${k}${k % 10 === 1 && k % 100 !== 11 ? "st" : k % 10 === 2 && k % 100 !== 12 ? "nd" : k % 10 === 3 && k % 100 !== 13 ? "rd" : "th"}`;
}

/** Make all networks of the page live; a picture that cannot be stays what it is without a script. */
function enlivenWires() {
  document.querySelectorAll("[data-a1viz-wires]").forEach((/** @type {any} */ host, k) => {
    try {
      const figure = new WireFigure(host, JSON.parse(host.querySelector("script.a1viz-data").textContent), k + 1);
      for (const still of [...host.children]) still.classList.add("a1viz-still");
      host.append(figure.shell);
      host.dataset.a1vizWires = "ready";
    } catch (error) {
      console.error(error);
    }
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enlivenWires);
else enlivenWires();
