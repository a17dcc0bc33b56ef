// The leaves of typed equations: what each is and of which shape, guessed until a reader says otherwise; and how large named sizes are.

import { SPACE_OF_ARRAYS } from "../engine/answer_texts.js";
import { element } from "./elements.js";

/** @typedef {import("../engine/guessing.js").Leaf} Leaf */

const KINDS_OF_LEAF = ["input", "parameter", "label"];
const BETWEEN_SIZES = /(?<=\d)\s*x\s*(?=\d)|(?<=\w)\s+(?:x|by)\s+(?=\w)/g;
const SIZE_WORD = /^([A-Za-z]\w*|\d{1,9})$/;

/**
 * Sizes as they are typed: `4, 3`, `4 x 3` or `ℝ^{4×3}`, nothing for a scalar; or nothing at all where they are none.
 * @param {string} typed @returns {(number | string)[] | undefined}
 */
export function typedSizes(typed) {
  const words = typed.replace(SPACE_OF_ARRAYS, "").trim().replace(/^[([{]|[)\]}]$/g, "").replace(BETWEEN_SIZES, ",").split(/[\s,×]+/).filter(Boolean);
  return words.every((word) => SIZE_WORD.test(word)) && words.length <= 6 ? words.map((word) => (/^\d/.test(word) ? Number(word) : word)) : undefined;
}

/** The table of leaves. */
export class LeafTable {
  /**
   * @param {(name: string, leaf: Leaf | null) => void} changed `null` to guess again @param {(name: string, size: number) => void} resized
   * @param {(problem: string) => void} refused
   */
  constructor(changed, resized, refused) {
    this.changed = changed;
    this.resized = resized;
    this.refused = refused;
    this.known = "";
    this.view = element("div", { class: "a1viz-leaves" });
  }

  /** @param {Pick<import("./typed_graph.js").Understood, "leaves" | "guessed" | "sizes">} found */
  show({ leaves, guessed, sizes }) {
    const known = JSON.stringify([[...leaves], [...guessed], [...sizes]]);
    if (known === this.known) return;
    this.known = known;
    const focused = document.activeElement?.getAttribute("data-field");
    const rows = [...leaves].map(([name, leaf]) => this.row(name, leaf, guessed.has(name)));
    const unseen = element("span", { class: "a1viz-unseen" }, "how it is known");
    const head = element("tr", {}, ...["leaf", "kind", "shape", unseen].map((text) => element("th", { scope: "col" }, text)));
    const table = element("table", { class: "a1viz-leaf-table" }, element("thead", {}, head), element("tbody", {}, ...rows));
    const named = [...sizes].map(([name, size]) => this.size(name, size));
    this.view.replaceChildren(...(rows.length ? [table] : []), ...(named.length ? [element("p", { class: "a1viz-sizes" }, "where ", ...named)] : []));
    if (focused) [...this.view.querySelectorAll("[data-field]")].find((field) => field.getAttribute("data-field") === focused)?.focus();
  }

  /** @param {string} name @param {Leaf} leaf @param {boolean} isGuessed */
  row(name, leaf, isGuessed) {
    const kinds = KINDS_OF_LEAF.map((one) => element("option", { value: one }, one));
    const kind = element("select", { "aria-label": `what ${name} is`, "data-field": `${name} kind` }, ...kinds);
    kind.value = leaf.kind;
    const shape = this.field(`${name} shape`, `shape of ${name}`, leaf.shape.join(", "), "scalar");
    const classes = this.field(`${name} classes`, `number of classes of ${name}`, String(leaf.class ?? 5), "5");
    const take = () => {
      const [sizes, count] = [typedSizes(shape.value), typedSizes(classes.value)];
      if (!sizes) return this.refused(`${name}: a shape is sizes such as 4, 3 or H, D; nothing for a scalar`);
      if (kind.value === "label" && count?.length !== 1) return this.refused(`${name}: the number of classes is a whole number such as 5`);
      this.changed(name, kind.value === "label" ? { kind: "label", shape: sizes, class: count?.[0] } : { kind: kind.value, shape: sizes });
    };
    for (const field of [kind, shape, classes]) field.addEventListener("change", take);
    const again = element("button", { type: "button", "aria-label": `guess ${name} again`, "data-field": `${name} again` }, "guess");
    again.addEventListener("click", () => this.changed(name, null));
    const sizes = element("td", {}, shape, ...(leaf.kind === "label" ? [element("label", {}, " of ", classes)] : []));
    return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, kind), sizes, element("td", {}, isGuessed ? "guessed" : again));
  }

  /** @param {string} key @param {string} label @param {string} value @param {string} placeholder */
  field(key, label, value, placeholder) {
    const made = element("input", { "aria-label": label, "data-field": key, placeholder, autocomplete: "off", spellcheck: "false" });
    made.value = value;
    return made;
  }

  /** @param {string} name @param {number} size */
  size(name, size) {
    const field = this.field(`${name} size`, `size ${name}`, String(size), "3");
    field.inputMode = "numeric";
    field.addEventListener("change", () => {
      const [found] = typedSizes(field.value) ?? [];
      if (typeof found === "number") this.resized(name, found);
      else this.refused(`${name}: a size is a whole number such as 3`);
    });
    return element("label", {}, `${name} = `, field, " ");
  }
}
