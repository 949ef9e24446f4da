// Counting and checking of raw bytes.
import { equalBits, findNewline, lowBits, NEWLINE } from "./scan";
import { escapeBits } from "./write";

/** Blocks whose counts of at most one a lane fit the 8 bits of a lane. */
const BLOCKS_MAX: usize = 255;

export function countLines(pointer: usize, length: u32): u32 {
  const newline = i8x16.splat(NEWLINE);
  const end = pointer + length;
  let at = pointer;
  let count: u32 = 0;
  while (at + 64 <= end) {
    // A match is -1 in its lane: subtracting counts up, four accumulators keep the processor busy.
    let first = i8x16.splat(0);
    let second = first;
    let third = first;
    let fourth = first;
    const stop = at + min<usize>((end - at) >> 6, BLOCKS_MAX) * 64;
    do {
      first = i8x16.sub(first, i8x16.eq(v128.load(at), newline));
      second = i8x16.sub(second, i8x16.eq(v128.load(at, 16), newline));
      third = i8x16.sub(third, i8x16.eq(v128.load(at, 32), newline));
      fourth = i8x16.sub(fourth, i8x16.eq(v128.load(at, 48), newline));
      at += 64;
    } while (at < stop);
    count += sumOfLanes(first) + sumOfLanes(second) + sumOfLanes(third) + sumOfLanes(fourth);
  }
  while (at < end) {
    count += popcnt(equalBits(v128.load(at), newline) & spanBits(at, end));
    at += 16;
  }
  return count;
}

@inline
function sumOfLanes(bytes: v128): u32 {
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes));
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
}

/** Which of the 16 bytes at `at` lie before `end`. */
@inline
function spanBits(at: usize, end: usize): u32 {
  return end - at < 16 ? lowBits(<u32>(end - at)) : 0xffff;
}

export function skipLines(pointer: usize, length: u32, count: u32): u32 {
  const end = pointer + length;
  let at = pointer;
  for (let left = count; left > 0; left -= 1) {
    const newline = findNewline(at, end);
    if (newline == end) return length;
    at = newline + 1;
  }
  return <u32>(at - pointer);
}

export function wholeLines(pointer: usize, length: u32): u32 {
  const newline = i8x16.splat(NEWLINE);
  let at = pointer + length;
  while (pointer + 16 <= at) {
    const found = equalBits(v128.load(at - 16), newline);
    if (found) return <u32>(at - pointer) + 16 - clz(found);
    at -= 16;
  }
  const found = equalBits(v128.load(pointer), newline) & lowBits(<u32>(at - pointer));
  return 32 - clz(found);
}

export function countEscapes(pointer: usize, length: u32): u32 {
  const end = pointer + length;
  let cost: u32 = 0;
  for (let at = pointer; at < end; at += 16) {
    const block = v128.load(at);
    const inSpan = spanBits(at, end);
    const all = escapeBits(block) & inSpan;
    if (all == 0) continue;
    const controls = <u32>i8x16.bitmask(i8x16.lt_u(block, i8x16.splat(0x20))) & inSpan;
    if (controls == 0) {
      cost += popcnt(all);
      continue;
    }
    // \b \t \n are 8 to 10, \f \r are 12 and 13; the others are written \u00xx.
    const lettered = v128.andnot(i8x16.lt_u(i8x16.sub(block, i8x16.splat(8)), i8x16.splat(6)), i8x16.eq(block, i8x16.splat(11)));
    cost += popcnt(all) + 4 * popcnt(controls & ~(<u32>i8x16.bitmask(lettered)));
  }
  return cost;
}

export function isAscii(pointer: usize, length: u32): u32 {
  const end = pointer + length;
  let at = pointer;
  while (at + 64 <= end) {
    const all = v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48)));
    if (i8x16.bitmask(all)) return 0;
    at += 64;
  }
  while (at < end) {
    if (<u32>i8x16.bitmask(v128.load(at)) & spanBits(at, end)) return 0;
    at += 16;
  }
  return 1;
}
