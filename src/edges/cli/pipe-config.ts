// Turns the steps of a pipe string into a config text, and remembers which piece of the string each piece of the text came from:
// whatever the config check finds is then shown in what the user wrote.
import { parseDocument } from "yaml";
import type { PipeOption, PipeStep, Piece } from "#kernel/config/pipe-string.ts";

export interface PipeConfig {
  readonly text: string;
  /** The piece that stands at a place of the text (both count from 1). */
  pieceAt(line: number, column: number): Piece | undefined;
}

interface Mark {
  readonly line: number;
  readonly from: number;
  readonly piece: Piece;
}

export const PIPELINE_NAME = "try";

/** `shorthandOf` names the option that the bare argument of a plugin stands for, if it takes one. */
export async function pipeConfig(steps: readonly PipeStep[], shorthandOf: (plugin: string) => Promise<string | undefined>): Promise<PipeConfig> {
  const writer = new Writer();
  writer.line("pipelines:");
  writer.line(`  ${PIPELINE_NAME}:`);
  for (const step of steps) writeStep(writer, step, step.bare === undefined ? undefined : await shorthandOf(step.plugin.text));
  return {
    text: writer.text(),
    pieceAt: (line, column) => writer.marks.findLast((mark) => mark.line === line && mark.from <= column)?.piece ?? writer.marks.findLast((mark) => mark.line <= line)?.piece,
  };
}

function writeStep(writer: Writer, { plugin, bare, options }: PipeStep, shorthand: string | undefined): void {
  writer.begin("    - ");
  writer.piece(plugin, keyText(plugin.text));
  if (bare === undefined && options.length === 0) return writer.end();
  writer.add(":");
  if (bare !== undefined && (options.length === 0 || shorthand === undefined)) {
    writer.add(" ");
    writer.piece(bare, valueText(bare));
    // Without a name for the bare argument there is no place for options beside it: the check says that it cannot stand there.
    return writer.end();
  }
  writer.end();
  if (bare !== undefined && shorthand !== undefined) writer.pair(8, bare, shorthand, valueText(bare), bare);
  writeOptions(writer, options, 8);
}

/** Options in the order given: repeated ones as a list, those with dots as maps. */
function writeOptions(writer: Writer, options: readonly PipeOption[], indent: number): void {
  const groups = new Map<string, PipeOption[]>();
  for (const option of options) {
    const key = option.path[0] ?? "";
    groups.set(key, [...(groups.get(key) ?? []), option]);
  }
  for (const [key, group] of groups) {
    const [first] = group;
    if (first === undefined) continue;
    const inside = group.filter(({ path }) => path.length > 1);
    if (inside.length > 0) {
      writer.begin(" ".repeat(indent));
      writer.piece(first.name, `${keyText(key)}:`);
      writer.end();
      writeOptions(writer, inside.map((option) => ({ ...option, path: option.path.slice(1) })), indent + 2);
    } else if (group.length === 1 && first.isList !== true) writer.pair(indent, first.name, key, first.value === undefined ? "true" : first.isMap === true ? mapText(first.value) : valueText(first.value), first.value ?? first.name);
    else {
      writer.begin(" ".repeat(indent));
      writer.piece(first.name, `${keyText(key)}:`);
      writer.end();
      for (const { name, key: keyPiece, value } of group) {
        writer.begin(`${" ".repeat(indent + 2)}- `);
        const text = value === undefined ? "true" : valueText(value);
        writer.piece(value ?? name, keyPiece === undefined ? text : JSON.stringify([keyPiece.text, value?.text]));
        writer.end();
      }
    }
  }
}

/** What was written bare keeps its YAML meaning (30 is a number); what was quoted, or would mean something else in YAML, is a text. */
function valueText({ text, isQuoted }: Piece): string {
  const isPlain = /^[\p{L}\p{N}_./\\+~-][\p{L}\p{N}_./\\+:@%*?=~,;()-]*$/u.test(text) && !/:$|^-+$|^---|^\.\.\.$/.test(text);
  return !isQuoted && isPlain ? text : JSON.stringify(text);
}

/** A map that cannot be read stays a text, which the check then says is none. */
function mapText(piece: Piece): string {
  const document = parseDocument(piece.text, { prettyErrors: false, logLevel: "silent" });
  return document.errors.length === 0 ? JSON.stringify(document.toJS({ maxAliasCount: 0 })) : valueText(piece);
}

function keyText(text: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(text) ? text : JSON.stringify(text);
}

class Writer {
  readonly marks: Mark[] = [];
  readonly #lines: string[] = [];
  #current = "";

  line(text: string): void {
    this.#lines.push(text);
  }
  begin(text: string): void {
    this.#current = text;
  }
  add(text: string): void {
    this.#current += text;
  }
  piece(piece: Piece, text: string): void {
    this.marks.push({ line: this.#lines.length + 1, from: this.#current.length + 1, piece });
    this.#current += text;
  }
  pair(indent: number, keyPiece: Piece, key: string, value: string, valuePiece: Piece): void {
    this.begin(" ".repeat(indent));
    this.piece(keyPiece, `${keyText(key)}: `);
    this.piece(valuePiece, value);
    this.end();
  }
  end(): void {
    this.#lines.push(this.#current);
  }
  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
