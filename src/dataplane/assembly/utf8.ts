// Whether text is well-formed UTF-8. Whole blocks by the lookup method: three tables say of each byte and the one before
// which rules the two could break; what all three agree on is an error (J. Keiser and D. Lemire, "Validating UTF-8 In
// Less Than One Instruction Per Byte", 2020). Where exactly, and the last few bytes, are settled byte by byte.

/** Rules that the high half of a byte, its low half, and the high half of the next byte can break, one bit each. */
const FIRST_HIGH = memory.data<u8>([0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x80, 0x80, 0x80, 0x80, 0x21, 0x01, 0x15, 0x49]);
const FIRST_LOW = memory.data<u8>([0xe7, 0xa3, 0x83, 0x83, 0x8b, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xdb, 0xcb, 0xcb]);
const SECOND_HIGH = memory.data<u8>([0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xe6, 0xae, 0xba, 0xba, 0x01, 0x01, 0x01, 0x01]);

/** Offset of the first byte that is not part of well-formed UTF-8, or -1. */
export function findInvalidUtf8(pointer: usize, length: u32): i32 {
  const end = pointer + length;
  const firstHigh = v128.load(FIRST_HIGH);
  const firstLow = v128.load(FIRST_LOW);
  const secondHigh = v128.load(SECOND_HIGH);
  let before = i8x16.splat(0);
  let at = pointer;
  while (at + 16 <= end) {
    const block = v128.load(at);
    if (i8x16.bitmask(block) || i8x16.bitmask(before)) {
      const previous = v128.shuffle<u8>(before, block, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
      const broken = v128.and(
        v128.and(i8x16.swizzle(firstHigh, i8x16.shr_u(previous, 4)), i8x16.swizzle(firstLow, v128.and(previous, i8x16.splat(0x0f)))),
        i8x16.swizzle(secondHigh, i8x16.shr_u(block, 4)),
      );
      // The third and fourth byte of a character must be what otherwise is an error: two continuations in a row.
      const third = v128.shuffle<u8>(before, block, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
      const fourth = v128.shuffle<u8>(before, block, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
      const mustContinue = v128.or(i8x16.sub_sat_u(third, i8x16.splat(<i8>(0xe0 - 0x80))), i8x16.sub_sat_u(fourth, i8x16.splat(<i8>(0xf0 - 0x80))));
      if (v128.any_true(v128.xor(v128.and(mustContinue, i8x16.splat(<i8>0x80)), broken))) break;
    }
    before = block;
    at += 16;
  }
  return findByCharacters(pointer, startOfLast(pointer, at), end);
}

/** Where the last character before `at` begins; it may reach beyond. */
function startOfLast(pointer: usize, at: usize): usize {
  const least = max(pointer + 4, at) - 4;
  while (least < at) {
    at -= 1;
    if ((load<u8>(at) & 0xc0) != 0x80) break;
  }
  return at;
}

function findByCharacters(pointer: usize, at: usize, end: usize): i32 {
  while (at < end) {
    if (load<u8>(at) < 0x80) {
      at += 1;
      continue;
    }
    const size = characterSize(at, end);
    if (size == 0) return <i32>(at - pointer);
    at += size;
  }
  return -1;
}

/** Bytes of the character of two to four bytes at `at`, or 0 when it is not well formed (Unicode 15, table 3-7). */
@inline
function characterSize(at: usize, end: usize): u32 {
  const bytes = load<u32>(at);
  const lead = bytes & 0xff;
  const second = (bytes >> 8) & 0xff;
  if (lead < 0xe0) return lead < 0xc2 || end < at + 2 || (bytes & 0xc000) != 0x8000 ? 0 : 2;
  if (lead < 0xf0) {
    if (end < at + 3 || (bytes & 0x00c0_c000) != 0x0080_8000) return 0;
    return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
  }
  if (lead >= 0xf5 || end < at + 4 || (bytes & 0xc0c0_c000) != 0x8080_8000) return 0;
  return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) ? 0 : 4;
}
