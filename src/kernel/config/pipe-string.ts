// Reads the one-line pipelines of `dure try` and of `sources:` and `matches:`: steps between `|`, each a plugin's name, then options as
// on a command line.
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
  /** Of an option that takes a list of names and values, `--write KEY VALUE`: the name. */
  readonly key?: Piece;
  /** The option takes a list, also when it stands once. */
  readonly isList?: boolean;
  /** The value spells a whole map: `--set '{a: r.b}'`. */
  readonly isMap?: boolean;
}

/** What options of a plugin are called and take on the command line. */
export interface Flags {
  /** `n` for `-n`, and long names that are spelled in another way, to the option's own name. */
  readonly names: ReadonlyMap<string, string>;
  /** How those take values that take more than one word or none; all others take one. */
  readonly takes: ReadonlyMap<string, "list" | "pairs" | "map" | "nothing">;
}

const NO_FLAGS: Flags = { names: new Map(), takes: new Map() };

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
  readonly kind: "quote" | "empty" | "step" | "second-bare" | "option-name" | "pair" | "sub-command" | "tag" | "tag-end" | "above-0";
  constructor(kind: PipeError["kind"], start: number, end: number) {
    super(`${kind} at ${start}`);
    this.kind = kind;
    this.start = start;
    this.end = Math.max(end, start + 1);
  }
}

/** The words of each step, of which there is at least one. */
export function splitPipe(pipe: string): Piece[][] {
  if (pipe.trim() === "") throw new PipeError("empty", 0, pipe.length);
  return splitSteps(pipe).map(({ pieces, at }) => {
    if (pieces.length === 0) throw new PipeError("step", at, at + 1);
    return pieces;
  });
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

/** A step of its words. */
export function stepOf([plugin, ...rest]: readonly Piece[], flags: Flags = NO_FLAGS): PipeStep {
  if (plugin === undefined) throw new PipeError("empty", 0, 1);
  let bare: Piece | undefined;
  const options: PipeOption[] = [];
  const words = new Words(rest);
  for (let piece = words.next(); piece !== undefined; piece = words.next()) {
    if (isOption(piece)) options.push(readOption(piece, words, flags));
    else if (bare === undefined) bare = piece;
    else throw new PipeError("second-bare", piece.start, piece.end);
  }
  return { plugin, bare, options: lastOfEach(options) };
}

/** `write.tag` given twice means the second; an option without a key may stand as often as one likes. */
function lastOfEach(options: readonly PipeOption[]): PipeOption[] {
  const isSame = (a: PipeOption, b: PipeOption) => a.key !== undefined && a.key.text === b.key?.text && a.path[0] === b.path[0];
  return options.filter((option, index) => option.isList === true || !options.slice(index + 1).some((later) => isSame(option, later)));
}

class Words {
  readonly #pieces: readonly Piece[];
  #index = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  next(): Piece | undefined {
    return this.#pieces[this.#index++];
  }

  /** The next word if it is no option. */
  value(isFit: (piece: Piece) => boolean = () => true): Piece | undefined {
    const piece = this.#pieces[this.#index];
    if (piece === undefined || isOption(piece) || !isFit(piece)) return undefined;
    this.#index += 1;
    return piece;
  }
}

function readOption(piece: Piece, words: Words, { names, takes }: Flags): PipeOption {
  const equals = piece.text.indexOf("=");
  const name = equals === -1 ? piece : { ...piece, text: piece.text.slice(0, equals), end: piece.start + equals };
  const isShort = !name.text.startsWith("--");
  const written = name.text.slice(isShort ? 1 : 2);
  const own = names.get(written) ?? names.get(written.replaceAll("-", "_"));
  // A short option that nobody knows keeps its dash, so that what is said of it is what was written.
  const path = own === undefined ? (isShort ? [name.text] : written.replaceAll("-", "_").split(".")) : [own];
  if (path.includes("")) throw new PipeError("option-name", piece.start, piece.end);
  const glued = equals === -1 ? undefined : { ...piece, text: piece.text.slice(equals + 1), start: Math.min(piece.start + equals + 1, piece.end - 1) };
  const kind = path.length === 1 ? takes.get(path[0] ?? "") : undefined;
  if (kind === "nothing") return { path, name, value: glued ?? words.value(({ text }) => text === "true" || text === "false") };
  if (kind !== "pairs" && kind !== "map") return { path, name, value: glued ?? words.value(), ...(kind === "list" ? { isList: true } : {}) };
  const key = glued ?? words.value();
  if (key?.text.startsWith("{") === true) return { path, name, value: key, isMap: true };
  const value = words.value();
  if (key === undefined || value === undefined) throw new PipeError("pair", name.start, (key ?? name).end);
  return kind === "pairs" ? { path, name, key, value, isList: true } : { path: [...path, key.text], name, key, value };
}

function isOption({ text, isQuoted }: Piece): boolean {
  if (/^-[A-Za-z](?:=|$)/.test(text)) return !isQuoted || text.includes("=");
  return text.startsWith("--") && !(isQuoted && !text.includes("="));
}
