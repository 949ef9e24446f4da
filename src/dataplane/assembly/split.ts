// Lines to a table of fields by a split program (../layout.ts).
import {
  CLASS_ANY, CLASS_DIGIT, CLASS_NON_SPACE, NONE, ROW_LINE_LENGTH, ROW_LINE_POINTER, ROW_NANOSECONDS, ROW_SECONDS, ROW_SPANS, ROW_STATUS, rowBytes,
  SPAN_BYTES, SPLIT_END, SPLIT_LITERAL, SPLIT_RUN, SPLIT_STEP_BYTES, SPLIT_STOP, SPLIT_UNTIL, STATUS_ODD, STATUS_PARSED,
} from "./layout";
import { equalBits, findNewline, isEqual, lineEnd, lowBits } from "./scan";

export function splitFields(pointer: usize, length: u32, program: usize, columns: u32, table: usize): u32 {
  const end = pointer + length;
  const width = rowBytes(columns);
  let at = pointer;
  let row = table;
  let odd: u32 = 0;
  for (;;) {
    const newline = findNewline(at, end);
    if (newline == end) break;
    const stop = lineEnd(at, newline);
    clearSpans(row + ROW_SPANS, columns);
    const isParsed = split(at, stop, program, columns, row + ROW_SPANS);
    if (!isParsed) {
      clearSpans(row + ROW_SPANS, columns);
      odd += 1;
    }
    store<u32>(row, <u32>at, ROW_LINE_POINTER);
    store<u32>(row, <u32>(stop - at), ROW_LINE_LENGTH);
    store<u32>(row, isParsed ? STATUS_PARSED : STATUS_ODD, ROW_STATUS);
    store<u32>(row, 0, ROW_SECONDS);
    store<u32>(row, NONE, ROW_NANOSECONDS);
    row += width;
    at = newline + 1;
  }
  return odd;
}

@inline
function clearSpans(spans: usize, columns: u32): void {
  for (let column: u32 = 0; column < columns; column += 1) store<u64>(spans + column * SPAN_BYTES, 0);
}

/** Whether the line fits. */
function split(start: usize, end: usize, program: usize, columns: u32, spans: usize): bool {
  let at = start;
  for (let step = program; load<u32>(step) != SPLIT_STOP; step += SPLIT_STEP_BYTES) {
    const operation = load<u32>(step);
    const operand = load<u32>(step, 4);
    const column = load<u32>(step, 8);
    if (operation == SPLIT_LITERAL) {
      const length = column;
      if (end < at + length || !isLiteral(at, operand, length)) return false;
      at += length;
      continue;
    }
    if (operation == SPLIT_END) {
      if (at != end) return false;
      continue;
    }
    const rule = load<u32>(step, 12);
    const kind = rule & 0xff;
    let to: usize;
    if (operation == SPLIT_UNTIL) {
      to = kind == CLASS_ANY ? findByte(at, end, v128.load_splat<u8>(step + 4)) : findByteAfterClass(at, end, v128.load_splat<u8>(step + 4), kind);
      if (end <= to) return false;
    } else {
      to = kind == CLASS_ANY ? end : findOther(at, end, kind);
      if (to != end) {
        if (operation != SPLIT_RUN) return false;
        if (kind == CLASS_NON_SPACE && load<u8>(to) >= 0x80) return false;
      }
    }
    if (to - at < rule >>> 8) return false;
    if (column < columns) {
      const span = spans + column * SPAN_BYTES;
      store<u32>(span, <u32>at);
      store<u32>(span, <u32>(to - at), 4);
    }
    at = to;
  }
  return true;
}

/** Most literals are a delimiter or two: compared in one word. */
@inline
function isLiteral(at: usize, literal: usize, length: u32): bool {
  if (length - 1 < 8) return (load<u64>(at) ^ load<u64>(literal)) << (64 - (length << 3)) == 0;
  return isEqual(at, literal, length);
}

/** Address of the first byte of the kind that `wanted` is full of; `end` or more when there is none. */
@inline
function findByte(at: usize, end: usize, wanted: v128): usize {
  // Fields are short or long: one block, then larger steps, so that the number of steps is easy to predict.
  const found = equalBits(v128.load(at), wanted);
  if (found) return at + ctz(found);
  at += 16;
  while (at + 32 <= end) {
    const low = i8x16.eq(v128.load(at), wanted);
    const high = i8x16.eq(v128.load(at, 16), wanted);
    const both = <u32>i8x16.bitmask(low) | (<u32>i8x16.bitmask(high) << 16);
    if (both) return at + ctz(both);
    at += 32;
  }
  while (at < end) {
    const last = equalBits(v128.load(at), wanted);
    if (last) return at + ctz(last);
    at += 16;
  }
  return end;
}

/** As `findByte`, when all bytes before it are of the class; else `end`. */
@inline
function findByteAfterClass(at: usize, end: usize, wanted: v128, kind: u32): usize {
  while (at < end) {
    const block = v128.load(at);
    const found = equalBits(block, wanted);
    const before = found ? lowBits(ctz(found)) : 0xffff;
    if (suspectBits(block, kind) & before && otherBits(block, kind) & before) return end;
    if (found) return at + ctz(found);
    at += 16;
  }
  return end;
}

/** As `otherBits`, but takes every byte beyond ASCII for one that `nonSpace` refuses: cheaper, and mostly clear. */
@inline
function suspectBits(block: v128, kind: u32): u32 {
  if (kind != CLASS_NON_SPACE) return 0xffff;
  return <u32>i8x16.bitmask(v128.or(block, spaces(block)));
}

/** Address of the first byte that is not of the class, or `end`. */
function findOther(at: usize, end: usize, kind: u32): usize {
  while (at < end) {
    const others = otherBits(v128.load(at), kind);
    if (others) return min(at + ctz(others), end);
    at += 16;
  }
  return end;
}

/** A bit for each byte that the class refuses. */
@inline
function otherBits(block: v128, kind: u32): u32 {
  if (kind == CLASS_NON_SPACE) {
    let bits = <u32>i8x16.bitmask(spaces(block));
    // Lead bytes that could begin white space beyond ASCII: C2, E1 to E3, EF.
    if (i8x16.bitmask(block)) bits |= <u32>i8x16.bitmask(v128.or(v128.or(i8x16.eq(block, i8x16.splat(<i8>0xc2)), i8x16.eq(block, i8x16.splat(<i8>0xef))), isWithin(block, 0xe1, 3)));
    return bits;
  }
  const digits = isWithin(block, 0x30, 10);
  if (kind == CLASS_DIGIT) return ~(<u32>i8x16.bitmask(digits)) & 0xffff;
  const letters = isWithin(v128.or(block, i8x16.splat(0x20)), 0x61, 26);
  const word = v128.or(v128.or(digits, letters), i8x16.eq(block, i8x16.splat(0x5f)));
  return ~(<u32>i8x16.bitmask(word)) & 0xffff;
}

/** White space of ASCII: 9 to 13, 32. */
@inline
function spaces(block: v128): v128 {
  return v128.or(isWithin(block, 9, 5), i8x16.eq(block, i8x16.splat(0x20)));
}

@inline
function isWithin(block: v128, low: u8, count: u8): v128 {
  return i8x16.le_u(i8x16.sub(block, i8x16.splat(low)), i8x16.splat(count - 1));
}
