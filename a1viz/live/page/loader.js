// The one script that every page loads: it fetches the engine, from its own folder, where the page has something to move.

const OWN_ADDRESS = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src ?? "";
const NEEDS_ALL = "[data-a1viz-playground], [data-a1viz-exercise]";

/** Append the scripts that this page needs, if it needs any. */
function fetchEngine() {
  const isWhole = document.querySelector(NEEDS_ALL) !== null;
  if ((!isWhole && !document.querySelector("[data-a1viz-live]")) || document.querySelector("script[data-a1viz-engine]")) return;
  const more = document.querySelector("[data-a1viz-playground]") ? ["a1viz-more"] : [];
  for (const name of ["a1viz-tables", ...more, isWhole ? "a1viz-live" : "a1viz-player"]) {
    const part = document.createElement("script");
    part.src = OWN_ADDRESS.replace(/[?#].*$/, "").replace(/[^/]*$/, `${name}.js`);
    part.async = false;
    part.dataset.a1vizEngine = name;
    document.head.append(part);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fetchEngine);
else fetchEngine();
