// An option that names an encoding of text.
import iconv from "iconv-lite";
import { z } from "zod";

/** What most configs name, by its plain name: known without loading its tables, which takes longer than checking all the rest of a step. */
const COMMON = new Set(["utf8", "utf16le", "utf16be", "cp949", "euckr", "shiftjis", "eucjp", "gb18030", "gbk", "big5", "latin1", "ascii", "windows1252"]);
/** Encodings of the library that are no texts of lines. */
const NOT_LINES = new Set(["base64", "hex", "utf7", "utf7imap", "cesu8", "internal", "utf32", "ucs4"]);

export function encoding() {
  return z
    .string()
    .default("utf-8")
    .refine(isKnownEncoding, {
      message: "unknown encoding; write for example utf-8, cp949, euc-kr, shift_jis, gb18030, utf-16le or latin1",
      params: { ko: "알 수 없는 인코딩입니다. 예: utf-8, cp949, euc-kr, shift_jis, gb18030, utf-16le, latin1" },
    });
}

export function isKnownEncoding(name: string): boolean {
  const key = plainEncoding(name);
  return COMMON.has(key) || (!NOT_LINES.has(key) && (key === "utf16" || iconv.encodingExists(name)));
}

/** `UTF-16LE` as `utf16le`: how names are compared. */
export function plainEncoding(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
