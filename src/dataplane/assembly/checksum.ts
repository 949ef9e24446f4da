// CRC-32C sixteen bytes at a time ("slicing": M. Kounavis and F. Berry, 2005).

const SLICES: u32 = 16;
const SLICE_BYTES: u32 = 1024;
const POLYNOMIAL: u32 = 0x82f6_3b78;
/**
 * The tables lie in the second of the two pages left to kernels, not in static data: that would be zeroed for an instant whenever another
 * thread makes its own instance on this memory. Every instance writes the same numbers here.
 */
const TABLES: usize = 0x1_0000;

for (let byte: u32 = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  store<u32>(TABLES + (byte << 2), crc);
}
for (let slice: u32 = 1; slice < SLICES; slice += 1) {
  for (let byte: u32 = 0; byte < 256; byte += 1) {
    const before = load<u32>(TABLES + (slice - 1) * SLICE_BYTES + (byte << 2));
    store<u32>(TABLES + slice * SLICE_BYTES + (byte << 2), (before >>> 8) ^ load<u32>(TABLES + ((before & 0xff) << 2)));
  }
}

export function crc32c(pointer: usize, length: u32, seed: u32): u32 {
  let crc = ~seed;
  let at = pointer;
  const end = pointer + length;
  while (at + 16 <= end) {
    crc = fold(load<u32>(at) ^ crc, 12) ^ fold(load<u32>(at, 4), 8) ^ fold(load<u32>(at, 8), 4) ^ fold(load<u32>(at, 12), 0);
    at += 16;
  }
  while (at < end) {
    crc = (crc >>> 8) ^ load<u32>(TABLES + (((crc ^ load<u8>(at)) & 0xff) << 2));
    at += 1;
  }
  return ~crc;
}

/** Four bytes, after which `slice` more words' bytes follow in the block. */
@inline
function fold(word: u32, slice: u32): u32 {
  return load<u32>(TABLES + (slice + 3) * SLICE_BYTES + ((word & 0xff) << 2))
    ^ load<u32>(TABLES + (slice + 2) * SLICE_BYTES + (((word >>> 8) & 0xff) << 2))
    ^ load<u32>(TABLES + (slice + 1) * SLICE_BYTES + (((word >>> 16) & 0xff) << 2))
    ^ load<u32>(TABLES + slice * SLICE_BYTES + ((word >>> 24) << 2));
}
