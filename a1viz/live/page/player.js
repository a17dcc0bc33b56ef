// Every live picture of a page: made when its script has loaded, one after the other, so that the page can be used meanwhile.

import { button, controls, element, fieldOf } from "./elements.js";
import { dataOf } from "./stored_data.js";
import { LiveFigure } from "./figure.js";
import { editBoxes, leafTable } from "./editing.js";
import { watchHeatMaps } from "./heat_maps.js";
import { stepperOf } from "./stepping.js";
import { traceBoxes } from "./tracing.js";
import { moveByArrows } from "./stops.js";
import { viewControls } from "./viewing.js";
import { canLearn, learnerOf } from "./learning.js";
import { stateText, takeState } from "./sharing.js";

/** Make one picture live. @param {any} host the figure @param {any} data what stands beside it @param {number} number its place on the page, counted from 1 */
export function enliven(host, data, number) {
  const mark = `#a1viz-${number}=`;
  const figure = new LiveFigure(host, data);
  const stepper = stepperOf(figure);
  const learner = canLearn(figure) ? learnerOf(figure) : null;
  const link = fieldOf("link to these numbers", { class: "a1viz-link", readonly: "", hidden: "" });
  const share = () => {
    if (location.protocol === "about:") return figure.say("A frame has no link");
    link.value = `${location.href.split("#")[0]}${mark}${stateText(figure, stepper.at(), learner?.rate() ?? 1)}`;
    link.hidden = false;
    link.select();
    navigator.clipboard?.writeText(link.value).then(() => figure.say("The link is copied"), () => figure.say("The link is selected, to be copied"));
  };
  const reset = () => {
    figure.restore();
    learner?.reset();
    stepper.reset();
    link.hidden = true;
    figure.compute();
    figure.say(`The given numbers again${figure.outcome()}`);
  };
  const panel = element(
    "div",
    { class: "a1viz-panel" },
    element(
      "div",
      { class: "a1viz-all-controls" },
      stepper.buttons,
      ...(learner ? [learner.buttons] : []),
      viewControls(figure),
      controls("These numbers", button("Link", "A link to these numbers", share), button("Reset", "Back to the given numbers", reset)),
    ),
    link,
    stepper.beside,
    ...(learner ? [learner.picture] : []),
    figure.status,
  );
  editBoxes(figure);
  watchHeatMaps(figure);
  traceBoxes(figure);
  moveByArrows(figure);
  const take = () => {
    const asked = location.hash.startsWith(mark) ? location.hash.slice(mark.length) : "";
    const state = asked ? takeState(figure, asked) : undefined;
    figure.compute();
    if (state) stepper.go(state[0]);
    if (state) learner?.setRate(state[1]);
    if (asked) host.scrollIntoView({ block: "nearest" });
    if (asked) figure.say(state ? "The numbers of the link" : "The link does not fit this picture; these are the given numbers");
  };
  take();
  window.addEventListener("hashchange", take);
  // the numbers that the build wrote below the picture do not follow
  for (const old of host.querySelectorAll(":scope > details")) old.remove();
  (host.querySelector("figcaption") ?? host.lastElementChild).before(panel, leafTable(figure));
  return figure;
}

/** Make all pictures of the page live, one after the other. */
async function enlivenAll() {
  let number = 0;
  for (const host of document.querySelectorAll("figure[data-a1viz-live]")) {
    number += 1;
    try {
      enliven(host, await dataOf(host), number);
      /** @type {any} */ (host).dataset.a1vizLive = "ready";
    } catch (error) {
      // the picture stays what it is without a script
      console.error(error);
    }
    await new Promise((next) => setTimeout(next));
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enlivenAll);
else enlivenAll();
