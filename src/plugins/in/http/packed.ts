// What a request brought, in the bytes that its batches will have: records as JavaScript objects take twenty times their JSON, and how much
// room they need would not be known. A large request becomes several pieces, each of the size a batch has: what stands behind has to find
// room to write them.
import { ValueWriter } from "#dataplane/msgpack.ts";
import type { Content, TimedRecord } from "./content.ts";

export interface Packed {
  readonly form: "lines" | "entries";
  readonly pieces: readonly Piece[];
  readonly bytes: number;
  readonly rows: number;
}

export interface Piece {
  readonly bytes: Buffer;
  readonly rows: number;
}

const PIECE_BYTES = 1 << 20;
const PIECE_ROWS = 16_384;
/** Empty lines of a piece of 1 MB would take more as JSON than all memory has. */
export const PIECE_LINES = 65_536;
const FIRST_BYTES = 1024;
const NEWLINE = 10;

/** Records without a time of their own have that of now. */
export function packed(content: Content, nowMs: number): Packed {
  const pieces = content.kind === "lines" ? [...linePieces(content.text)] : [...recordPieces(content.records, nowMs)];
  const sum = (of: (piece: Piece) => number): number => pieces.reduce((total, piece) => total + of(piece), 0);
  return { form: content.kind === "lines" ? "lines" : "entries", pieces, bytes: sum(({ bytes }) => bytes.length), rows: sum(({ rows }) => rows) };
}

/** Whole lines; one that is longer than a piece should be is one. */
function* linePieces(text: Buffer): Generator<Piece> {
  for (let from = 0; from < text.length; ) {
    let end = text.indexOf(NEWLINE, from) + 1;
    let rows = 1;
    for (; rows < PIECE_LINES && end < text.length; rows += 1) {
      const next = text.indexOf(NEWLINE, end) + 1;
      if (PIECE_BYTES < next - from) break;
      end = next;
    }
    yield { bytes: text.subarray(from, end), rows };
    from = end;
  }
}

function* recordPieces(records: Iterable<TimedRecord>, nowMs: number): Generator<Piece> {
  let writer = ValueWriter.growing(FIRST_BYTES);
  let rows = 0;
  for (const { record, timeMs = nowMs } of records) {
    const seconds = Math.floor(timeMs / 1000);
    writer.entry(seconds, Math.round((timeMs - seconds * 1000) * 1e6), record);
    rows += 1;
    if (writer.end < PIECE_BYTES && rows < PIECE_ROWS) continue;
    yield { bytes: writer.buffer.subarray(0, writer.end), rows };
    writer = ValueWriter.growing(FIRST_BYTES);
    rows = 0;
  }
  if (0 < rows) yield { bytes: writer.buffer.subarray(0, writer.end), rows };
}
