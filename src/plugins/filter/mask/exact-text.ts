// Bytes as text and back without a change, also where they are no UTF-8: a byte that is not becomes a lone surrogate, as in
// Python's surrogateescape, and a byte again afterwards.
import type { ChunkMemory } from "#dataplane/memory.ts";

const ESCAPE = 0xdc00;

export function exactText({ bytes, kernels }: ChunkMemory, pointer: number, length: number): string {
  if (kernels.isAscii(pointer, length) === 1) return bytes.toString("latin1", pointer, pointer + length);
  let text = "";
  for (let at = 0; at < length; ) {
    const bad = kernels.findInvalidUtf8(pointer + at, length - at);
    const end = bad === -1 ? length : at + bad;
    text += bytes.toString("utf8", pointer + at, pointer + end);
    if (end < length) text += String.fromCharCode(ESCAPE + (bytes[pointer + end] ?? 0));
    at = end + 1;
  }
  return text;
}

export function exactBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  // With the flag `u` only lone halves match.
  return Buffer.concat(text.split(/([\udc80-\udcff])/u).map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - ESCAPE) : Buffer.from(part))));
}
