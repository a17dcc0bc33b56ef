// Every plot to play with on a page: made when the script has loaded, one after the other, so that the page can be used meanwhile.

import { dataOf } from "./stored_data.js";
import { polynomialFit } from "./polynomial_fit.js";
import { descentPlot } from "./descent.js";
import { doubleDescent } from "./double_descent.js";
import { costSliders } from "./cost_sliders.js";
import { trainingPlot } from "./training.js";
import { modelComparison } from "./model_comparison.js";

const PLOT_FORMAT = 1;

/** What makes each kind of plot, by what its place says. @type {Map<string, (host: any, data: any) => void>} */
const PLOT_KINDS = new Map([
  ["polynomial_fit", polynomialFit], ["descent", descentPlot], ["double_descent", doubleDescent], ["cost_sliders", costSliders], ["training", trainingPlot], ["models", modelComparison],
]);

/** Make all plots of the page live. */
async function makePlots() {
  for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-a1viz-plot]"))) {
    try {
      const data = await dataOf(host);
      if (data.format !== PLOT_FORMAT) throw new Error(`a1viz: format ${data.format}`);
      PLOT_KINDS.get(host.dataset.a1vizPlot ?? "")?.(host, data);
      host.dataset.a1vizReady = "";
    } catch (error) {
      // the picture stays what it is without a script
      console.error(error);
    }
    await new Promise((next) => setTimeout(next));
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", makePlots);
else makePlots();
