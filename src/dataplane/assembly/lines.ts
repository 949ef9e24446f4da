// Whole lines to their output formats, without looking inside.
import { NONE } from "./layout";
import { findNewline, lineEnd } from "./scan";
import { copy, copyShort, writeByte, writeEntryHead, writeJsonString, writeStr } from "./write";
import { startTimeFields, writeTimeField } from "./time-text";

export function lineTable(pointer: usize, length: u32, table: usize): u32 {
  const end = pointer + length;
  let at = pointer;
  let row = table;
  for (;;) {
    const newline = findNewline(at, end);
    if (newline == end) break;
    store<u32>(row, <u32>at);
    store<u32>(row, <u32>(lineEnd(at, newline) - at), 4);
    row += 8;
    at = newline + 1;
  }
  return <u32>(row - table) >> 3;
}

export function packLines(pointer: usize, length: u32, out: usize, key: usize, keyLength: u32, seconds: u32, nanoseconds: u32): u32 {
  const end = pointer + length;
  const headLength: u32 = 12 + keyLength;
  let entry = out;
  let at = pointer;
  for (;;) {
    const newline = findNewline(at, end);
    if (newline == end) break;
    // All entries begin alike, up to the line itself: the first is written, the others copy it.
    if (entry == out) copy(writeByte(writeEntryHead(entry, seconds, nanoseconds), 0x81), key, keyLength);
    else copy(entry, out, headLength);
    entry = writeStr(entry + headLength, at, <u32>(lineEnd(at, newline) - at));
    at = newline + 1;
  }
  return <u32>(entry - out);
}

export function linesToJson(pointer: usize, length: u32, out: usize, key: usize, keyLength: u32, time: usize): u32 {
  startTimeFields();
  const end = pointer + length;
  let row = out;
  let at = pointer;
  let headLength: u32 = 0;
  for (;;) {
    const newline = findNewline(at, end);
    if (newline == end) break;
    if (row == out) headLength = <u32>(writeLineHead(row, key, keyLength, time, 0, NONE) - row);
    else copy(row, out, headLength);
    row = writeJsonString(row + headLength, at, <u32>(lineEnd(at, newline) - at));
    store<u16>(row, 0x0a7d); // "}\n"
    row += 2;
    at = newline + 1;
  }
  return <u32>(row - out);
}

/** `{time…,"key":` */
export function writeLineHead(out: usize, key: usize, keyLength: u32, time: usize, seconds: u32, nanoseconds: u32): usize {
  let to = writeTimeField(writeByte(out, 0x7b), time, seconds, nanoseconds);
  if (to != out + 1) to = writeByte(to, 0x2c);
  return copyShort(to, key, keyLength);
}
