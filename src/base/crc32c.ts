// CRC-32C (Castagnoli; RFC 3720, appendix B.4) of ordinary buffers: short texts and frame heads. Payloads in chunk
// memory go through `kernels.crc32c`, which gives the same numbers. Node's own zlib.crc32 is another polynomial.
const TABLE = new Uint32Array(256);
for (let index = 0; index < 256; index += 1) {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0x82f6_3b78;
  TABLE[index] = value;
}

/** Checksum of `bytes[start, end)`, continued from `seed` (0 at first); unsigned. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let state = ~seed;
  for (let at = start; at < end; at += 1) state = (TABLE[(state ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (state >>> 8);
  return ~state >>> 0;
}
