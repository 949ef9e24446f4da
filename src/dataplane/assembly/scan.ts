// Finding bytes, 16 at a time. Reads up to 15 bytes past the span, never more.

export const NEWLINE: u8 = 0x0a;
export const RETURN: u8 = 0x0d;
export const QUOTE: u8 = 0x22;
export const BACKSLASH: u8 = 0x5c;

/** One bit for each of the 16 bytes that equals `wanted`. */
@inline
export function equalBits(block: v128, wanted: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.eq(block, wanted));
}

/** The lowest `count` bits (0 to 31). */
@inline
export function lowBits(count: u32): u32 {
  return (1 << count) - 1;
}

/** Address of the first newline in [at, end), or `end`. Blocks of 64, as most lines are longer than that. */
@inline
export function findNewline(at: usize, end: usize): usize {
  const newline = i8x16.splat(NEWLINE);
  while (at + 64 <= end) {
    const first = i8x16.eq(v128.load(at), newline);
    const second = i8x16.eq(v128.load(at, 16), newline);
    const third = i8x16.eq(v128.load(at, 32), newline);
    const fourth = i8x16.eq(v128.load(at, 48), newline);
    if (v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) {
      const low = <u64>i8x16.bitmask(first) | (<u64>i8x16.bitmask(second) << 16);
      const high = <u64>i8x16.bitmask(third) | (<u64>i8x16.bitmask(fourth) << 16);
      return at + <usize>ctz(low | (high << 32));
    }
    at += 64;
  }
  while (at < end) {
    const found = equalBits(v128.load(at), newline);
    if (found) return min(at + ctz(found), end);
    at += 16;
  }
  return end;
}

/** Where the line ends that has its newline at `newline`: a return before it is not part of the line. */
@inline
export function lineEnd(start: usize, newline: usize): usize {
  return start < newline && load<u8>(newline - 1) == RETURN ? newline - 1 : newline;
}

/** Whether two spans hold the same bytes. */
@inline
export function isEqual(first: usize, second: usize, length: u32): bool {
  let done: u32 = 0;
  while (done + 16 <= length) {
    if (~equalBits(v128.load(first + done), v128.load(second + done)) & 0xffff) return false;
    done += 16;
  }
  const left = length - done;
  return left == 0 || (~equalBits(v128.load(first + done), v128.load(second + done)) & lowBits(left)) == 0;
}
