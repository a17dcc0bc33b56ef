// Elements of a page, made of names and texts only: nothing that a reader or a link says is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Give an element attributes, and listeners as `on`. @template T @param {T} target @param {Record<string, any>} attributes @returns {T} */
export function dress(target, attributes) {
  const made = /** @type {any} */ (target);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else made.setAttribute(name, value);
  }
  return target;
}

/** An element with attributes and contents. @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string)[]} parts @returns {any} */
export function element(tag, attributes = {}, ...parts) {
  const made = /^(svg|g|path|title|text|rect|circle|desc|clipPath|defs)$/.test(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  made.append(...parts);
  return dress(made, attributes);
}

/** A button, or a button that now does something else; its `label` says more than its text. @param {string} text @param {string} label @param {() => void} act @returns {HTMLButtonElement} */
export function button(text, label, act) {
  return rename(element("button", { type: "button", on: { click: act } }), text, label);
}

/** @template {HTMLElement} T @param {T} made @param {string} text @param {string} label @returns {T} */
export function rename(made, text, label) {
  made.textContent = text;
  // who speaks to a browser says the words that are seen
  const isSaid = !/[a-z]{2}|-/i.test(text) || label.toLowerCase().includes(text.toLowerCase());
  return dress(made, { "aria-label": isSaid ? label : `${text}: ${label}`, title: label });
}

/** Buttons that belong together. @param {string} label @param {Node[]} parts */
export function controls(label, ...parts) {
  return element("div", { class: "a1viz-controls", role: "group", "aria-label": label }, ...parts);
}

/** A field for a number. @param {string} label @param {Record<string, any>} more */
export function fieldOf(label, more) {
  return element("input", { autocomplete: "off", "aria-label": label, ...more });
}

/** Do something, and scroll so that an element that is seen stays where it is in the window, whatever grows above it. @param {HTMLElement} seen @param {() => void} act */
export function keepInPlace(seen, act) {
  const placeOf = () => seen.getBoundingClientRect().top;
  const before = placeOf();
  act();
  const by = placeOf() - before;
  if (by && before >= 0 && before < innerHeight) window.scrollBy({ top: by, behavior: "instant" });
}
