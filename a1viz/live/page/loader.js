// The one script that every page loads: it fetches the engine, from its own folder, where the page has something to move.

const OWN_ADDRESS = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src ?? "";
const NEEDS_ALL = "[data-a1viz-playground], [data-a1viz-exercise]";
const NEEDS_WIRES = "[data-a1viz-wires], [data-a1viz-counting]";

/** Append the scripts that this page needs, if it needs any. */
function fetchEngine() {
  const [isWhole, isLive, hasWires] = [NEEDS_ALL, "[data-a1viz-live]", NEEDS_WIRES].map((kind) => document.querySelector(kind) !== null);
  const engine = isWhole || isLive ? ["a1viz-tables", isWhole ? "a1viz-live" : "a1viz-player"] : [];
  const wires = hasWires ? ["a1viz-networks", "a1viz-wires"] : [];
  if (document.querySelector("script[data-a1viz-engine]")) return;
  for (const name of [...engine, ...wires]) {
    const part = document.createElement("script");
    part.src = OWN_ADDRESS.replace(/[?#].*$/, "").replace(/[^/]*$/, `${name}.js`);
    part.async = false;
    part.dataset.a1vizEngine = name;
    document.head.append(part);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fetchEngine);
else fetchEngine();
