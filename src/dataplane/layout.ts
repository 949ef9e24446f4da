// How tables and programs lie in chunk memory. Everything is little-endian 32-bit words; a pointer is a
// byte offset from the start of the memory. Kernels, their plain twins and the host share these numbers.

/** A row of a field table: five head words, then (pointer, length) for each column; an absent field has pointer 0. */
export const ROW = {
  linePointer: 0,
  lineLength: 1,
  status: 2,
  /** Event time, seconds since 1970 (UTC, unsigned). */
  seconds: 3,
  /** 0 … 999,999,999, or NO_TIME: the row has the batch's time. */
  nanoseconds: 4,
  columns: 5,
} as const;
export const NO_TIME = 0xffff_ffff;
export const NO_COLUMN = 0xffff_ffff;

export function rowWords(columns: number): number {
  return ROW.columns + 2 * columns;
}

export const STATUS = {
  parsed: 0,
  /** The kernel could not decide; the host settles the row before anyone else sees it. */
  odd: 1,
  /** The pattern does not fit: the record is `{message: line}`. */
  unmatched: 2,
  /** A filter took the row out: nothing is emitted for it. */
  dropped: 3,
} as const;

/**
 * Split program: steps of four words [op, a, b, c], ended by `stop`. A step that fails makes the row `odd`.
 *   literal  a = pointer of the bytes, b = their count: the line goes on with exactly these
 *   until    a = delimiter byte, b = column (or NO_COLUMN), c = class | least << 8: up to, without, the first delimiter
 *   rest     b, c as above: up to the line's end
 *   run      b, c as above: the longest run of bytes of the class
 *   end      the line ends here
 * `least` is the smallest length allowed (0 or 1).
 */
export const SPLIT = { stop: 0, literal: 1, until: 2, rest: 3, run: 4, end: 5 } as const;
/**
 * Which bytes a span may hold. `nonSpace` stands for JavaScript's \S: ASCII white space (9–13, 32) is
 * refused, and so is a lead byte that could begin Unicode white space (C2, E1, E2, E3, EF): such a row is odd.
 */
export const CLASS = { any: 0, nonSpace: 1, digit: 2, word: 3 } as const;

/**
 * Emit program: head of four words [columns, lineKeyPointer, lineKeyLength, timeColumn], then four words a column
 * [literalPointer, literalLength, kind, columnIndex]. The literal is the key as the format writes it:
 * for JSON `"name":` (escaped, without the comma), for MessagePack the str header and the name.
 * The line key (used for unmatched rows) is written the same way. timeColumn: 1 + the column that has the name of the time
 * field, 0 = none; a row that has it keeps it, and no event time is written (JSON only).
 */
export const EMIT_HEAD_WORDS = 4;
export const EMIT_STEP_WORDS = 4;
/**
 * How a span's text becomes a value. `integer`: an optional "-" and up to 18 digits without leading zeros ("007" and
 * "-0" are none). `float`: a number as JSON writes it; JSON gets the text as it is, MessagePack an integer when it is one by
 * the rule above, else a double (a text too large for a double stays a string). For both, "-" and "" become null.
 * `boolean`: true/false. `json`: the span holds a JSON value. What does not fit its kind stays a string, in both formats.
 */
export const KIND = { string: 0, integer: 1, float: 2, boolean: 3, json: 4 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/**
 * Time options for JSON output: [literalPointer, literalLength, offsetMinutes (signed), digits, batchSeconds, batchNanoseconds,
 * namePointer, nameLength]. literalLength 0 = no time field; digits = 0, 3, 6 or 9 of a second. Written as ISO 8601, `Z` when the
 * offset is 0. The name (raw UTF-8) tells entries that have such a field of their own: they keep it, and no event time is written.
 */
export const TIME_OUT_WORDS = 8;

/**
 * Time format program: steps of two words [op, a] ended by `stop`. `literal` a = byte. Numbers of fixed width unless said.
 * `fraction` reads 1–9 digits. `zone` reads Z, ±hh:mm, ±hhmm or ±hh; without it `offsetMinutes` (head word) holds.
 * `yearNear` reads nothing: the year is the one that brings the time nearest to second `a` (for formats without a year).
 * Head: one word, offsetMinutes (signed). A text that does not fit leaves the row's nanoseconds at NO_TIME and counts as failed.
 */
export const TIME = { stop: 0, literal: 1, year4: 2, month2: 3, day2: 4, daySpace2: 5, hour2: 6, minute2: 7, second2: 8, fraction: 9, zone: 10, monthName: 11, epochSeconds: 12, epochMilliseconds: 13, year2: 14, weekdayName: 15, yearNear: 16 } as const;
