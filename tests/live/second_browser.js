// Runs in a second browser, which nothing drives: computes what the page's data ask for, edits a live picture, and sends the results to
// the test's server, whose address is in the page's own. `post` is a request that browsers allow from files too.

const checks = new URLSearchParams(location.search);
const troubles = [];
addEventListener("error", (event) => troubles.push(String(event.message)));
addEventListener("unhandledrejection", (event) => troubles.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => troubles.push(`${event.violatedDirective}: ${event.blockedURI}`));

/** Numbers that JSON lacks as texts. */
const asText = (value) =>
  JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : Object.is(v, -0) ? "-0" : v));

const post = (found) =>
  fetch(`${checks.get("to")}/results/${checks.get("name")}`, { method: "POST", mode: "no-cors", body: asText({ found, troubles }) });

const CHECKS = {
  // values, gradients and derivations of graphs that Python has made
  engine() {
    const m = self.a1vizModules;
    const plain = (values) => [...values].map(([name, t]) => [name, t.shape, [...t.data]]);
    return self.a1vizCases.map(([data, ...given]) => {
      const graph = m.graphOf(data);
      const mapOf = (rows) => new Map(rows.map(([name, shape, numbers]) => [name, m.tensorOf(shape, Float64Array.from(numbers))]));
      const [leaves, cotangents] = given.map(mapOf);
      const steps = m.derive(graph, null, {}).steps.map((s) => [s.variable, s.text, s.latex]);
      return [plain(m.run(graph, leaves, { trace: true })), plain(m.grad(graph, leaves, { cotangents: cotangents.size ? cotangents : null })), steps];
    });
  },

  // the console's functions, on equations that are typed
  typed() {
    const g = self.a1viz.parse("z = W @ x\nJ = -log_softmax(z)[t]", { x: [3], W: [4, 3], t: { class: 4 } });
    const values = { x: [1, -2, 0.5], W: [[1, 0, 2], [0, -1, 1], [-1, 1, 0], [2, 1, -2]], t: 2 };
    let message = "";
    try {
      self.a1viz.parse("z = W @ xx\nJ = sum(z", { x: [3], W: [4, 3] });
    } catch (error) {
      message = error.message;
    }
    const marks = ["W.T @ z_bar", "W @ z_bar", "2 * W.T @ z_bar"].map((answer) => g.mark("x", answer));
    return { run: g.run(values), grad: g.grad(values, { wrt: ["x", "W"] }), derive: g.derive({}), marks, message };
  },

  // a picture follows an edit by keys, and one that is typed
  async figure() {
    const until = async (isTrue) => {
      for (let k = 0; k < 3000 && !isTrue(); k += 1) await new Promise((next) => setTimeout(next, 10));
    };
    await until(() => document.querySelector("[data-a1viz-live=ready]"));
    const read = () => [...document.querySelectorAll("svg g[id][data-name]")].map((b) => [b.dataset.name, b.dataset.value, b.dataset.bar]);
    const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const cell = (name) => [...document.querySelectorAll("svg [role=spinbutton]")].find(
      (c) => c.getAttribute("aria-label") === name && c.getClientRects().length,
    );
    const given = read();
    press(cell("x entry 1"), "ArrowUp");
    const stepped = read();
    press(cell("x entry 2"), "Enter");
    const field = document.querySelector(".a1viz-entry");
    field.value = "1.25";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    press(field, "Enter");
    const typed = read();
    const shown = cell("x entry 2").textContent;
    document.querySelector("button[aria-label='One step of gradient descent']").click();
    return { given, stepped, typed, shown, learnt: read(), wide: document.documentElement.scrollWidth > innerWidth };
  },
};

addEventListener("load", async () => {
  let found = null;
  try {
    found = await CHECKS[checks.get("name")]();
  } catch (error) {
    troubles.push(`${error}\n${error.stack}`);
  }
  await post(found);
  const next = checks.get("next");
  if (next) location = next;
});
