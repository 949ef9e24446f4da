// How large a text is, measured only where it may be too large: most are far from it.

/** In UTF-8 a text has at most so many times the bytes of its length. */
const BYTES_PER_UNIT_MAX = 3;

/** The bytes of a text that has more than `max` of them; undefined: it has not. */
export function bytesAbove(max: number, text: string): number | undefined {
  if (text.length * BYTES_PER_UNIT_MAX <= max) return undefined;
  const bytes = Buffer.byteLength(text);
  return max < bytes ? bytes : undefined;
}
