// Guesses, for a hint to people, what encoding a text has that is not what the options say.
import iconv from "iconv-lite";

/** In the order in which our users have them. Each is taken only when it decodes the sample without a bad byte into letters of its language. */
const CANDIDATES: readonly (readonly [name: string, letters: RegExp])[] = [
  ["cp949", /[\uac00-\ud7a3]/gu],
  ["shift_jis", /[\u3040-\u30ff\u4e00-\u9fff]/gu],
  ["gb18030", /[\u4e00-\u9fff]/gu],
];

/** The name to write under `encoding`, or undefined. */
export function guessEncoding(sample: Buffer): string | undefined {
  if (sample[0] === 0xff && sample[1] === 0xfe) return "utf-16le";
  if (sample[0] === 0xfe && sample[1] === 0xff) return "utf-16be";
  const zeros = sample.filter((byte) => byte === 0).length;
  if (sample.length < zeros * 3) return sample[0] === 0 ? "utf-16be" : "utf-16le";
  if (isUtf8(sample)) return "utf-8";
  for (const [name, letters] of CANDIDATES) {
    const text = iconv.decode(sample, name);
    const foreign = text.replace(/[\x00-\x7f]/g, "").length;
    if (!text.slice(0, -1).includes("\ufffd") && foreign <= 2 * (text.match(letters) ?? []).length) return name;
  }
  return sample.some((byte) => 0x80 <= byte && byte < 0xa0) ? undefined : "latin1";
}

function isUtf8(sample: Buffer): boolean {
  // The sample may end inside a character.
  const text = sample.toString();
  return sample.some((byte) => 0x80 <= byte) && !text.slice(0, -1).includes("\ufffd");
}
