// Reads the one-line pipelines of `dure try`: steps between `|`, each a plugin's name, then options as on a command line.
//   in.FakeData --type people --locale ko | filter.Where "r.age > 30" | out.Stdout
// Quotes keep blanks and bars together. Every piece knows where it stood, so that a problem can point at it.

export interface Piece {
  readonly text: string;
  /** Written in quotes, at least partly: it is a text whatever it looks like. */
  readonly isQuoted: boolean;
  readonly start: number;
  readonly end: number;
}

export interface PipeOption {
  /** As configs spell it: `--poll-every` is `poll_every`, `--tls.ca` is `tls`, `ca`. */
  readonly path: readonly string[];
  readonly name: Piece;
  /** undefined: a flag. */
  readonly value: Piece | undefined;
}

export interface PipeStep {
  readonly plugin: Piece;
  /** The bare argument behind the name. */
  readonly bare: Piece | undefined;
  readonly options: readonly PipeOption[];
}

export class PipeError extends Error {
  override readonly name = "PipeError";
  readonly start: number;
  readonly end: number;
  readonly kind: "quote" | "empty" | "step" | "second-bare" | "option-name";
  constructor(kind: PipeError["kind"], start: number, end: number) {
    super(`${kind} at ${start}`);
    this.kind = kind;
    this.start = start;
    this.end = Math.max(end, start + 1);
  }
}

export function parsePipe(pipe: string): PipeStep[] {
  if (pipe.trim() === "") throw new PipeError("empty", 0, pipe.length);
  return splitSteps(pipe).map(({ pieces, at }) => stepOf(pieces, at));
}

interface Segment {
  readonly pieces: Piece[];
  /** Where the step would have begun: to point at when there is nothing. */
  readonly at: number;
}

function splitSteps(pipe: string): Segment[] {
  const segments: Segment[] = [{ pieces: [], at: 0 }];
  let index = 0;
  while (index < pipe.length) {
    const character = pipe[index] ?? "";
    if (/\s/.test(character)) index += 1;
    else if (character === "|") segments.push({ pieces: [], at: (index += 1) - 1 });
    else {
      const piece = readPiece(pipe, index);
      segments.at(-1)?.pieces.push(piece);
      index = piece.end;
    }
  }
  return segments;
}

/** One word. A backslash is itself (paths, patterns) unless it stands before a quote, a bar or a blank. */
function readPiece(pipe: string, start: number): Piece {
  let text = "";
  let isQuoted = false;
  let index = start;
  while (index < pipe.length) {
    const character = pipe[index] ?? "";
    const next = pipe[index + 1];
    if (character === "|" || /\s/.test(character)) break;
    if (character === "'" || character === '"') {
      const inside = readQuoted(pipe, index);
      text += inside.text;
      isQuoted = true;
      index = inside.end;
    } else if (character === "\\" && next !== undefined && /["'|\s]/.test(next)) {
      text += next;
      isQuoted = true;
      index += 2;
    } else {
      text += character;
      index += 1;
    }
  }
  return { text, isQuoted, start, end: index };
}

/** As in a shell: nothing is special in single quotes; in double quotes a backslash takes the meaning from `"` and `\`. */
function readQuoted(pipe: string, start: number): { readonly text: string; readonly end: number } {
  const quote = pipe[start];
  let text = "";
  for (let index = start + 1; index < pipe.length; index += 1) {
    const character = pipe[index] ?? "";
    if (character === quote) return { text, end: index + 1 };
    const next = pipe[index + 1];
    if (quote === '"' && character === "\\" && (next === '"' || next === "\\")) {
      text += next;
      index += 1;
    } else text += character;
  }
  throw new PipeError("quote", start, pipe.length);
}

function stepOf(pieces: readonly Piece[], at: number): PipeStep {
  const [plugin, ...rest] = pieces;
  if (plugin === undefined) throw new PipeError("step", at, at + 1);
  let bare: Piece | undefined;
  const options: PipeOption[] = [];
  for (let index = 0; index < rest.length; index += 1) {
    const piece = rest[index] as Piece;
    if (!isOption(piece)) {
      if (bare !== undefined) throw new PipeError("second-bare", piece.start, piece.end);
      bare = piece;
      continue;
    }
    const equals = piece.text.indexOf("=");
    const name = equals === -1 ? piece : { ...piece, text: piece.text.slice(0, equals), end: piece.start + equals };
    const path = name.text.slice(2).replaceAll("-", "_").split(".");
    if (path.includes("")) throw new PipeError("option-name", piece.start, piece.end);
    let value: Piece | undefined;
    if (equals !== -1) value = { ...piece, text: piece.text.slice(equals + 1), start: piece.start + equals + 1 };
    else if (index + 1 < rest.length && !isOption(rest[index + 1] as Piece)) value = rest[(index += 1)];
    options.push({ path, name, value });
  }
  return { plugin, bare, options };
}

function isOption(piece: Piece): boolean {
  return piece.text.startsWith("--") && !(piece.isQuoted && !piece.text.includes("="));
}
