// CRC-32C, a byte at a time. The polynomial is 0x1EDC6F41, bit-reversed.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f6_3b78;
  return crc;
});

export function crc32c(bytes: Uint8Array, pointer: number, length: number, seed: number): number {
  let crc = ~seed;
  for (let at = pointer; at < pointer + length; at += 1) crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
