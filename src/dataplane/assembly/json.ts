// JSON to MessagePack in one pass. What it takes is a strict subset of JSON; the rest is "odd" and left to the host
// (../kernels-plain/json.ts lists what is odd). A function that meets something odd returns 0 instead of an address.
import { DEPTH_MAX } from "./layout";
import { isIntegral, scanNumber, writeScanned } from "./numbers";
import { BACKSLASH, isEqual, NEWLINE, QUOTE, RETURN } from "./scan";
import { foundNanoseconds, foundSeconds, readEpoch, readIso, startIsoTexts } from "./time-parse";
import { ARRAY_FIX, containerHeaderSize, copy, escapeBits, MAP_FIX, strHeaderSize, writeContainerHeader, writeEntryHead, writeStrHeader, writeUtf8 } from "./write";

/** Output may take this many bytes beyond twice the input read so far: what the callers' room is reckoned from. */
const ROOM_BYTES: usize = 16;
const REPLACEMENT: u32 = 0xfffd;

const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const BRACE_OPEN: u32 = 0x7b;
const BRACE_CLOSE: u32 = 0x7d;
const BRACKET_OPEN: u32 = 0x5b;
const BRACKET_CLOSE: u32 = 0x5d;

/** What letters after a backslash stand for; 0 = odd. From 0x22 on. */
const ESCAPES = memory.data<u8>([
  0x22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0x5c, 0, 0, 0, 0, 0, 0x08, 0, 0, 0, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0x0d, 0, 0x09,
]);
const ESCAPES_FIRST: u32 = 0x22;
const ESCAPES_COUNT: u32 = 83;

/** Where writing goes on. Every function that succeeds moves it. */
let to: usize = 0;
/** Where the input ends; the value being read and its output began at the other two. */
let inputEnd: usize = 0;
let inputStart: usize = 0;
let outStart: usize = 0;

export function jsonToEntries(pointer: usize, length: u32, out: usize, timeKey: usize, timeKeyLength: u32, keepTime: u32, seconds: u32, nanoseconds: u32, result: usize): u32 {
  // A newline is no part of any JSON token, so that nothing reads past the last one.
  let end = pointer + length;
  while (pointer < end && load<u8>(end - 1) != NEWLINE) end -= 1;
  inputEnd = end;
  startIsoTexts();
  to = out;
  let at = pointer;
  let rows: u32 = 0;
  while (at < end) {
    inputStart = at;
    outStart = to;
    to = writeEntryHead(outStart, seconds, nanoseconds);
    const next = transcodeRecord(at, timeKey, timeKeyLength, keepTime != 0);
    if (next == 0 || load<u8>(next) != NEWLINE) {
      to = outStart;
      break;
    }
    at = next + 1;
    rows += 1;
  }
  store<u32>(result, <u32>(at - pointer));
  store<u32>(result, rows, 4);
  return <u32>(to - out);
}

/** Transcodes a span that is one JSON value. Returns where the next byte goes, or 0. */
export function transcodeWhole(out: usize, pointer: usize, length: u32): usize {
  inputStart = pointer;
  inputEnd = pointer + length;
  outStart = out;
  to = out;
  const next = transcodeValue(skipSpace(pointer), 1);
  return next != 0 && skipSpace(next) == inputEnd ? to : 0;
}

/** The object of a line; `writeEntryHead` stands before. Returns the first byte after it that is no space. */
@inline
function transcodeRecord(at: usize, timeKey: usize, timeKeyLength: u32, keepTime: bool): usize {
  const timeKeySize = strHeaderSize(timeKeyLength) + timeKeyLength;
  const header = to;
  at = skipSpace(at);
  if (load<u8>(at) != BRACE_OPEN) return 0;
  to += 1;
  at = skipSpace(at + 1);
  let count: u32 = 0;
  if (load<u8>(at) == BRACE_CLOSE) at += 1;
  else {
    for (;;) {
      const keyStart = to;
      at = transcodeKey(at);
      if (at == 0) return 0;
      const isTime = <u32>(to - keyStart) == timeKeySize && timeKeyLength != 0 && isEqual(to - timeKeyLength, timeKey, timeKeyLength);
      const valueStart = at;
      at = transcodeValue(at, 2);
      if (at == 0) return 0;
      count += 1;
      if (isTime) {
        const isRead = load<u8>(valueStart) == QUOTE ? readIso(valueStart + 1, <u32>(at - valueStart - 2)) : readEpoch(valueStart, <u32>(at - valueStart));
        if (!isRead) return 0;
        writeEntryHead(outStart, foundSeconds, foundNanoseconds);
        if (!keepTime) {
          to = keyStart;
          count -= 1;
        }
      }
      at = skipSpace(at);
      const separator = load<u8>(at);
      at += 1;
      if (separator == BRACE_CLOSE) break;
      if (separator != COMMA) return 0;
      at = skipSpace(at);
    }
  }
  return closeContainer(header, count, MAP_FIX, at) ? skipSpace(at) : 0;
}

/** The value at `at`. `depth`: that of a container if it is one. Returns where it ends. */
function transcodeValue(at: usize, depth: i32): usize {
  if (inputEnd <= at) return 0;
  const byte = load<u8>(at);
  if (byte == QUOTE) return transcodeString(at);
  if (<u32>byte - 0x30 < 10 || byte == 0x2d) return transcodeNumber(at);
  if (byte == BRACE_OPEN) return depth <= DEPTH_MAX ? transcodeObject(at, depth) : 0;
  if (byte == BRACKET_OPEN) return depth <= DEPTH_MAX ? transcodeArray(at, depth) : 0;
  let code: u8;
  let size: usize = 4;
  if (load<u32>(at) == 0x6575_7274) code = 0xc3; // true
  else if (load<u32>(at) == 0x6c6c_756e) code = 0xc0; // null
  else if (byte == 0x66 && load<u32>(at, 1) == 0x6573_6c61) { // false
    code = 0xc2;
    size = 5;
  } else return 0;
  store<u8>(to, code);
  to += 1;
  return at + size;
}

function transcodeObject(at: usize, depth: i32): usize {
  const header = to;
  to += 1;
  at = skipSpace(at + 1);
  let count: u32 = 0;
  if (load<u8>(at) == BRACE_CLOSE) at += 1;
  else {
    for (;;) {
      at = transcodeKey(at);
      if (at == 0) return 0;
      at = transcodeValue(at, depth + 1);
      if (at == 0) return 0;
      count += 1;
      at = skipSpace(at);
      const separator = load<u8>(at);
      at += 1;
      if (separator == BRACE_CLOSE) break;
      if (separator != COMMA) return 0;
      at = skipSpace(at);
    }
  }
  return closeContainer(header, count, MAP_FIX, at) ? at : 0;
}

function transcodeArray(at: usize, depth: i32): usize {
  const header = to;
  to += 1;
  at = skipSpace(at + 1);
  let count: u32 = 0;
  if (load<u8>(at) == BRACKET_CLOSE) at += 1;
  else {
    for (;;) {
      at = transcodeValue(at, depth + 1);
      if (at == 0) return 0;
      count += 1;
      at = skipSpace(at);
      const separator = load<u8>(at);
      at += 1;
      if (separator == BRACKET_CLOSE) break;
      if (separator != COMMA) return 0;
      at = skipSpace(at);
    }
  }
  return closeContainer(header, count, ARRAY_FIX, at) ? at : 0;
}

/** A key and its colon. Returns where the value begins. */
@inline
function transcodeKey(at: usize): usize {
  if (inputEnd <= at || load<u8>(at) != QUOTE) return 0;
  at = transcodeString(at);
  if (at == 0) return 0;
  at = skipSpace(at);
  return load<u8>(at) == COLON ? skipSpace(at + 1) : 0;
}

/** Writes the header; for 16 or more items the content makes room. `at`: how far the input is read. */
@inline
function closeContainer(header: usize, count: u32, fix: u32, at: usize): bool {
  const extra = containerHeaderSize(count) - 1;
  if (extra) {
    if (!hasRoom(extra, at)) return false;
    memory.copy(header + 1 + extra, header + 1, to - header - 1);
    to += extra;
  }
  writeContainerHeader(header, count, fix);
  return true;
}

@inline
function hasRoom(more: usize, at: usize): bool {
  return to + more <= outStart + ROOM_BYTES + 2 * (at - inputStart);
}

/** The string whose opening quote is at `at`. */
@inline
function transcodeString(at: usize): usize {
  const start = at + 1;
  // Most strings fit one block: copied behind a header of one byte before their length is known.
  const block = v128.load(start);
  const special = escapeBits(block);
  if (special) {
    const length = ctz(special);
    if (load<u8>(start + length) == QUOTE && start + length < inputEnd) {
      v128.store(to, block, 1);
      store<u8>(to, <u8>(0xa0 | length));
      to += 1 + length;
      return start + length + 1;
    }
  }
  return transcodeLongString(start);
}

function transcodeLongString(start: usize): usize {
  let at = start;
  while (at < inputEnd) {
    const special = escapeBits(v128.load(at));
    if (special == 0) {
      at += 16;
      continue;
    }
    at += ctz(special);
    if (inputEnd <= at) return 0;
    const byte = load<u8>(at);
    if (byte == BACKSLASH) return transcodeEscapedString(start, at);
    if (byte != QUOTE) return 0;
    const length = <u32>(at - start);
    to = copy(writeStrHeader(to, length), start, length);
    return at + 1;
  }
  return 0;
}

/** `at`: the first backslash. The content goes behind the longest header and moves up when its length is known. */
function transcodeEscapedString(start: usize, at: usize): usize {
  const content = to + 5;
  let next = copy(content, start, <u32>(at - start));
  while (at < inputEnd) {
    const byte = load<u8>(at);
    if (byte == QUOTE) {
      const length = <u32>(next - content);
      to = copy(writeStrHeader(to, length), content, length);
      return at + 1;
    }
    if (byte == BACKSLASH) {
      if (inputEnd <= at + 1) return 0;
      const letter = <u32>load<u8>(at, 1);
      if (letter == 0x75) { // \u
        const code = unicodeEscape(at + 2);
        if (code < 0) return 0;
        at += code < 0x1_0000 ? 6 : 12;
        next = writeUtf8(next, isSurrogate(code) ? REPLACEMENT : code);
        continue;
      }
      const place = letter - ESCAPES_FIRST;
      if (ESCAPES_COUNT <= place) return 0;
      const meant = load<u8>(ESCAPES + place);
      if (meant == 0) return 0;
      store<u8>(next, meant);
      next += 1;
      at += 2;
      continue;
    }
    if (byte < 0x20) return 0;
    const block = v128.load(at);
    v128.store(next, block);
    const special = escapeBits(block);
    const clean = special ? ctz(special) : 16;
    next += clean;
    at += clean;
  }
  return 0;
}

/** The character of the four digits at `at`, and of the second half of its pair if there is one; a lone surrogate as it is; -1 when it is odd. */
function unicodeEscape(at: usize): i32 {
  const high = hex4(at);
  if (high < 0xd800 || 0xdc00 <= high) return high;
  if (inputEnd <= at + 5 || load<u16>(at, 4) != 0x755c) return high; // "\u"
  const low = hex4(at + 6);
  return 0xdc00 <= low && low < 0xe000 ? 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00) : high;
}

@inline
function isSurrogate(code: i32): bool {
  return 0xd800 <= code && code < 0xe000;
}

function hex4(at: usize): i32 {
  if (inputEnd < at + 4) return -1;
  let code: i32 = 0;
  for (let place: usize = 0; place < 4; place += 1) {
    const byte = <i32>load<u8>(at + place);
    const letter = (byte | 0x20) - 0x61;
    if (<u32>(byte - 0x30) < 10) code = (code << 4) | (byte - 0x30);
    else if (<u32>letter < 6) code = (code << 4) | (letter + 10);
    else return -1;
  }
  return code;
}

@inline
function transcodeNumber(at: usize): usize {
  const next = scanNumber(at, inputEnd);
  if (next == 0) return 0;
  if (!isIntegral() && !hasRoom(9, next)) return 0;
  const written = writeScanned(to);
  if (written == 0) return 0;
  to = written;
  return next;
}

/** A newline ends the line and is no space here. */
@inline
function skipSpace(at: usize): usize {
  return load<u8>(at) <= 0x20 ? skipSpaces(at) : at;
}

function skipSpaces(at: usize): usize {
  while (at < inputEnd) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x09 && byte != RETURN) break;
    at += 1;
  }
  return at;
}
