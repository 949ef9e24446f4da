// A double-byte code page to UTF-8.

const REPLACEMENT: u32 = 0xfffd;
/** Bytes of the table that stand for single bytes, before those of pairs. */
const SINGLE_BYTES: usize = 512;
const BLOCK: usize = 16;

/** After a bad lead byte reading goes on with the very next byte, so that no newline is ever swallowed. */
export function decodeDoubleByte(pointer: usize, length: u32, table: usize, out: usize, result: usize): u32 {
  const end = pointer + length;
  const isAsciiKept = keepsAscii(table);
  const isPlain = isAsciiKept && hasOnlyPairs(table);
  let at = pointer;
  let to = out;
  let bad: u32 = 0;
  while (at < end) {
    const blockEnd = min(at + BLOCK, end);
    if (isAsciiKept && blockEnd - at == BLOCK) {
      const block = v128.load(at);
      if (i8x16.bitmask(block) == 0) {
        v128.store(to, block);
        at = blockEnd;
        to += BLOCK;
        continue;
      }
    }
    // Words of a few letters between single spaces defeat the branch prediction: nothing here branches on what a byte is.
    while (at < blockEnd) {
      const byte = <u32>load<u8>(at);
      const single = isPlain ? byte : <u32>load<u16>(table + (byte << 1));
      const pairSize = isPlain ? byte >> 7 : <u32>(single == 0 && byte != 0);
      let unit = select<u32>(load<u16>(table + SINGLE_BYTES + (byte << 9) + (<u32>load<u8>(at, 1) << 1)), single, pairSize);
      at += 1 + pairSize;
      if ((unit == 0 || end < at) && pairSize) {
        unit = REPLACEMENT;
        bad += 1;
        at -= 1;
      }
      to = writeUnit(to, unit);
    }
  }
  store<u32>(result, bad);
  return <u32>(to - out);
}

/** A character of up to 16 bits as UTF-8. */
@inline
function writeUnit(to: usize, unit: u32): usize {
  const last = (unit & 0x3f) | 0x80;
  const middle = ((unit >> 6) & 0x3f) | 0x80;
  const two = (0xc0 | (unit >> 6)) | (last << 8);
  const three = (0xe0 | (unit >> 12)) | (middle << 8) | (last << 16);
  store<u32>(to, select<u32>(unit, select<u32>(two, three, unit < 0x800), unit < 0x80));
  return to + 1 + <usize>(unit >= 0x80) + <usize>(unit >= 0x800);
}

/** Whether the code page leaves ASCII as it is; some have other signs in it. */
function keepsAscii(table: usize): bool {
  for (let byte: u32 = 1; byte < 0x80; byte += 1) if (load<u16>(table + (byte << 1)) != byte) return false;
  return load<u16>(table) == 0;
}

/** Whether every byte beyond ASCII begins a pair. */
function hasOnlyPairs(table: usize): bool {
  for (let byte: u32 = 0x80; byte < 0x100; byte += 1) if (load<u16>(table + (byte << 1))) return false;
  return true;
}
