import assert from "node:assert/strict";
import test from "node:test";
import iconv from "iconv-lite";
import { encoding, isKnownEncoding } from "./encoding-option.ts";

test("encodings: texts of lines are known however they are spelled, and what is no text is not", () => {
  for (const name of ["utf-8", "UTF8", "cp949", "EUC-KR", "Shift_JIS", "gb18030", "GBK", "euc-jp", "big5", "utf-16le", "UTF-16BE", "UTF-16", "latin1", "ASCII", "windows-1252", "iso-8859-15"]) {
    assert(isKnownEncoding(name), name);
    assert(iconv.encodingExists(name), `${name} can be decoded`);
  }
  for (const name of ["klingon", "base64", "hex", "utf-7", ""]) assert(!isKnownEncoding(name), name);
});

test("encodings: another name is told with those there are", () => {
  assert.equal(encoding().parse(undefined), "utf-8");
  assert.match(encoding().safeParse("cp94").error?.issues[0]?.message ?? "", /utf-8, cp949, euc-kr/);
});
