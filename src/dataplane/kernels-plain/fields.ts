// A table of fields to its two output formats, by an emit program (layout.ts).
import type { Kernels } from "../kernels.ts";
import { EMIT_HEAD_WORDS, EMIT_STEP_WORDS, KIND, NO_TIME, ROW, rowWords, STATUS } from "../layout.ts";
import { ValueWriter } from "../msgpack.ts";
import { transcodeJson } from "./json.ts";
import { isInteger, wholeNumber, writeNumber } from "./numbers.ts";
import { NEWLINE, textOf, word } from "./space.ts";
import type { Space } from "./space.ts";
import { writeLineAsJson } from "./text.ts";
import { MAP, writeAscii, writeBytes, writeContainerHeader, writeEntryHead, writeJsonString, writeStr, writeTimeField } from "./writing.ts";

interface Field {
  readonly literal: number;
  readonly literalLength: number;
  readonly kind: number;
  readonly pointer: number;
  readonly length: number;
}

export function fieldKernels(space: Space): Pick<Kernels, "spanBytes" | "fieldsToJson" | "fieldsToEntries"> {
  const { bytes } = space;
  return {
    spanBytes(table, rows, columns) {
      let sum = 0;
      for (const row of rowPointers(table, rows, columns)) {
        let spans = 0;
        for (let column = 0; column < columns; column += 1) spans += word(space, row, ROW.columns + column * 2 + 1);
        sum += Math.max(spans, word(space, row, ROW.lineLength));
      }
      return sum;
    },

    fieldsToJson(table, rows, columns, program, time, out) {
      let to = out;
      for (const row of rowPointers(table, rows, columns)) {
        const status = word(space, row, ROW.status);
        const seconds = word(space, row, ROW.seconds);
        const nanoseconds = word(space, row, ROW.nanoseconds);
        if (status === STATUS.dropped) continue;
        if (status !== STATUS.parsed) {
          to = writeLineAsJson(space, to, word(space, row, ROW.linePointer), word(space, row, ROW.lineLength), word(space, program, 1), word(space, program, 2), time, seconds, nanoseconds);
          continue;
        }
        bytes[to] = 0x7b;
        const first = to + 1;
        const timeColumn = word(space, program, 3);
        const hasTime = timeColumn !== 0 && word(space, row, ROW.columns + (timeColumn - 1) * 2) !== 0;
        to = hasTime ? first : writeTimeField(space, first, time, seconds, nanoseconds);
        for (const { literal, literalLength, kind, pointer, length } of fieldsOf(space, row, program)) {
          if (to !== first) bytes[to++] = 0x2c;
          to = writeBytes(space, to, literal, literalLength);
          to = writeJsonValue(space, to, kind, pointer, length);
        }
        bytes[to++] = 0x7d;
        bytes[to++] = NEWLINE;
      }
      return to - out;
    },

    fieldsToEntries(table, rows, columns, program, seconds, nanoseconds, out) {
      let to = out;
      for (const row of rowPointers(table, rows, columns)) {
        const status = word(space, row, ROW.status);
        if (status === STATUS.dropped) continue;
        const own = word(space, row, ROW.nanoseconds);
        to = own === NO_TIME ? writeEntryHead(space, to, seconds, nanoseconds) : writeEntryHead(space, to, word(space, row, ROW.seconds), own);
        if (status !== STATUS.parsed) {
          to = writeContainerHeader(space, to, 1, MAP);
          to = writeBytes(space, to, word(space, program, 1), word(space, program, 2));
          to = writeStr(space, to, word(space, row, ROW.linePointer), word(space, row, ROW.lineLength));
          continue;
        }
        const fields = fieldsOf(space, row, program);
        to = writeContainerHeader(space, to, fields.length, MAP);
        for (const { literal, literalLength, kind, pointer, length } of fields) {
          to = writeBytes(space, to, literal, literalLength);
          to = writePackedValue(space, to, kind, pointer, length);
        }
      }
      return to - out;
    },
  };
}

function* rowPointers(table: number, rows: number, columns: number): Generator<number> {
  for (let row = 0; row < rows; row += 1) yield table + row * rowWords(columns) * 4;
}

/** The fields that the row has, in the program's order. */
function fieldsOf(space: Space, row: number, program: number): Field[] {
  const fields: Field[] = [];
  const count = word(space, program, 0);
  for (let index = 0; index < count; index += 1) {
    const step = program + (EMIT_HEAD_WORDS + index * EMIT_STEP_WORDS) * 4;
    const column = row + (ROW.columns + word(space, step, 3) * 2) * 4;
    const pointer = word(space, column, 0);
    if (pointer !== 0) fields.push({ literal: word(space, step, 0), literalLength: word(space, step, 1), kind: word(space, step, 2), pointer, length: word(space, column, 1) });
  }
  return fields;
}

function writeJsonValue(space: Space, out: number, kind: number, pointer: number, length: number): number {
  if (kind === KIND.integer || kind === KIND.float) {
    if (isNull(space, pointer, length)) return writeAscii(space, out, "null");
    if (isNumber(space, kind, pointer, length)) return writeBytes(space, out, pointer, length);
  }
  if (kind === KIND.boolean && booleanOf(space, pointer, length) !== undefined) return writeBytes(space, out, pointer, length);
  if (kind === KIND.json && isJson(space, out, pointer, length)) {
    for (let index = 0; index < length; index += 1) {
      const byte = space.bytes[pointer + index] ?? 0;
      space.bytes[out + index] = byte < 0x20 ? 0x20 : byte; // White space between values: a newline would end the line.
    }
    return out + length;
  }
  return writeJsonString(space, out, pointer, length);
}

function writePackedValue(space: Space, out: number, kind: number, pointer: number, length: number): number {
  if (kind === KIND.integer || kind === KIND.float) {
    if (isNull(space, pointer, length)) return writeByte(space, out, 0xc0);
    const number = isNumber(space, kind, pointer, length) ? wholeNumber(space, pointer, length) : undefined;
    if (number !== undefined) {
      const to = writeNumber(space, out, number);
      if (to !== out) return to;
    }
  }
  if (kind === KIND.boolean) {
    const value = booleanOf(space, pointer, length);
    if (value !== undefined) return writeByte(space, out, value ? 0xc3 : 0xc2);
  }
  if (kind === KIND.json) {
    const to = transcodeJson(space, out, pointer, length);
    if (0 <= to) return to;
    const value = parseJson(space, pointer, length);
    if (value !== undefined) {
      const writer = new ValueWriter(Buffer.alloc(64 + 9 * length));
      writer.value(value);
      // What would not fit the room (2 × length + 9) stays text.
      if (writer.end <= 2 * length + 9) {
        space.bytes.set(writer.buffer.subarray(0, writer.end), out);
        return out + writer.end;
      }
    }
  }
  return writeStr(space, out, pointer, length);
}

function writeByte({ bytes }: Space, out: number, byte: number): number {
  bytes[out] = byte;
  return out + 1;
}

/** How logs write that there is no number. */
function isNull({ bytes }: Space, pointer: number, length: number): boolean {
  return length === 0 || (length === 1 && bytes[pointer] === 0x2d);
}

function isNumber(space: Space, kind: number, pointer: number, length: number): boolean {
  const number = wholeNumber(space, pointer, length);
  return number !== undefined && (kind === KIND.float || isInteger(number));
}

function booleanOf(space: Space, pointer: number, length: number): boolean | undefined {
  if (length !== 4 && length !== 5) return undefined;
  const text = textOf(space, pointer, length);
  return text === "true" ? true : text === "false" ? false : undefined;
}

/** `out` serves as scratch: the transcoder is the judge, or JSON.parse for what it finds odd. */
function isJson(space: Space, out: number, pointer: number, length: number): boolean {
  return 0 <= transcodeJson(space, out, pointer, length) || parseJson(space, pointer, length) !== undefined;
}

/** The parsed value; undefined when the span is no JSON. */
function parseJson(space: Space, pointer: number, length: number): unknown {
  try {
    return JSON.parse(textOf(space, pointer, length));
  } catch {
    return undefined;
  }
}
