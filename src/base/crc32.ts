// Checksums of ordinary buffers: short texts and frame heads. Payloads in chunk memory go through `kernels.crc32c`, which gives the same
// numbers as the one here.
const CASTAGNOLI = tableOf(0x82f6_3b78);
const IEEE = tableOf(0xedb8_8320);

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4) of `bytes[start, end)`, continued from `seed` (0 at first); unsigned. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  return checksum(CASTAGNOLI, bytes, start, end, seed);
}

/** CRC-32 as zlib has it (RFC 1952, section 8), for a few bytes; unsigned. */
export function crc32(bytes: Uint8Array): number {
  return checksum(IEEE, bytes, 0, bytes.length, 0);
}

function checksum(table: Uint32Array, bytes: Uint8Array, start: number, end: number, seed: number): number {
  let state = ~seed;
  for (let at = start; at < end; at += 1) state = (table[(state ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (state >>> 8);
  return ~state >>> 0;
}

function tableOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ polynomial;
    return value;
  });
}
