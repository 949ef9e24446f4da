// The inner loops of the data plane. Two implementations answer to this interface and to one differential
// fuzz test: `kernels-wasm.ts` (AssemblyScript, SIMD) and `kernels-plain.ts` (TypeScript, the fallback and oracle).
//
// All arguments are byte offsets into the same memory, lengths in bytes, or numbers. A kernel never allocates:
// the caller gives room (bounds stated below). Kernels may read up to 16 bytes past a span and write up to 16
// bytes past what they return, so every chunk has that much slack at its end (see memory.ts).

export interface Kernels {
  readonly name: "wasm" | "plain";

  /** Newlines (0x0A) in the span. */
  countLines(pointer: number, length: number): number;
  /** Extra bytes JSON needs to escape the span: 1 for `"` and `\` and \b \t \n \f \r, 5 for other bytes below 0x20. */
  countEscapes(pointer: number, length: number): number;
  /** 1 when every byte is below 0x80. */
  isAscii(pointer: number, length: number): number;
  /** Offset of the first byte that is not part of well-formed UTF-8, or -1. */
  findInvalidUtf8(pointer: number, length: number): number;
  /** Offset just after the `count`-th newline, or `length` when there are fewer. */
  skipLines(pointer: number, length: number, count: number): number;
  /** Offset just after the last newline, or 0. */
  wholeLines(pointer: number, length: number): number;

  /** Writes (pointer, length) of each line, without its "\n" or "\r\n", to `table`. Every line ends with "\n". Returns the rows. Room: 8 bytes a line. */
  lineTable(pointer: number, length: number, table: number): number;
  /** Lines to Fluentd forward entries `[EventTime, {key: line}]`. `key` = a ready MessagePack str. Returns bytes. Room: length + lines × (17 + keyLength). */
  packLines(pointer: number, length: number, out: number, key: number, keyLength: number, seconds: number, nanoseconds: number): number;
  /** Lines to JSON lines `{time…,"key":"line"}`. `key` = ready `"key":` literal; `time` = TIME_OUT words (layout.ts). Room: length + escapes + lines × (keyLength + timeLiteral + 48). */
  linesToJson(pointer: number, length: number, out: number, key: number, keyLength: number, time: number): number;

  /** Runs a split program (layout.ts) on each line; writes rows of `columns` columns to `table`, their time as NO_TIME. Rows that do not fit have status `odd`; returns how many those are. */
  splitFields(pointer: number, length: number, program: number, columns: number, table: number): number;
  /** Parses column `column` of each parsed row by a time program (layout.ts) into the row's time words. With `isTaken` 1 a text that became the time leaves its row. Returns how many rows failed. Equal neighbouring texts are parsed once. */
  parseTimes(table: number, rows: number, columns: number, column: number, program: number, isTaken: number): number;
  /** Sum over all rows of what their spans hold together, or of their line where that is longer: what room for their output is reckoned from. */
  spanBytes(table: number, rows: number, columns: number): number;
  /** Rows to JSON lines by an emit program; dropped rows are left out, unmatched rows become {lineKey: line}. Returns bytes. Room: 6 × the spans + rows × (all literals, the line key among them + 5 × columns + timeLiteral + 48); spans as in `spanBytes`. */
  fieldsToJson(table: number, rows: number, columns: number, program: number, time: number, out: number): number;
  /** Rows to forward entries by an emit program. seconds, nanoseconds: the batch's time, for rows without their own. Returns bytes. Room: the spans (twice those of kind json) + rows × (all literals, the line key among them + 9 × columns + 20). */
  fieldsToEntries(table: number, rows: number, columns: number, program: number, seconds: number, nanoseconds: number, out: number): number;

  /**
   * JSON lines to forward entries. The key `timeKey` (raw bytes, length 0 = none) at the top level, when it holds ISO 8601 or
   * epoch seconds, becomes the entry's time and stays in the record only with `keepTime` 1.
   * Stops before the first line it cannot take (not an object, exponent, long number, bad escape, depth over 64, odd time):
   * the host does that line and calls again. Writes to `result`: [bytes consumed, rows written]. Returns bytes written.
   * Room: 2 × length + lines × 16.
   */
  jsonToEntries(pointer: number, length: number, out: number, timeKey: number, timeKeyLength: number, keepTime: number, seconds: number, nanoseconds: number, result: number): number;
  /** Writes (pointer, length, mapPointer, seconds, nanoseconds) of each entry `[time, map]` to `table`, five words each. Takes EventTime (fixext8 or ext8), integers and floats as time. Returns rows, or -1 - (offset of the bad byte). */
  entryTable(pointer: number, length: number, table: number): number;
  /** Entries (as in an entry table) to JSON lines. bin is written as str, ext as null, NaN and infinities as null, integers beyond 2^53 in full; a key that is neither text nor a number as "", what is deeper than 64 as null. Returns bytes. Room: 6 × length + rows × (64 + timeLiteral). */
  entriesToJson(table: number, rows: number, time: number, out: number): number;
  /** For each entry: (pointer, length) of the MessagePack value under the top-level `key` (raw bytes), or (0, 0). The first one, when keys are equal. */
  findValues(table: number, rows: number, key: number, keyLength: number, out: number): void;

  /** CRC-32C (Castagnoli, RFC 3720 appendix B.4), continued from `seed` (0 at first). Returns an unsigned 32-bit number. */
  crc32c(pointer: number, length: number, seed: number): number;
  /** Bytes of a double-byte code page to UTF-8. `table`: 256 + 65536 16-bit units: first the single bytes, then [lead << 8 | trail]; 0 = none (except byte 0). Bad bytes become U+FFFD; their count is written to `result`. Returns bytes. Room: 3 × length. */
  decodeDoubleByte(pointer: number, length: number, table: number, out: number, result: number): number;
}
