// Elements of a page, made of names and texts only: nothing that a reader or a link says is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and contents; `on` has listeners. @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string)[]} parts @returns {any} */
export function element(tag, attributes = {}, ...parts) {
  const made = /^(svg|g|path|line|text|rect|circle)$/.test(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...parts);
  return made;
}

/** A button; its `label` says more than its text. @param {string} text @param {string} label @param {() => void} act @returns {HTMLButtonElement} */
export function button(text, label, act) {
  return element("button", { type: "button", "aria-label": label, title: label, on: { click: act } }, text);
}

/** A button that says whether it is on. @param {HTMLButtonElement} made @param {boolean} isOn @param {string} text @param {string} label */
export function showPressed(made, isOn, text, label) {
  made.textContent = text;
  made.title = label;
  made.setAttribute("aria-label", label);
}

/** Buttons that belong together. @param {string} label @param {Node[]} parts */
export function controls(label, ...parts) {
  return element("div", { class: "a1viz-controls", role: "group", "aria-label": label }, ...parts);
}
