// Shapes of convolution and pooling, for any number of spatial axes: how many windows there are, and what must fit. Sizes may be names.

import { ShapeError, counted, isSame, isWhole, quoted, shown } from "./base.js";
import { TABLES } from "./operators.js";
import { added, divided, multiplied } from "./sizes.js";
import { appliedText } from "./printing.js";
import { broadcast, described, shapeText } from "./shapes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./operators.js").Op} Op */
/** @typedef {import("./shapes.js").Labels} Labels */
/** @typedef {Map<string, any>} Attributes */

/** How many spatial axes an operator has: 2 for `conv2d`. @param {Op} op */
export function spatial(op) {
  return Number(op.name.match(/\d(?=d)/)?.[0]);
}

/**
 * A stride, a padding or a size of windows in its one form: one size for all spatial axes, or one of each; null for the default.
 * @param {Op} op @param {string} name @param {any} value @param {number} least
 */
export function perAxis(op, name, value, least) {
  const d = spatial(op);
  const usual = op.defaults.get(name);
  if (value === null && usual === null) return null;
  if (value === "same" || value === "valid") {
    throw new ShapeError(`${name} is a number, got ${quoted(value)}; 1 keeps the shape of what a 3 x 3 kernel goes over, 0 adds none`);
  }
  const values = Array.isArray(value) ? value : Array(d).fill(value);
  for (const size of values.length ? values : [null]) {
    if (values.length !== d || !(typeof size === "string" || (isWhole(size) && size >= least))) {
      throw new ShapeError(`${name} is a whole number, ${least} or more${d === 2 ? ", or a list of two" : ""}, got ${shown(value)}`);
    }
  }
  const found = new Set(values).size === 1 ? values[0] : values;
  return found === usual ? null : found;
}

/** The number of groups; null for one. @param {any} value */
export function groupCount(value) {
  if (!isWhole(value) || value < 1) throw new ShapeError(`groups is a whole number, 1 or more, got ${shown(value)}`);
  return value === 1 ? null : value;
}

/** An attribute for each spatial axis. @param {Op} op @param {Attributes} attrs @param {string} name @param {Dim} usual @returns {Dim[]} */
function eachAxis(op, attrs, name, usual) {
  const value = attrs.get(name) ?? usual;
  return Array.isArray(value) ? value : Array(spatial(op)).fill(value);
}

/**
 * The loops of the operands, broadcast, and the core of each; the last `likes` are there for their shape alone, and give no loops.
 * @param {Op} op @param {Shape[]} shapes @param {Labels} labels @param {number} [likes] @returns {[Shape, Shape[]]}
 */
function splitCores(op, shapes, labels, likes = 0) {
  op.inputs.forEach((axes, k) => {
    const [d, shape] = [spatial(op), shapes[k]];
    if (shape.length >= axes.length) return;
    const { letters, kernel } = TABLES.windows;
    const wanted = [letters[d].slice(3), letters[d], kernel[d]][axes.length - d];
    const hint = shape.length === d && axes.length > d ? "; one channel is an axis of one entry" : "";
    throw new ShapeError(`${op.name}: ${labels()[k]} must have the axes (${wanted}), but it is ${described(shape)}${hint}`);
  });
  const cuts = op.inputs.map((axes, k) => shapes[k].length - axes.length);
  const loops = shapes.map((shape, k) => shape.slice(0, cuts[k]));
  const number = loops.length - likes;
  const found = broadcast(op, loops.slice(0, number), () => labels().slice(0, number), shapes.slice(0, number));
  loops.slice(number).forEach((rest, k) => {
    if (rest.length <= found.length) return;
    const label = labels()[number + k];
    throw new ShapeError(
      `${op.name}: ${label}, there for its shape alone, has ${counted(rest.length, "axes")} in front of that, the others ${found.length}`,
    );
  });
  return [found, shapes.map((shape, k) => shape.slice(cuts[k]))];
}

/**
 * How many windows there are along each axis: (n + 2p - k) // s + 1; `x` and `k` are input and kernel as written.
 * @param {Op} op @param {Shape} lengths @param {Shape} size @param {Attributes} attrs @param {string} x @param {string} k @returns {Shape}
 */
function windowCounts(op, lengths, size, attrs, x, k) {
  const pools = op.defaults.has("size");
  const stride = pools && !attrs.has("stride") ? size : eachAxis(op, attrs, "stride", 1);
  const padding = eachAxis(op, attrs, "padding", 0);
  return lengths.map((n, axis) => {
    const [w, p] = [size[axis], padding[axis]];
    const left = added(added(n, multiplied(2, p)), w, -1);
    if (typeof left === "number" && left < 0) {
      const withZeros = p ? ` with ${counted(multiplied(2, p), "zeros")} around` : "";
      const mend = pools ? "" : `; padding=${added(p, -Math.floor(left / 2))} would be enough`;
      throw new ShapeError(`${op.name}: ${k} has ${counted(w, TABLES.windows.along[spatial(op)][axis])}, ${x} only ${n}${withZeros}${mend}`);
    }
    return added(divided(left, stride[axis]), 1);
  });
}

/** @param {Op} op @param {string} label @param {Shape} core @param {Shape} wanted */
function checkWindows(op, label, core, wanted) {
  if (!isSame(core, wanted)) throw new ShapeError(`${op.name}: ${label} has the shape ${shapeText(core)}, but the windows make ${shapeText(wanted)}`);
}

/**
 * The core of the convolution of X with K, the operands at these two places.
 * @param {Op} op @param {Shape[]} cores @param {Attributes} attrs @param {Shape[]} shapes @param {Labels} labels
 * @param {[number, number]} at @returns {Shape}
 */
function convolutionOf(op, cores, attrs, shapes, labels, at) {
  const [[X, K], [x, k]] = [at.map((place) => cores[place]), at.map((place) => labels()[place])];
  const number = attrs.get("groups") ?? 1;
  const expected = multiplied(K[1], number);
  if (X[0] !== expected) {
    const each = number > 1 ? `, ${number} groups of ${K[1]}` : "";
    const facts = `${x} has ${counted(X[0], "channels")}, ${k} expects ${expected}${each}`;
    throw new ShapeError(`${appliedText(op, labels())}: shapes ${shapes.map(shapeText).join(" and ")} do not match; ${facts}`);
  }
  if (typeof K[0] === "number" && K[0] % number) {
    throw new ShapeError(`${op.name}: ${k} has ${counted(K[0], "output channels")}, which do not go into ${number} groups`);
  }
  return [K[0], ...windowCounts(op, X.slice(1), K.slice(2), attrs, x, k)];
}

/** @param {Op} op @param {Shape} X @param {Shape} K @param {Attributes} attrs @param {string[]} labels @returns {Shape} */
function columnsOf(op, X, K, attrs, [x, k]) {
  return [multiplied(X[0], ...K.slice(2)), multiplied(...windowCounts(op, X.slice(1), K.slice(2), attrs, x, k))];
}

/** @param {Op} op @param {Shape} X @param {Attributes} attrs @param {string} label */
function poolsOf(op, X, attrs, label) {
  const [size, padding] = [eachAxis(op, attrs, "size", 1), eachAxis(op, attrs, "padding", 0)];
  size.forEach((w, k) => {
    const p = padding[k];
    if (typeof w === "number" && typeof p === "number" && p >= w) {
      throw new ShapeError(`${op.name}: padding=${p} would make windows of nothing but padding; it is less than their size, ${w}`);
    }
  });
  return windowCounts(op, X, size, attrs, label, "the window");
}

/** @typedef {(op: Op, shapes: Shape[], attrs: Attributes, labels: Labels) => Shape} Rule of operands, attributes, operands as written */
/** @type {{[name: string]: Rule}} */
export const WINDOW_SHAPES = {
  convolved(op, shapes, attrs, labels) {
    const [loops, cores] = splitCores(op, shapes, labels);
    return [...loops, ...convolutionOf(op, cores, attrs, shapes, labels, [0, 1])];
  },
  convolved_input(op, shapes, attrs, labels) {
    const [loops, cores] = splitCores(op, shapes, labels, 1);
    checkWindows(op, labels()[0], cores[0], convolutionOf(op, cores, attrs, shapes, labels, [2, 1]));
    return [...loops, ...cores[2]];
  },
  convolved_kernel(op, shapes, attrs, labels) {
    const [loops, cores] = splitCores(op, shapes, labels, 1);
    checkWindows(op, labels()[1], cores[1], convolutionOf(op, cores, attrs, shapes, labels, [0, 2]));
    return [...loops, ...cores[2]];
  },
  unfolded(op, shapes, attrs, labels) {
    const [loops, [X, K]] = splitCores(op, shapes, labels, 1);
    return [...loops, ...columnsOf(op, X, K, attrs, labels())];
  },
  folded(op, shapes, attrs, labels) {
    const [loops, [U, X, K]] = splitCores(op, shapes, labels, 2);
    checkWindows(op, labels()[0], U, columnsOf(op, X, K, attrs, labels().slice(1)));
    return [...loops, ...X];
  },
  pooled(op, shapes, attrs, labels) {
    const [loops, [X]] = splitCores(op, shapes, labels);
    return [...loops, ...poolsOf(op, X, attrs, labels()[0])];
  },
  pooled_input(op, shapes, attrs, labels) {
    const [loops, cores] = splitCores(op, shapes, labels, Number(op.name.startsWith("avg")));
    const X = cores[cores.length - 1];
    cores.slice(0, -1).forEach((core, k) => checkWindows(op, labels()[k], core, poolsOf(op, X, attrs, labels()[cores.length - 1])));
    return [...loops, ...X];
  },
  pooled_entries(op, shapes, attrs, labels) {
    const [loops, [V, Y, X]] = splitCores(op, shapes, labels);
    checkWindows(op, labels()[1], Y, poolsOf(op, X, attrs, labels()[2]));
    if (!isSame(V, X)) {
      throw new ShapeError(`${op.name}: ${labels()[0]} has the shape ${shapeText(V)}, ${labels()[2]} ${shapeText(X)}; they must be the same`);
    }
    return [...loops, ...Y];
  },
};
