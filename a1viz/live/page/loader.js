// The one script that every page loads: it fetches the engine, from its own folder, where the page has something to move.

const OWN_ADDRESS = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src ?? "";
const NEEDS_ALL = "[data-a1viz-playground], [data-a1viz-exercise]";

/** The scripts that this page needs, in their order. @returns {string[]} */
function neededScripts() {
  const has = (/** @type {string} */ kind) => document.querySelector(kind) !== null;
  if (has(NEEDS_ALL)) return ["a1viz-tables", "a1viz-glyphs", "a1viz-live"];
  return has("[data-a1viz-live]") ? ["a1viz-tables", "a1viz-player"] : [];
}

/** Append the scripts that this page needs, if it needs any. */
function fetchEngine() {
  if (document.querySelector("script[data-a1viz-engine]")) return;
  for (const name of neededScripts()) {
    const part = document.createElement("script");
    part.src = OWN_ADDRESS.replace(/[?#].*$/, "").replace(/[^/]*$/, `${name}.js`);
    part.async = false;
    part.dataset.a1vizEngine = name;
    document.head.append(part);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fetchEngine);
else fetchEngine();
