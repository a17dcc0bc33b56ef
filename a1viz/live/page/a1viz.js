// The one script that every page loads: it fetches the engine, from its own folder, where the page has something to move.

(() => {
  "use strict";
  const own = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const folder = (own?.src ?? "").replace(/[?#].*$/, "").replace(/[^/]*$/, "");
  const WHOLE = "[data-a1viz-playground], [data-a1viz-exercise]";

  function begin() {
    const isWhole = document.querySelector(WHOLE) !== null;
    if ((!isWhole && !document.querySelector("[data-a1viz-live]")) || document.querySelector("script[data-a1viz-engine]")) return;
    for (const name of ["a1viz-tables", isWhole ? "a1viz-live" : "a1viz-player"]) {
      const script = document.createElement("script");
      script.src = `${folder}${name}.js`;
      script.async = false;
      script.dataset.a1vizEngine = name;
      document.head.append(script);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
