// How many terminal cells a text takes: two for Hangul, CJK and emoji, none for what combines with the character before it
// (accents, conjoining jamo behind a leading consonant).

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF\uD7B0-\uD7FF]/u;

export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += widthOf(character);
  return cells;
}

/** The text with tabs turned into blanks (stops every four cells) and control characters into something harmless. */
export function printable(text: string, from = 0): string {
  let cells = from;
  let shown = "";
  for (const character of text) {
    const piece = character === "\t" ? " ".repeat(4 - (cells % 4)) : isControl(character) ? "�" : character;
    cells += cellsOf(piece);
    shown += piece;
  }
  return shown;
}

function isControl(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 || (0x7f <= code && code < 0xa0);
}

/** The text in lines of at most `width` cells, broken between words: Korean words stay whole too. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || cellsOf(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO.test(character)) return 0;
  return isWide(code) ? 2 : 1;
}

/** East Asian Width "W" and "F" of Unicode, in the ranges that matter to people's logs and configs. */
function isWide(code: number): boolean {
  return (
    (0x1100 <= code && code <= 0x115f) || // leading jamo
    (0x2e80 <= code && code <= 0x303e) || // CJK radicals and punctuation
    (0x3041 <= code && code <= 0x33ff) || // kana, compatibility jamo, enclosed letters
    (0x3400 <= code && code <= 0x4dbf) ||
    (0x4e00 <= code && code <= 0xa4cf) ||
    (0xa960 <= code && code <= 0xa97f) ||
    (0xac00 <= code && code <= 0xd7a3) || // Hangul syllables
    (0xf900 <= code && code <= 0xfaff) ||
    (0xfe30 <= code && code <= 0xfe6f) ||
    (0xff01 <= code && code <= 0xff60) || // full-width forms
    (0xffe0 <= code && code <= 0xffe6) ||
    (0x1f300 <= code && code <= 0x1f64f) || // emoji
    (0x1f680 <= code && code <= 0x1f6ff) ||
    (0x1f900 <= code && code <= 0x1f9ff) ||
    (0x20000 <= code && code <= 0x3fffd)
  );
}
