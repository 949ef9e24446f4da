// What filter.Reform does to a batch: texts are put together row by row, each write seeing the ones before it.
import { hostname, networkInterfaces } from "node:os";
import type { Batch } from "#dataplane/batch.ts";
import { FieldTexts } from "../parts/field-texts.ts";
import { readPlaceholders } from "../parts/placeholders.ts";
import type { Piece } from "../parts/placeholders.ts";
import { rewriteFields } from "../parts/rewrite-fields.ts";

type Part = string | ((row: number, written: readonly string[]) => string);

export class Reformer {
  readonly #writes: readonly { readonly key: string; readonly pieces: readonly Piece[] }[];
  /** Keys that are set in the end, and by which write. */
  readonly #last: ReadonlyMap<string, number>;
  readonly #gone: ReadonlySet<string>;
  readonly #hostname = hostname();
  readonly #address = firstAddress();

  constructor(writes: readonly (readonly [string, string])[], deleted: readonly string[]) {
    this.#writes = writes.map(([key, text]) => ({ key, pieces: readPlaceholders(text) }));
    this.#gone = new Set([...writes.map(([key]) => key), ...deleted]);
    this.#last = new Map(writes.map(([key], index) => [key, index] as const).filter(([key]) => !deleted.includes(key)));
  }

  /** Consumes the batch. */
  apply(batch: Batch): Batch {
    const texts = this.#writes.map(({ pieces }, index) => this.#parts(batch, pieces, index));
    const written: string[] = [];
    let current = -1;
    const value = (row: number, index: number): string => {
      if (row !== current) {
        current = row;
        for (const [write, parts] of texts.entries()) {
          let text = "";
          for (const part of parts) text += typeof part === "string" ? part : part(row, written);
          written[write] = text;
        }
      }
      return written[index] ?? "";
    };
    const added = [...this.#last].map(([name, index]) => ({ name, value: (row: number) => value(row, index) }));
    return rewriteFields(batch, { nameOf: (name) => (this.#gone.has(name) ? undefined : name), added });
  }

  /** What a batch says is text already; what a row says is left to ask for. */
  #parts(batch: Batch, pieces: readonly Piece[], index: number): Part[] {
    return pieces.map((piece): Part => {
      switch (piece.kind) {
        case "text":
          return piece.text;
        case "tag":
          return batch.tag;
        case "tag_parts":
          return batch.tag.split(".").at(piece.index) ?? "";
        case "tag_prefix":
          return runs(batch.tag, (parts, count) => parts.slice(0, count)).at(piece.index) ?? "";
        case "tag_suffix":
          return runs(batch.tag, (parts, count) => parts.slice(-count)).at(piece.index) ?? "";
        case "hostname":
          return this.#hostname;
        case "hostaddr":
          return this.#address;
        case "hostaddr_parts":
          return this.#address.split(/[.:]/).at(piece.index) ?? "";
        case "time":
          return (row) => isoTime(batch.timeMs(row));
        case "record": {
          const earlier = this.#writes.findLastIndex(({ key }, write) => write < index && key === piece.key);
          if (earlier !== -1) return (_row, written) => written[earlier] ?? "";
          const field = new FieldTexts(batch, piece.key);
          return (row) => field.text(row) ?? "";
        }
      }
    });
  }
}

/** One part, two, and so on, each joined by dots. */
function runs(tag: string, cut: (parts: readonly string[], count: number) => readonly string[]): string[] {
  const parts = tag.split(".");
  return parts.map((_, index) => cut(parts, index + 1).join("."));
}

function isoTime(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

/** The machine's first address that others can reach: IPv4 before IPv6, the loopback address where there is no other. */
function firstAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []).filter(({ internal }) => !internal);
  return (addresses.find(({ family }) => family === "IPv4") ?? addresses[0])?.address ?? "127.0.0.1";
}
