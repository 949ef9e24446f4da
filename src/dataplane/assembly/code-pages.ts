// A double-byte code page to UTF-8.
import { writeUtf8 } from "./write";

const REPLACEMENT: u32 = 0xfffd;
/** Bytes of the table that stand for single bytes, before those of pairs. */
const SINGLE_BYTES: usize = 512;

/** After a bad lead byte reading goes on with the very next byte, so that no newline is ever swallowed. */
export function decodeDoubleByte(pointer: usize, length: u32, table: usize, out: usize, result: usize): u32 {
  const end = pointer + length;
  const isAsciiKept = keepsAscii(table);
  let at = pointer;
  let to = out;
  let bad: u32 = 0;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (isAsciiKept && byte < 0x80) {
      const block = v128.load(at);
      v128.store(to, block);
      const run = min<usize>(ctz(<u32>i8x16.bitmask(block) | 0x1_0000), end - at);
      at += run;
      to += run;
      continue;
    }
    at += 1;
    let unit = <u32>load<u16>(table + (byte << 1));
    if (unit == 0 && byte != 0) {
      if (at < end) unit = load<u16>(table + SINGLE_BYTES + (byte << 9) + (<u32>load<u8>(at) << 1));
      if (unit == 0) {
        unit = REPLACEMENT;
        bad += 1;
      } else at += 1;
    }
    to = writeUtf8(to, unit);
  }
  store<u32>(result, bad);
  return <u32>(to - out);
}

/** Whether the code page leaves ASCII as it is; some have other signs in it. */
function keepsAscii(table: usize): bool {
  for (let byte: u32 = 1; byte < 0x80; byte += 1) if (load<u16>(table + (byte << 1)) != byte) return false;
  return load<u16>(table) == 0;
}
