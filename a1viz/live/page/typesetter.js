// Formulas become outlines, as in the pictures: the LaTeX that the engine prints, laid out by the constants of the font itself.
// What is measured is in thousandths of the font size, y downwards from the baseline. Nothing that a formula says is read as markup.

/**
 * @typedef {object} Box A piece of a formula; what is nested is drawn where `parts` says.
 * @property {number} width
 * @property {number} ascent
 * @property {number} descent
 * @property {string} kind TeX's class of it, which says what space stands beside it; "space" for space itself
 * @property {[Box, number, number, number, number][]} [parts] each with x, y, and what it is scaled by along both
 * @property {string} [path] an outline
 * @property {[number, number]} [bar] the width and thickness of a bar, its bottom on the baseline
 * @property {string} [text] a character that the font lacks
 * @property {number} [italic] how far a superscript moves to the right
 * @property {number} [accent] where an accent stands on it; of one glyph only
 * @property {boolean} [isScripted] has a sub- or superscript
 * @property {boolean} [hasLimits] in a line of its own they stand above and below
 */
/** @typedef {(column: number) => number} ByColumn */
/** @typedef {[Box, number, number, number]} Placed a box, with x, y and its scale */
/** @typedef {{[attribute: string]: string}} Outline a path by its attributes, or with `text` a text */
/** @typedef {{tokens: string[], at: number, depth: number, unknown: string[]}} Reading a formula while it is read */

// the sizes of type: in a line of its own, in a line of text, of a script, of a script's script
const [DISPLAY_LEVEL, SCRIPT_LEVEL, LEAST_LEVEL] = [0, 2, 3];
// groups inside one another, and characters of a formula; what is more is shown as text, or not at all
const DEEPEST_GROUP = 40;
const LONGEST_FORMULA = 20000;
const FORMULA_TOKEN = /\\[A-Za-z]+|\\[\s\S]|\s+|[\s\S]/gu;
const SPACE_COMMANDS = new Map([
  ["\\,", 167], ["\\:", 222], ["\\;", 278], ["\\!", -167], ["\\ ", 250], ["\\quad", 1000], ["\\qquad", 2000],
]);
const STYLE_COMMANDS = new Map([["\\mathbf", "bold"], ["\\boldsymbol", "bold italic"], ["\\mathbb", "double"], ["\\mathit", "italic"]]);
const ACCENT_COMMANDS = new Map([
  ["\\bar", "bar"], ["\\overline", "bar"], ["\\dot", "dot"], ["\\hat", "hat"], ["\\widehat", "hat"], ["\\tilde", "tilde"], ["\\widetilde", "tilde"],
]);
const TABLE_FENCES = new Map([["bmatrix", "[]"], ["pmatrix", "()"], ["cases", "{"]]);
const PLAIN_SIGNS = new Map([["-", "−"], ["\\|", "‖"], ["'", "′"]]);
// after a script, and beside the bar of a fraction
const SCRIPT_SPACE = 72;
const FRACTION_SPACE = 120;
const ACCENT_GAP = 115;
const ROW_SPACE = 390;
const ALIGNED_SPACE = 611;
const NO_GLYPHS = {
  accents: {}, classes: {}, constants: {}, grid: 1, large: "", limits: [], scripts: "", shapes: {}, signs: {}, spaces: {}, styles: {}, words: [],
};

/** The outlines that the build wrote. @returns {any} */
const theGlyphs = () => /** @type {any} */ (globalThis).a1vizGlyphs ?? NO_GLYPHS;
/** @param {Record<string, any>} table @param {string} name */
const ownOf = (table, name) => (Object.hasOwn(table ?? {}, name) ? table[name] : undefined);
/** @param {string} name @returns {number} */
const fontConstant = (name) => theGlyphs().constants[name] ?? 0;

/**
 * A formula as outlines. Sizes are in thousandths of the font size; what is not known is set as the text it is, and named.
 * @param {string} latex @returns {{width: number, height: number, depth: number, outlines: Outline[], svg: string, unknown: string[]}}
 */
export function typeset(latex) {
  /** @type {Reading} */
  const reading = { tokens: latex.slice(0, LONGEST_FORMULA).match(FORMULA_TOKEN) ?? [], at: 0, depth: 0, unknown: [] };
  const boxes = [];
  while (reading.at < reading.tokens.length) {
    const from = reading.at;
    boxes.push(rowOf(reading, DISPLAY_LEVEL));
    // an end without a beginning
    if (reading.at === from) boxes.push(wordBox(reading.tokens[reading.at]));
    if (reading.at < reading.tokens.length) reading.at += 1;
  }
  const whole = sideBySide(boxes, DISPLAY_LEVEL);
  /** @type {Outline[]} */
  const outlines = [];
  drawBox(outlines, [whole, 0, 0, 1, 1], 0, 0, 1, 1);
  const { width, ascent: height, descent: depth } = whole;
  return { width, height, depth, outlines, svg: outlines.map(outlineMarkup).join(""), unknown: reading.unknown };
}

/** @param {Outline} outline */
function outlineMarkup({ text, ...attributes }) {
  const told = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`).join(" ");
  return text === undefined ? `<path ${told}/>` : `<text ${told}>${safeText(text)}</text>`;
}

/**
 * A formula that sits in a line of text, in the text's colour; `spoken` is what readers of screens hear.
 * @param {string} latex @param {string} spoken
 */
export function formulaMarkup(latex, spoken) {
  const { width, height, depth, svg } = typeset(latex);
  const [ascent, whole, wide] = [height + 20, height + depth + 40, Math.max(width, 1)];
  const inEm = (/** @type {number} */ size) => `${tidyNumber(size / 1000, 3)}em`;
  const style = `width:${inEm(wide)};height:${inEm(whole)};vertical-align:${inEm(-depth - 20)};overflow:visible`;
  const box = [0, -ascent, wide, whole].map((size) => tidyNumber(size)).join(" ");
  const told = `class="a1viz-math" role="img" aria-label="${safeText(spoken)}" focusable="false"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${told} viewBox="${box}" style="${style}" fill="currentColor">${svg}</svg>`;
}

/** @param {string} text */
export function safeText(text) {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A number with few decimals. @param {number} value @param {number} [decimals] */
const tidyNumber = (value, decimals = 1) => Number(value.toFixed(decimals));

/**
 * @param {Outline[]} marks @param {NonNullable<Box["parts"]>[0]} part @param {number} x @param {number} y @param {number} across @param {number} down
 */
function drawBox(marks, [box, dx, dy, scaleX, scaleY], x, y, across, down) {
  const [left, base, wide, high] = [x + dx * across, y + dy * down, across * scaleX, down * scaleY];
  for (const part of box.parts ?? []) drawBox(marks, part, left, base, wide, high);
  if (box.bar) {
    const [width, thickness] = [tidyNumber(box.bar[0] * wide), tidyNumber(box.bar[1] * high)];
    marks.push({ d: `m${tidyNumber(left)} ${tidyNumber(base)}v${-thickness}h${width}v${thickness}z` });
  }
  if (box.path) marks.push({ d: box.path, transform: placedAt(left, base, theGlyphs().grid * wide, theGlyphs().grid * high) });
  if (box.text) marks.push({ "font-size": "1000", transform: placedAt(left, base, wide, high), text: box.text });
}

/** @param {number} x @param {number} y @param {number} across @param {number} down */
function placedAt(x, y, across, down) {
  const scales = across === down ? [across] : [across, down];
  return `translate(${tidyNumber(x)} ${tidyNumber(y)}) scale(${scales.map((scale) => tidyNumber(scale, 3)).join(" ")})`;
}

// boxes

/** @param {number} width @returns {Box} */
const spaceBox = (width) => ({ width, ascent: 0, descent: 0, kind: "space" });

/** A bar, its bottom on the baseline. @param {number} width @param {number} thickness @returns {Box} */
function barBox(width, thickness) {
  return { width, ascent: thickness, descent: 0, kind: "ord", bar: [width, thickness] };
}

/** One glyph, by its name in the table. @param {string} name @param {string} [kind] @returns {Box} */
function glyphBox(name, kind = theGlyphs().classes[name] ?? "ord") {
  const shape = theGlyphs().shapes[name];
  if (!shape) return { width: 600, ascent: 700, descent: 200, kind, text: name };
  const [width, ascent, descent, italic, accent, path] = shape;
  return { width, ascent, descent, kind, italic, accent, path };
}

/** Glyphs side by side, as a word is written. @param {string} word @returns {Box} */
function wordBox(word) {
  const box = sideBySide([...word].map((letter) => (/\s/.test(letter) ? spaceBox(250) : { ...glyphBox(letter), kind: "ord" })), DISPLAY_LEVEL);
  return { ...box, kind: /^\p{L}{2,}$/u.test(word) ? (word === "mod" ? "bin" : "op") : box.kind };
}

/** @param {Box} box @param {Placed[]} more each with x, y and its scale @param {Partial<Box>} told @returns {Box} */
function boxWith(box, more, told) {
  const parts = /** @type {NonNullable<Box["parts"]>} */ (box.parts ? box.parts.slice() : [[box, 0, 0, 1, 1]]);
  const found = { ...box, path: undefined, text: undefined, bar: undefined, parts };
  for (const [part, x, y, scale] of more) {
    parts.push([part, x, y, scale, scale]);
    found.ascent = Math.max(found.ascent, part.ascent * scale - y);
    found.descent = Math.max(found.descent, part.descent * scale + y);
    found.width = Math.max(found.width, x + part.width * scale);
  }
  return { ...found, ...told };
}

/** @param {Partial<Box>} told @param {Placed[]} parts */
const boxOf = (told, parts) => boxWith({ width: 0, ascent: 0, descent: 0, kind: "ord", parts: [] }, parts, told);

/**
 * A row: TeX's space between neighbours by their classes; a sign with nothing to join is none between two things.
 * @param {Box[]} boxes @param {number} level @returns {Box}
 */
function sideBySide(boxes, level) {
  if (boxes.length === 1) return boxes[0];
  const row = boxOf({}, []);
  const solid = boxes.filter(({ kind }) => kind !== "space");
  const kinds = settledKinds(solid.map(({ kind }) => kind));
  let [x, k, isSpaced] = [0, 0, false];
  for (const box of boxes) {
    if (box.kind !== "space") {
      const gap = k ? gapBefore(solid[k - 1], kinds[k - 1], box, kinds[k], level) : 0;
      x += isSpaced && gap < 200 ? 0 : gap;
      k += 1;
    }
    isSpaced = box.kind === "space";
    row.parts?.push([box, x, 0, 1, 1]);
    x += box.width;
    row.ascent = Math.max(row.ascent, box.ascent);
    row.descent = Math.max(row.descent, box.descent);
  }
  return { ...row, width: x };
}

/** @param {string[]} kinds */
function settledKinds(kinds) {
  /** @type {string[]} */
  const settled = [];
  kinds.forEach((kind, k) => {
    const before = settled[k - 1] ?? "open";
    const joins = !["bin", "op", "rel", "open", "punct"].includes(before) && !["rel", "close", "punct"].includes(kinds[k + 1] ?? "close");
    settled.push(kind === "bin" && !joins ? "ord" : kind);
  });
  return settled;
}

/** @param {Box} left @param {string} leftKind @param {Box} right @param {string} kind @param {number} level */
function gapBefore(left, leftKind, right, kind, level) {
  const wide = theGlyphs().spaces[leftKind]?.[kind] ?? 0;
  const gap = wide < 0 && level >= SCRIPT_LEVEL ? 0 : (Math.abs(wide) * 1000) / 18;
  return gap + (left.isScripted && kind !== "close" && kind !== "punct" ? SCRIPT_SPACE : 0);
}

// reading

/** Whether this token comes next; it has been read then. @param {Reading} reading @param {string} token */
function hasNext(reading, token) {
  const isNext = reading.tokens[reading.at] === token;
  if (isNext) reading.at += 1;
  return isNext;
}

/**
 * What stands up to the end of a group, of a cell or of the formula, after `before`.
 * @param {Reading} reading @param {number} level @param {Box[]} [before]
 */
function rowOf(reading, level, before = []) {
  const boxes = [...before];
  while (reading.at < reading.tokens.length && !["}", "&", "\\\\", "\\end", "\\right"].includes(reading.tokens[reading.at])) {
    const box = scriptedBox(reading, level);
    if (box) boxes.push(box);
  }
  return sideBySide(boxes, level);
}

/** An argument: a group, or one sign. @param {Reading} reading @param {number} level @returns {Box} */
function argumentOf(reading, level) {
  while (/^\s/.test(reading.tokens[reading.at] ?? "")) reading.at += 1;
  return nucleusOf(reading, level) ?? spaceBox(0);
}

/** A group as the text it is. @param {Reading} reading */
function rawGroup(reading) {
  const { tokens } = reading;
  if (tokens[reading.at] !== "{") return tokens[reading.at++] ?? "";
  const from = (reading.at += 1);
  for (let open = 1; reading.at < tokens.length; reading.at += 1) {
    open += tokens[reading.at] === "{" ? 1 : tokens[reading.at] === "}" ? -1 : 0;
    if (!open) break;
  }
  reading.at += 1;
  return tokens.slice(from, reading.at - 1).map((token) => (/^\\[^A-Za-z]/.test(token) ? token.slice(1) : token)).join("");
}

/** @param {number} level */
const smallerLevel = (level) => (level < SCRIPT_LEVEL ? SCRIPT_LEVEL : LEAST_LEVEL);
/** How large scripts are, to what they belong to. @param {number} level */
function scaleOfScripts(level) {
  const [script, least] = [fontConstant("scriptPercentScaleDown"), fontConstant("scriptScriptPercentScaleDown")];
  return level < SCRIPT_LEVEL ? script / 100 : level === SCRIPT_LEVEL ? least / script : 1;
}

/** A sign with its scripts; null where there is none. @param {Reading} reading @param {number} level @returns {Box | null} */
function scriptedBox(reading, level) {
  const { tokens } = reading;
  const isAlone = tokens[reading.at] === "_" || tokens[reading.at] === "^";
  const base = isAlone ? spaceBox(0) : nucleusOf(reading, level);
  if (!base) return null;
  let [below, above, primes] = [/** @type {Box | null} */ (null), /** @type {Box | null} */ (null), 0];
  const inner = smallerLevel(level);
  for (;;) {
    if (hasNext(reading, "_")) below = argumentOf(reading, inner);
    else if (hasNext(reading, "^")) above = argumentOf(reading, inner);
    else if (hasNext(reading, "'")) primes += 1;
    else break;
  }
  if (primes) above = sideBySide([...Array(primes).fill(glyphBox("′1", "ord")), ...(above ? [above] : [])], inner);
  if (!below && !above) return base;
  const scale = scaleOfScripts(level);
  return base.hasLimits && level === DISPLAY_LEVEL ? withLimits(base, below, above, scale) : withScripts(base, below, above, scale);
}

/** @param {Box} base @param {Box | null} below @param {Box | null} above @param {number} scale */
function withScripts(base, below, above, scale) {
  const isGlyph = base.accent !== undefined;
  let up = above ? Math.max(fontConstant("superscriptShiftUp"), above.descent * scale + fontConstant("superscriptBottomMin")) : 0;
  let down = below ? Math.max(fontConstant("subscriptShiftDown"), below.ascent * scale - fontConstant("subscriptTopMax")) : 0;
  if (!isGlyph) {
    up = Math.max(up, base.ascent - fontConstant("superscriptBaselineDropMax"));
    down = Math.max(down, base.descent + fontConstant("subscriptBaselineDropMin"));
  }
  if (below && above) {
    const lacking = fontConstant("subSuperscriptGapMin") - (up - above.descent * scale + down - below.ascent * scale);
    up += Math.max(lacking, 0) / 2;
    down += Math.max(lacking, 0) / 2;
  }
  /** @type {Placed[]} */
  const scripts = [];
  if (below) scripts.push([below, base.width, down, scale]);
  if (above) scripts.push([above, base.width + (base.italic ?? 0), -up, scale]);
  return boxWith(base, scripts, { accent: undefined, italic: 0, isScripted: true, kind: base.kind === "space" ? "ord" : base.kind });
}

/** @param {Box} base @param {Box | null} below @param {Box | null} above @param {number} scale */
function withLimits(base, below, above, scale) {
  const width = Math.max(base.width, ...[below, above].map((limit) => (limit?.width ?? 0) * scale));
  /** @type {Placed[]} */
  const parts = [[base, (width - base.width) / 2, 0, 1]];
  if (below) parts.push([below, (width - below.width * scale) / 2, base.descent + fontConstant("lowerLimitGapMin") + below.ascent * scale, scale]);
  if (above) parts.push([above, (width - above.width * scale) / 2, -base.ascent - fontConstant("upperLimitGapMin") - above.descent * scale, scale]);
  return boxOf({ width, kind: base.kind }, parts);
}

/**
 * One sign, command or group, without its scripts; null for what is not seen.
 * @param {Reading} reading @param {number} level @returns {Box | null}
 */
function nucleusOf(reading, level) {
  const token = reading.tokens[reading.at];
  if (token === undefined || /^\s/.test(token)) {
    reading.at += 1;
    return null;
  }
  // too deep to be read further: the text it is
  if (reading.depth >= DEEPEST_GROUP) return wordBox(rawGroup(reading).slice(0, 80));
  reading.at += 1;
  reading.depth += 1;
  const box = token === "{" ? groupOf(reading, level) : token.startsWith("\\") ? commandBox(reading, token, level) : signBox(token);
  reading.depth -= 1;
  return box;
}

/** @param {Reading} reading @param {number} level */
function groupOf(reading, level) {
  const box = rowOf(reading, level);
  hasNext(reading, "}");
  return box;
}

/** @param {string} token */
function signBox(token) {
  if (token === "~") return spaceBox(250);
  return glyphBox(ownOf(theGlyphs().styles.italic, token) ?? PLAIN_SIGNS.get(token) ?? token);
}

/** @param {Reading} reading @param {string} command @param {number} level @returns {Box | null} */
function commandBox(reading, command, level) {
  const name = command.slice(1);
  const space = SPACE_COMMANDS.get(command);
  if (space !== undefined) return spaceBox(space);
  if (command === "\\frac") return fractionBox(reading, level);
  if (command === "\\sqrt") return rootBox(argumentOf(reading, level));
  if (command === "\\left") return fencedBox(reading, level);
  if (command === "\\begin") return tableBox(reading, level);
  if (command === "\\mathrm" || command === "\\text") return wordBox(rawGroup(reading));
  const style = STYLE_COMMANDS.get(command);
  if (style) return styledBox(rawGroup(reading), style);
  const accent = ACCENT_COMMANDS.get(command);
  if (accent) return accentedBox(argumentOf(reading, level), accent, /over|wide/.test(command));
  return namedBox(reading, name, level);
}

/**
 * A sign or a word that a command stands for; one that is not known is its name.
 * @param {Reading} reading @param {string} name @param {number} level @returns {Box}
 */
function namedBox(reading, name, level) {
  const { classes, large, limits, scripts, shapes, signs, words } = theGlyphs();
  if (!/^[A-Za-z]/.test(name)) return glyphBox(PLAIN_SIGNS.get(`\\${name}`) ?? name);
  const sign = ownOf(signs, name);
  if (!sign && !words.includes(name)) reading.unknown.push(name);
  if (!sign) return { ...wordBox(name), hasLimits: limits.includes(name) };
  if (scripts.includes(sign) && level >= SCRIPT_LEVEL) return glyphBox(`${sign}1`, "ord");
  if (!large.includes(sign)) return glyphBox(sign);
  const box = glyphBox(level === DISPLAY_LEVEL && shapes[`${sign}1`] ? `${sign}1` : sign, classes[sign]);
  return { ...box, ...centredOn(box), hasLimits: true };
}

/** What is moved up or down so that its middle is on the axis of signs. @param {Box} box @param {number} [down] what it is stretched by */
function centredOn(box, down = 1) {
  const axis = fontConstant("axisHeight");
  const half = ((box.ascent + box.descent) * down) / 2;
  const parts = /** @type {Box["parts"]} */ ([[box, 0, box.ascent * down - axis - half, 1, down]]);
  return { path: undefined, text: undefined, bar: undefined, parts, ascent: axis + half, descent: half - axis, accent: undefined };
}

/** Letters in another style. @param {string} text @param {string} style */
function styledBox(text, style) {
  const { signs, styles } = theGlyphs();
  const letters = text.match(/\\[A-Za-z]+|\S/gu) ?? [];
  const boxes = letters.map((letter) => {
    const name = letter.replace("\\", "");
    const found = ownOf(styles[style], name) ?? ownOf(styles.bold, name) ?? ownOf(signs, name);
    return { ...(found ? glyphBox(found) : wordBox(name)), kind: "ord" };
  });
  return sideBySide(boxes, DISPLAY_LEVEL);
}

// what has a form of its own

/** @param {Reading} reading @param {number} level */
function fractionBox(reading, level) {
  const inner = level === DISPLAY_LEVEL ? 1 : smallerLevel(level);
  const scale = level === DISPLAY_LEVEL ? 1 : scaleOfScripts(level);
  const [top, bottom] = [argumentOf(reading, inner), argumentOf(reading, inner)];
  const style = level === DISPLAY_LEVEL ? "DisplayStyle" : "";
  const [above, below] = style ? ["NumDisplayStyle", "DenomDisplayStyle"] : ["Numerator", "Denominator"];
  const thickness = fontConstant("fractionRuleThickness");
  const axis = fontConstant("axisHeight");
  const least = axis + thickness / 2 + fontConstant(`fraction${above}GapMin`) + top.descent * scale;
  const most = thickness / 2 - axis + fontConstant(`fraction${below}GapMin`) + bottom.ascent * scale;
  const up = Math.max(fontConstant(`fractionNumerator${style}ShiftUp`), least);
  const down = Math.max(fontConstant(`fractionDenominator${style}ShiftDown`), most);
  const width = Math.max(top.width, bottom.width) * scale;
  const middle = FRACTION_SPACE + width / 2;
  return boxOf({ width: width + 2 * FRACTION_SPACE }, [
    [top, middle - (top.width * scale) / 2, -up, scale],
    [bottom, middle - (bottom.width * scale) / 2, down, scale],
    [barBox(width, thickness), FRACTION_SPACE, thickness / 2 - axis, 1],
  ]);
}

/** @param {Box} inside */
function rootBox(inside) {
  const [gap, thickness] = [fontConstant("radicalVerticalGap"), fontConstant("radicalRuleThickness")];
  const height = inside.ascent + inside.descent + gap + thickness;
  const { sign, down } = grownSign("√", height);
  const top = inside.ascent + gap + thickness + Math.max((sign.ascent + sign.descent) * down - height, 0) / 2;
  const width = inside.width + (inside.italic ?? 0) + 40;
  return boxOf({}, [
    [stretchedBox(sign, 1, down), 0, sign.ascent * down - top, 1],
    [inside, sign.width, 0, 1],
    [barBox(width, thickness), sign.width - 8, thickness - top, 1],
  ]);
}

/** @param {Box} box @param {number} across @param {number} down @returns {Box} */
function stretchedBox(box, across, down) {
  const { width, ascent, descent, kind } = box;
  return { width: width * across, ascent: ascent * down, descent: descent * down, kind, parts: [[box, 0, 0, across, down]] };
}

/** The smallest form of a sign that is as high, or the largest, and what that is to be stretched by. @param {string} sign @param {number} height */
function grownSign(sign, height) {
  const { shapes } = theGlyphs();
  let [name, k] = [sign, 1];
  const heightOf = (/** @type {string} */ one) => (shapes[one] ? shapes[one][1] + shapes[one][2] : 900);
  while (heightOf(name) < height * 0.95 && shapes[`${sign}${k}`]) name = `${sign}${k++}`;
  return { sign: glyphBox(name, "ord"), down: Math.max(1, height / heightOf(name)) };
}

/** @param {Reading} reading @param {number} level */
function fencedBox(reading, level) {
  const opens = fenceOf(reading);
  const inside = rowOf(reading, level);
  return fencedBy(opens, inside, hasNext(reading, "\\right") ? fenceOf(reading) : "");
}

/** @param {Reading} reading @returns {string} */
function fenceOf(reading) {
  const token = reading.tokens[reading.at] ?? ".";
  reading.at += 1;
  return token === "." ? "" : PLAIN_SIGNS.get(token) ?? ownOf(theGlyphs().signs, token.slice(1)) ?? token.slice(-1);
}

/** @param {string} opens @param {Box} inside @param {string} closes @returns {Box} */
function fencedBy(opens, inside, closes) {
  const axis = fontConstant("axisHeight");
  const height = 2 * Math.max(inside.ascent - axis, inside.descent + axis);
  const fences = [opens, closes].map((sign) => {
    if (!sign) return spaceBox(0);
    const grown = grownSign(sign, height);
    return { ...grown.sign, ...centredOn(grown.sign, grown.down), kind: "ord" };
  });
  const [left, right] = fences;
  return boxOf({ kind: "inner" }, [[left, 0, 0, 1], [inside, left.width, 0, 1], [right, left.width + inside.width, 0, 1]]);
}

/** @param {Box} base @param {string} accent @param {boolean} isWide */
function accentedBox(base, accent, isWide) {
  const isGlyph = base.accent !== undefined;
  const middle = isGlyph && !isWide ? (base.accent ?? 0) : base.width / 2;
  const bottom = base.ascent + ACCENT_GAP;
  const told = { italic: base.italic, accent: base.accent, width: base.width, kind: base.kind };
  if (accent === "bar") {
    const width = isWide ? base.width : Math.min(Math.max(base.width * 0.75, 300), 520);
    return boxWith(base, [[barBox(width, 52), middle - width / 2, -bottom, 1]], told);
  }
  const plain = theGlyphs().accents[accent] ?? "";
  const wide = isWide && !isGlyph ? [3, 2, 1].map((k) => `${plain}${k}`).find((name) => theGlyphs().shapes[name]?.[0] <= base.width) : undefined;
  const sign = glyphBox(wide ?? plain);
  const across = wide ? base.width / sign.width : 1;
  const part = { ...stretchedBox(sign, across, 1), width: 0 };
  return boxWith(base, [[part, middle - (sign.accent ?? 0) * across, -bottom - sign.descent, 1]], told);
}

/** A table: `bmatrix`, `cases`, `aligned`, `array`. @param {Reading} reading @param {number} level */
function tableBox(reading, level) {
  const name = rawGroup(reading);
  if (name === "array") rawGroup(reading);
  const isAligned = name === "aligned";
  /** @type {Box[][]} */
  const rows = [[]];
  for (;;) {
    const row = rows[rows.length - 1];
    // a sign that begins a right side has a left side, in the cell before
    row.push(rowOf(reading, isAligned ? level : Math.max(level, 1), isAligned && row.length % 2 ? [boxOf({}, [])] : []));
    if (hasNext(reading, "\\\\")) rows.push([]);
    else if (!hasNext(reading, "&")) break;
  }
  if (hasNext(reading, "\\end")) rawGroup(reading);
  if (rows.length > 1 && rows[rows.length - 1].length === 1 && !rows[rows.length - 1][0].width) rows.pop();
  const isCases = name === "cases";
  const gapAfter = (/** @type {number} */ k) => (isAligned ? (k % 2 ? 1000 : 0) : isCases ? 1000 : 890);
  const alignOf = (/** @type {number} */ k) => (isAligned ? (k % 2 ? 0 : 1) : isCases ? 0 : 0.5);
  const table = gridBox(rows, gapAfter, alignOf, isAligned ? ALIGNED_SPACE : ROW_SPACE);
  const fences = TABLE_FENCES.get(name);
  const inside = isCases ? boxOf({}, [[table, 110, 0, 1]]) : table;
  return fences ? fencedBy(fences[0], inside, fences.slice(1)) : table;
}

/** @param {Box[][]} rows @param {ByColumn} gapAfter @param {ByColumn} alignOf 0 left, 1 right @param {number} apart */
function gridBox(rows, gapAfter, alignOf, apart) {
  const count = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const widths = Array.from({ length: count }, (_, k) => rows.reduce((most, row) => Math.max(most, row[k]?.width ?? 0), 0));
  const heights = rows.map((row) => row.reduce((most, box) => [Math.max(most[0], box.ascent), Math.max(most[1], box.descent)], [0, 0]));
  const total = heights.reduce((sum, [up, down]) => sum + up + down, apart * (rows.length - 1));
  let y = -fontConstant("axisHeight") - total / 2;
  /** @type {Placed[]} */
  const parts = [];
  rows.forEach((row, r) => {
    let x = 0;
    y += heights[r][0];
    row.forEach((box, k) => {
      parts.push([box, x + (widths[k] - box.width) * alignOf(k), y, 1]);
      x += widths[k] + gapAfter(k);
    });
    y += heights[r][1] + apart;
  });
  const width = widths.reduce((sum, own, k) => sum + own + (k ? gapAfter(k - 1) : 0), 0);
  return boxOf({ width }, parts);
}
