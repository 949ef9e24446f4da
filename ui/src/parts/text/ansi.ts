// Text with the colours of a terminal, as programs print it: taken apart into pieces, each with the names of its classes. What else a terminal
// obeys (cursor moves, titles, bells) is left out, for here it would be noise. Classes, not styles: the page's security policy allows no inline style.

export interface StyledText {
  readonly text: string;
  /** Separated by spaces; empty for plain text. */
  readonly classes: string;
}

interface Style {
  readonly colour?: number;
  readonly background?: number;
  readonly marks: readonly Mark[];
}

type Mark = "bold" | "faint" | "italic" | "underlined" | "inverse" | "struck";

const PLAIN: Style = { marks: [] };
const PIECES_MAX = 200;
// eslint-disable-next-line no-control-regex -- Escape sequences begin with a control character.
const ESCAPES = /\u001b(?:\[([0-9;:?<=>]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])|[\u0000-\u0008\u000b-\u001a\u007f]/g;

export function styledTexts(text: string): readonly StyledText[] {
  if (!hasControls(text)) return [{ text, classes: "" }];
  const pieces: StyledText[] = [];
  let style = PLAIN;
  let from = 0;
  const add = (piece: string): void => {
    if (piece !== "") pieces.push({ text: piece, classes: classesOf(style) });
  };
  for (const found of text.matchAll(ESCAPES)) {
    add(text.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[2] === "m") style = styleAfter(style, found[1] ?? "");
    if (PIECES_MAX <= pieces.length) break;
  }
  add(PIECES_MAX <= pieces.length ? withoutStyles(text.slice(from)) : text.slice(from));
  return pieces;
}

/** The text alone: for copying, and for finding words in it. */
export function withoutStyles(text: string): string {
  return hasControls(text) ? text.replace(ESCAPES, "") : text;
}

/** Most lines have none, and this is asked of each. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 127 || (code < 32 && code !== 9 && code !== 10)) return true;
  }
  return false;
}

const MARKS: Readonly<Record<number, Mark>> = { 1: "bold", 2: "faint", 3: "italic", 4: "underlined", 7: "inverse", 9: "struck" };
const ENDS: Readonly<Record<number, readonly Mark[]>> = { 22: ["bold", "faint"], 23: ["italic"], 24: ["underlined"], 27: ["inverse"], 29: ["struck"] };

function styleAfter(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  let style = before;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, taken } = wideColour(codes.slice(at + 1));
      at += taken;
      if (colour !== undefined) style = code === 38 ? { ...style, colour } : { ...style, background: colour };
    } else style = styleWith(style, code);
  }
  return style;
}

function styleWith(style: Style, code: number): Style {
  const { colour, background, ...rest } = style;
  const mark = MARKS[code];
  const ends = ENDS[code];
  if (code === 0) return PLAIN;
  if (mark !== undefined) return { ...style, marks: style.marks.includes(mark) ? style.marks : [...style.marks, mark] };
  if (ends !== undefined) return { ...style, marks: style.marks.filter((one) => !ends.includes(one)) };
  if (30 <= code && code <= 37) return { ...style, colour: code - 30 };
  if (90 <= code && code <= 97) return { ...style, colour: code - 82 };
  if (40 <= code && code <= 47) return { ...style, background: code - 40 };
  if (100 <= code && code <= 107) return { ...style, background: code - 92 };
  if (code === 39) return background === undefined ? rest : { ...rest, background };
  if (code === 49) return colour === undefined ? rest : { ...rest, colour };
  return style;
}

/** One of 256 colours, or one in three parts: the nearest of the sixteen that have a class, readable in each theme. */
function wideColour(codes: readonly number[]): { readonly colour: number | undefined; readonly taken: number } {
  if (codes[0] === 5) return { colour: sixteenOf256(codes[1] ?? 0), taken: 2 };
  if (codes[0] === 2) return { colour: sixteenOf(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), taken: 4 };
  return { colour: undefined, taken: 0 };
}

function sixteenOf256(number: number): number {
  if (number < 16) return number;
  if (232 <= number) return sixteenOf((number - 232) * 10 + 8, (number - 232) * 10 + 8, (number - 232) * 10 + 8);
  const level = (part: number): number => (part === 0 ? 0 : 55 + part * 40);
  const inCube = number - 16;
  return sixteenOf(level(Math.floor(inCube / 36)), level(Math.floor(inCube / 6) % 6), level(inCube % 6));
}

function sixteenOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 50 ? 0 : most < 140 ? 8 : most < 220 ? 7 : 15;
  const middle = (most + least) / 2;
  const bits = (middle < red ? 1 : 0) + (middle < green ? 2 : 0) + (middle < blue ? 4 : 0);
  return bits + (200 < most ? 8 : 0);
}

function classesOf({ colour, background, marks }: Style): string {
  return [...(colour === undefined ? [] : [`ansi-${colour}`]), ...(background === undefined ? [] : [`ansi-on-${background}`]), ...marks.map((mark) => `ansi-${mark}`)].join(" ");
}
