// Where numbers on a grid pass a level: marching squares, a short line through each cell.

/** The ends of the lines, in units of cells: x, y, x, y for each. @param {ArrayLike<number>} values row by row @param {number} columns @param {number} level */
export function levelLines(values, columns, level) {
  const rows = values.length / columns;
  const found = /** @type {number[]} */ ([]);
  for (let i = 0; i + 1 < rows; i += 1) {
    for (let j = 0; j + 1 < columns; j += 1) {
      const at = i * columns + j;
      // the corners in the order in which the sides join them
      const [a, b, c, d] = [values[at] - level, values[at + 1] - level, values[at + columns + 1] - level, values[at + columns] - level];
      const ends = [];
      if (a > 0 !== b > 0) ends.push(j + a / (a - b), i);
      if (b > 0 !== c > 0) ends.push(j + 1, i + b / (b - c));
      if (c > 0 !== d > 0) ends.push(j + d / (d - c), i + 1);
      if (d > 0 !== a > 0) ends.push(j, i + a / (a - d));
      found.push(...ends);
    }
  }
  return found;
}
