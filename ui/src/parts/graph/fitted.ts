// Text in SVG does not end by itself where its box ends: it is cut where it would, and never inside a syllable.
const known = new Map<string, string>();
const KNOWN_MAX = 5000;
let pen: CanvasRenderingContext2D | null | undefined;

export function fitted(text: string, pixels: number, size: number): string {
  const key = `${size} ${pixels} ${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size > KNOWN_MAX) known.clear();
  const cut = cutTo(text, pixels, size);
  known.set(key, cut);
  return cut;
}

function cutTo(text: string, pixels: number, size: number): string {
  pen ??= document.createElement("canvas").getContext("2d");
  if (pen === null) return text;
  pen.font = `${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
  if (pen.measureText(text).width <= pixels) return text;
  const letters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text.slice(0, 400))].map(({ segment }) => segment);
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${letters.slice(0, middle).join("")}…`).width <= pixels) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("")}…`;
}
