// What the place we print to can show, decided once: colours, symbols beyond ASCII, width. Data goes to stdout, talk to stderr.

import { cellsOf } from "#kernel/config/cells.ts";

export type ColorChoice = "auto" | "always" | "never";

export interface Terminal {
  readonly hasColor: boolean;
  /** ✓ and ─ can be shown; Korean consoles of Windows (code page 949) cannot. */
  readonly hasUnicode: boolean;
  readonly columns: number;
  /** Whether a person looks at stdout. */
  readonly isInteractive: boolean;
  print(text: string): void;
  talk(text: string): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function createTerminal(color: ColorChoice, environment: Environment = process.env): Terminal {
  return {
    hasColor: canColor(color, environment, process.stderr.isTTY === true && process.stdout.isTTY !== false),
    hasUnicode: canUnicode(environment, process.platform),
    columns: process.stdout.columns || 100, // A pseudo-terminal without a size says 0.
    isInteractive: process.stdout.isTTY === true,
    // To a file or another program data go as they are.
    print: (text) => void process.stdout.write(`${process.stdout.isTTY === true ? harmless(text) : text}\n`),
    talk: (text) => void process.stderr.write(`${harmless(text)}\n`),
  };
}

/** `--color` decides; else NO_COLOR and FORCE_COLOR (https://no-color.org, https://force-color.org); else whether it is a terminal. */
export function canColor(choice: ColorChoice, environment: Environment, isTerminal: boolean): boolean {
  if (choice !== "auto") return choice === "always";
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  if ((environment["FORCE_COLOR"] ?? "") !== "") return environment["FORCE_COLOR"] !== "0";
  return isTerminal && environment["TERM"] !== "dumb";
}

export function canUnicode(environment: Environment, platform: NodeJS.Platform): boolean {
  if (platform === "win32") return environment["WT_SESSION"] !== undefined || environment["TERM_PROGRAM"] === "vscode" || environment["ConEmuTask"] !== undefined;
  if (environment["TERM"] === "linux") return false; // The kernel's own console has few glyphs.
  const charset = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return !charset.includes(".") || /utf-?8/i.test(charset);
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  /** Meaning is never by colour or symbol alone: the mark stands before a word. */
  readonly mark: { readonly ok: string; readonly bad: string; readonly warn: string; readonly skip: string };
}

export function styleOf({ hasColor, hasUnicode }: Pick<Terminal, "hasColor" | "hasUnicode">): Style {
  const paint = (code: number) => (text: string) => (hasColor ? `\x1b[${code}m${text}\x1b[0m` : text);
  const [red, green, yellow] = [paint(31), paint(32), paint(33)];
  const mark = hasUnicode ? { ok: green("✓"), bad: red("✗"), warn: yellow("!"), skip: "–" } : { ok: green("[OK]"), bad: red("[X]"), warn: yellow("[!]"), skip: "[-]" };
  return { bold: paint(1), dim: paint(2), red, green, yellow, cyan: paint(36), mark };
}

const COLUMN_GAP = "  ";

/** Of each column, its widest cell, without colours. */
export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cellsOf(plain(cell)));
  return widths;
}

/** How wide a line of a table with these columns is. */
export function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + COLUMN_GAP.length, -COLUMN_GAP.length);
}

/** Columns padded to their widest cell; the first row is the head. Columns listed in `right` are numbers. */
export function tableLines(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = " ".repeat((widths[column] ?? 0) - cellsOf(plain(cell)));
        return right.includes(column) ? padding + cell : cell + padding;
      })
      .join(COLUMN_GAP)
      .trimEnd(),
  );
}

/**
 * Without what a terminal would obey but colours: it could rename the window, write elsewhere on the screen, turn words around, or type for the reader. Lines hold
 * names, logs, and words of agents elsewhere, which may be anybody's.
 */
export function harmless(text: string): string {
  return text.replace(/\x1b(?!\[[0-9;]*m)|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "�");
}

/** Without colours. */
export function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
