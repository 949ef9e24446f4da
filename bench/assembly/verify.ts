// Marks each `rid=NNNNNNNNNN` of a span in a bitmap. Kernel of the benchmark's receivers, so that they are not what is measured.

// @ts-ignore: decorator
@inline function digits(pointer: usize): i64 {
  let value: i64 = 0;
  for (let i: usize = 0; i < 10; i++) {
    const digit = <i64>load<u8>(pointer + i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Looks at [pointer, pointer + length); a token that is cut off by the end is not seen (the caller overlaps by 13 bytes).
 * counts: [0] seen first time, [1] seen again, [2] beyond the bitmap.
 */
export function mark(pointer: usize, length: i32, bitmap: usize, lines: i32, counts: usize): void {
  const r = i8x16.splat(0x72);
  const equals = i8x16.splat(0x3d);
  const last = length - 14;
  let i: i32 = 0;
  while (i <= last) {
    // "r" here and "=" three bytes on: rare enough in text that the exact look is cheap.
    let found = i8x16.bitmask(v128.and(i8x16.eq(v128.load(pointer + i), r), i8x16.eq(v128.load(pointer + i + 3), equals)));
    while (found) {
      const at = i + ctz(found);
      found &= found - 1;
      if (at > last || load<u32>(pointer + at) != 0x3d646972) continue;
      const rid = digits(pointer + at + 4);
      if (rid < 0 || rid >= <i64>lines) {
        store<u32>(counts + 8, load<u32>(counts + 8) + 1);
        continue;
      }
      const byte = bitmap + <usize>(rid >> 3);
      const bit: u8 = <u8>1 << <u8>(rid & 7);
      const seen = load<u8>(byte) & bit;
      store<u8>(byte, load<u8>(byte) | bit);
      const counter = counts + (seen ? 4 : 0);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    i += 16;
  }
}
