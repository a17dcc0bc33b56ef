// Transposes turned down to what they turn, and products with the matrices that are made of others.

/** @typedef {import("./rebuilding.js").Rebuilder} Rebuilder */

/** What an operator without attributes is instead; "" where it stays as it is. @type {Map<string, (to: Rebuilder, inputs: string[]) => string>} */
export const TURNED = new Map(Object.entries({
  transpose(to, [A]) {
    let found = to.parts(A, "transpose");
    if (found) return found[0];
    found = to.parts(A, "outer");
    if (found) return to.make("outer", [found[1], found[0]]);
    found = to.parts(A, "matmul");
    if (found) {
      transposeFactors(to, A);
      return to.make("matmul", [found[1], found[0]].map((i) => to.make("transpose", [i])));
    }
    return to.builder.node(A).op === "eye" ? A : "";
  },
  matvec(to, [W, x]) {
    let found = to.parts(W, "transpose");
    if (found) return to.make("vecmat", [x, found[0]]);
    found = to.parts(W, "outer");
    const isPlain = found && to.builder.shape(W).length === 2 && to.builder.shape(x).length === 1;
    return found && isPlain ? to.make("mul", [to.make("inner", [found[1], x]), found[0]]) : "";
  },
  vecmat(to, [x, W]) {
    let found = to.parts(W, "transpose");
    if (found) return to.make("matvec", [found[0], x]);
    if (to.parts(W, "matmul")) {
      const waiting = [W];
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const factors = to.parts(next, "matmul");
        if (factors) waiting.push(factors[1], factors[0]);
        else x = to.make("vecmat", [x, next]);
      }
      return x;
    }
    found = to.parts(W, "outer");
    return found ? to.make("matvec", [to.make("outer", [found[1], found[0]]), x]) : "";
  },
  inner(to, [a, b]) {
    const first = a;
    for (let found = to.parts(a, "vecmat"); found; found = to.parts(a, "vecmat")) [a, b] = [found[0], to.make("matvec", [found[1], b])];
    return a === first ? "" : to.make("inner", [a, b]);
  },
  diag_embed(to, [a]) {
    const { op, shape } = to.builder.node(a);
    return op === "ones" && shape.length === 1 ? to.make("eye", [], [["shape", [...shape, ...shape]]]) : "";
  },
}));

/**
 * Make the transposes of all factors of a product, the innermost first: a product of a thousand factors lies a thousand deep.
 * @param {Rebuilder} to @param {string} product
 */
function transposeFactors(to, product) {
  const waiting = [product];
  while (waiting.length) {
    const current = waiting[waiting.length - 1];
    const below = to.parts(current, "matmul")?.toReversed().find((i) => !to.isMade("transpose", [i]));
    if (below !== undefined) waiting.push(below);
    else if (waiting.pop() !== product) to.make("transpose", [current]);
  }
}
