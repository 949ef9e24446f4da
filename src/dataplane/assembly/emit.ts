// A table of fields to its two output formats, by an emit program (../layout.ts).
// A row that holds what only the host can do (a number with an exponent, odd JSON) ends the call early:
// `rowsDone` says how many rows were written, the host writes the next one and calls again.
import { transcodeWhole } from "./json";
import {
  EMIT_HEAD_BYTES, EMIT_STEP_BYTES, KIND_BOOLEAN, KIND_FLOAT, KIND_INTEGER, KIND_JSON, KIND_STRING, NONE, ROW_LINE_LENGTH, ROW_LINE_POINTER,
  ROW_NANOSECONDS, ROW_SECONDS, ROW_SPANS, ROW_STATUS, rowBytes, SPAN_BYTES, STATUS_DROPPED, STATUS_PARSED,
} from "./layout";
import { writeLineHead } from "./lines";
import { isInteger, scanNumber, writeIntegerText, writeScanned } from "./numbers";
import { copy, copyShort, MAP_FIX, writeByte, writeContainerHeader, writeEntryHead, writeJsonString, writeNull, writeStr } from "./write";
import { startTimeFields, writeTimeField } from "./time-text";

/** Rows that the last call wrote. */
export let rowsDone: u32 = 0;

export function spanBytes(table: usize, rows: u32, columns: u32): u32 {
  const width = rowBytes(columns);
  let sum: u32 = 0;
  for (let row = table, end = table + rows * width; row < end; row += width) {
    let spans: u32 = 0;
    for (let column: u32 = 0; column < columns; column += 1) spans += load<u32>(row + ROW_SPANS + column * SPAN_BYTES, 4);
    sum += max(spans, load<u32>(row, ROW_LINE_LENGTH));
  }
  return sum;
}

export function fieldsToJson(table: usize, rows: u32, columns: u32, program: usize, time: usize, out: usize): u32 {
  startTimeFields();
  const width = rowBytes(columns);
  let to = out;
  let row = table;
  for (rowsDone = 0; rowsDone < rows; rowsDone += 1) {
    const status = load<u32>(row, ROW_STATUS);
    if (status == STATUS_PARSED) {
      const next = writeJsonRow(to, row, program, time);
      if (next == 0) break;
      to = next;
    } else if (status != STATUS_DROPPED) {
      to = writeLineHead(to, load<u32>(program, 4), load<u32>(program, 8), time, load<u32>(row, ROW_SECONDS), load<u32>(row, ROW_NANOSECONDS));
      to = writeJsonString(to, load<u32>(row, ROW_LINE_POINTER), load<u32>(row, ROW_LINE_LENGTH));
      store<u16>(to, 0x0a7d); // "}\n"
      to += 2;
    }
    row += width;
  }
  return <u32>(to - out);
}

/** The row as a line, or 0. */
@inline
function writeJsonRow(out: usize, row: usize, program: usize, time: usize): usize {
  let to = out + 1;
  const timeColumn = load<u32>(program, 12);
  if (timeColumn == 0 || load<u32>(row + ROW_SPANS + (timeColumn - 1) * SPAN_BYTES) == 0) to = writeTimeField(to, time, load<u32>(row, ROW_SECONDS), load<u32>(row, ROW_NANOSECONDS));
  // Every field brings its comma; the first one, where there is no time, lands on the brace and is overwritten.
  if (to == out + 1) to = out;
  const steps = program + EMIT_HEAD_BYTES;
  for (let step = steps, end = steps + load<u32>(program) * EMIT_STEP_BYTES; step < end; step += EMIT_STEP_BYTES) {
    const span = row + ROW_SPANS + load<u32>(step, 12) * SPAN_BYTES;
    const at = <usize>load<u32>(span);
    if (at == 0) continue;
    const length = load<u32>(span, 4);
    to = copyShort(writeByte(to, 0x2c), load<u32>(step), load<u32>(step, 4));
    const kind = load<u32>(step, 8);
    if (kind == KIND_STRING) to = writeJsonString(to, at, length);
    else {
      to = writeJsonValue(to, kind, at, length);
      if (to == 0) return 0;
    }
  }
  if (to == out) to += 1;
  store<u8>(out, 0x7b);
  store<u16>(to, 0x0a7d); // "}\n"
  return to + 2;
}

/** A span that may be something else than a string, or 0. */
@inline
function writeJsonValue(to: usize, kind: u32, at: usize, length: u32): usize {
  if (kind == KIND_INTEGER) {
    if (isInteger(at, length)) {
      v128.store(to, v128.load(at));
      if (length > 16) store<u32>(to, load<u32>(at, 16), 16);
      return to + length;
    }
    if (isNull(at, length)) return writeNull(to);
  } else if (kind == KIND_FLOAT) {
    if (isNull(at, length)) return writeNull(to);
    if (scanNumber(at, at + length) == at + length) return copy(to, at, length);
  } else if (kind == KIND_BOOLEAN) {
    if (isTrue(at, length) || isFalse(at, length)) return copyShort(to, at, length);
  } else if (kind == KIND_JSON) {
    // The transcoder is the judge; what it writes is overwritten.
    if (transcodeWhole(to, at, length) == 0) return 0;
    return copyWithoutControls(to, at, length);
  }
  return writeJsonString(to, at, length);
}

/** In JSON, bytes below 0x20 are white space between values; a newline would end the line. */
function copyWithoutControls(to: usize, at: usize, length: u32): usize {
  for (let done: u32 = 0; done < length; done += 16) v128.store(to + done, i8x16.max_u(v128.load(at + done), i8x16.splat(0x20)));
  return to + length;
}

export function fieldsToEntries(table: usize, rows: u32, columns: u32, program: usize, seconds: u32, nanoseconds: u32, out: usize): u32 {
  const width = rowBytes(columns);
  let to = out;
  let row = table;
  for (rowsDone = 0; rowsDone < rows; rowsDone += 1) {
    const status = load<u32>(row, ROW_STATUS);
    if (status != STATUS_DROPPED) {
      const own = load<u32>(row, ROW_NANOSECONDS);
      let next = writeEntryHead(to, own == NONE ? seconds : load<u32>(row, ROW_SECONDS), own == NONE ? nanoseconds : own);
      if (status == STATUS_PARSED) {
        next = writePackedRow(next, row, program);
        if (next == 0) break;
      } else {
        next = copyShort(writeByte(next, MAP_FIX | 1), load<u32>(program, 4), load<u32>(program, 8));
        next = writeStr(next, load<u32>(row, ROW_LINE_POINTER), load<u32>(row, ROW_LINE_LENGTH));
      }
      to = next;
    }
    row += width;
  }
  return <u32>(to - out);
}

/** The row as a map, or 0. */
@inline
function writePackedRow(to: usize, row: usize, program: usize): usize {
  const steps = program + EMIT_HEAD_BYTES;
  const end = steps + load<u32>(program) * EMIT_STEP_BYTES;
  let count: u32 = 0;
  for (let step = steps; step < end; step += EMIT_STEP_BYTES) count += load<u32>(row + ROW_SPANS + load<u32>(step, 12) * SPAN_BYTES) == 0 ? 0 : 1;
  to = writeContainerHeader(to, count, MAP_FIX);
  for (let step = steps; step < end; step += EMIT_STEP_BYTES) {
    const span = row + ROW_SPANS + load<u32>(step, 12) * SPAN_BYTES;
    const at = <usize>load<u32>(span);
    if (at == 0) continue;
    const length = load<u32>(span, 4);
    to = copyShort(to, load<u32>(step), load<u32>(step, 4));
    const kind = load<u32>(step, 8);
    if (kind == KIND_STRING) to = writeStr(to, at, length);
    else {
      to = writePackedValue(to, kind, at, length);
      if (to == 0) return 0;
    }
  }
  return to;
}

/** A span that may be something else than a string, or 0. */
@inline
function writePackedValue(to: usize, kind: u32, at: usize, length: u32): usize {
  if (kind == KIND_INTEGER) {
    if (isInteger(at, length)) return writeIntegerText(to, at, length);
    if (isNull(at, length)) return writeByte(to, 0xc0);
  } else if (kind == KIND_FLOAT) {
    if (isNull(at, length)) return writeByte(to, 0xc0);
    if (scanNumber(at, at + length) == at + length) return writeScanned(to);
  } else if (kind == KIND_BOOLEAN) {
    if (isTrue(at, length)) return writeByte(to, 0xc3);
    if (isFalse(at, length)) return writeByte(to, 0xc2);
  } else if (kind == KIND_JSON) return transcodeWhole(to, at, length);
  return writeStr(to, at, length);
}

/** How logs write that there is no number. */
@inline
function isNull(at: usize, length: u32): bool {
  return length == 0 || (length == 1 && load<u8>(at) == 0x2d);
}

@inline
function isTrue(at: usize, length: u32): bool {
  return length == 4 && load<u32>(at) == 0x6575_7274;
}

@inline
function isFalse(at: usize, length: u32): bool {
  return length == 5 && load<u32>(at, 1) == 0x6573_6c61 && load<u8>(at) == 0x66;
}
