// What the playground has besides the tables, as the build wrote it: graphs to begin with, NumPy's words, the sizes of pictures.

/** @type {any} */
export const MORE = /** @type {any} */ (globalThis).a1vizMore ?? { graphs: [], numpy: { helpers: {}, words: {} }, picture: {}, spoken: [] };
