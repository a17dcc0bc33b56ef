// The shape and attributes of an application. (A stub until the port of `inference.py` is merged.)

/** @param {import("./operators.js").Op} op @param {import("./nodes.js").Shape[]} shapes @param {any} attrs @param {() => string[]} labels @returns {[import("./nodes.js").Attrs, import("./nodes.js").Shape]} */
export function inferred(op, shapes, attrs, labels) {
  throw new Error(`${op.name} ${shapes} ${attrs} ${labels}`);
}
