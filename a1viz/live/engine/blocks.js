// What the reader knows of class labels and of parts of them. (The page reads no blocks: the build writes out their instances.)

import { TABLES } from "./operators.js";

/** @typedef {import("./building.js").Builder} Builder */

/** How many classes a label has, or an array of labels, or a part of one; null for what is no label. @param {Builder} builder @param {string} name @returns {import("./nodes.js").Dim | null} */
export function classesOf(builder, name) {
  let node = builder.node(name);
  while (TABLES.reading.blocks.parts.includes(node.op)) node = builder.node(node.inputs[0]);
  return node.op === "label" ? node.value : null;
}
