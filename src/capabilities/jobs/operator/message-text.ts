// The text of a message's body. The old operator wrote ASCII with escapes and read UTF-8; what some senders in Korea put there is CP949.
import { isAscii, isUtf8 } from "node:buffer";
import { createRequire } from "node:module";

export interface MessageText {
  readonly text: string;
  /** It was not UTF-8: what is answered has to be ASCII, which both sides read alike. */
  readonly isCp949: boolean;
}

/** Undefined: it is no text. */
export function messageText(body: Buffer): MessageText | undefined {
  if (isAscii(body)) return { text: body.toString("latin1"), isCp949: false };
  if (isUtf8(body)) {
    const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
    return { text: body.toString("utf8", hasMark ? 3 : 0), isCp949: false };
  }
  // Its tables are loaded with the first such message.
  const { decode } = createRequire(import.meta.url)("iconv-lite") as { readonly decode: (bytes: Buffer, encoding: string) => string };
  const text = decode(body, "cp949");
  // Broken UTF-8 gives rare Chinese characters or none: such a text is not guessed at.
  return text.includes("\ufffd") || !/[가-힣]/.test(text) ? undefined : { text, isCp949: true };
}

/** JSON with escapes in place of all that is not ASCII. */
export function asciiJson(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function hasOnlyAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
