import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import iconv from "iconv-lite";
import { testContext } from "#sdk/testing.ts";
import { encodingOf } from "../parts/encoding.ts";
import { Follower } from "./follower.ts";
import { guessEncoding } from "./guess-encoding.ts";
import { limitLines } from "../parts/long-lines.ts";

/** Text that each encoding can hold; 똠 and 뷁 are only in the extension of CP949. */
const SAMPLES: readonly (readonly [encoding: string, text: string])[] = [
  ["utf-8", "한글 똠방각하 뷁 🙂 a\0b"],
  ["cp949", "한글 똠방각하 뷁 漢字 a\0b"],
  ["euc-kr", "한글 로그 漢字"],
  ["shift_jis", "日本語 ｶﾅ テスト ソ表"],
  ["gb18030", "中文 日志 🙂 한"],
  ["gbk", "中文 日志"],
  ["big5", "中文 功許蓋"],
  ["euc-jp", "日本語 ｶﾅ"],
  ["latin1", "café ÿ £"],
  ["windows-1252", "café € “quoted”"],
  ["koi8-r", "журнал"],
  ["utf-16le", "한글 🙂 \u0a0a\u0a00\u000b"],
  ["utf-16be", "한글 🙂 \u0a0a\u0a00\u000b"],
  ["utf-32le", "한글 🙂"],
];

for (const [encoding, text] of SAMPLES) {
  test(`${encoding}: text arrives whole wherever it is torn`, async () => {
    await using context = await testContext({ mode: "run" });
    const path = join(context.configDir, "a.log");
    const bytes = iconv.encode(`${text}\n${text}\r\n\n${text}\n`, encoding, { addBOM: false });
    writeFileSync(path, "");
    await using follower = await new Follower(context).open({ path, encoding });
    // Each prefix is a state the file may be seen in.
    for (let end = 0; end <= bytes.length; end += 1) {
      writeFileSync(path, bytes.subarray(end - 1, end), { flag: "a" });
      await follower.glance();
    }
    await follower.untilLines(4);
    assert.deepEqual(follower.lines, [text, `${text}\r`, "", text]);
    assert(!follower.said("encoding"));
  });
}

test("cutting at a character's end never makes one from another", () =>
  fc.assert(
    fc.property(fc.constantFrom(...SAMPLES), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 12 }), ([name, text], most, times) => {
      const encoding = encodingOf(name, Buffer.alloc(0));
      const bytes = iconv.encode(text.repeat(times), name, { addBOM: false });
      const parts: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = encoding.characterEnd(bytes.subarray(at), Math.max(4, most));
        assert(0 < length && length <= Math.max(4, most));
        parts.push(iconv.decode(bytes.subarray(at, at + length), name, { stripBOM: false }));
        at += length;
      }
      assert.equal(parts.join(""), text.repeat(times));
    }),
  ));

test("the kernel's decoding is iconv-lite's, for every pair of bytes of CP949", async () => {
  await using context = await testContext();
  const { pool } = context;
  const encoding = encodingOf("cp949", Buffer.alloc(0));
  const source: Buffer[] = [];
  for (let lead = 0x80; lead < 0x100; lead += 1) {
    for (let trail = 0x30; trail < 0x100; trail += 1) {
      const pair = Buffer.from([lead, trail]);
      if (!iconv.decode(pair, "cp949").includes("\ufffd")) source.push(pair, Buffer.from("\n"));
    }
  }
  const bytes = Buffer.concat(source);
  const chunk = pool.take(bytes.length);
  chunk.bytes.set(bytes);
  const decoded = encoding.decode(pool, chunk.pointer, bytes.length);
  assert.equal(decoded.chunk.bytes.toString("utf8", 0, decoded.length), iconv.decode(bytes, "cp949"));
  assert.equal(decoded.invalid, 0);
  chunk.release();
  decoded.chunk.release();
});

test("a byte order mark at the beginning is left out, inside it stays", async () => {
  for (const encoding of ["utf-8", "utf-16le", "utf-16be", "utf-16"]) {
    await using context = await testContext({ mode: "test" });
    const path = join(context.configDir, "a.log");
    writeFileSync(path, iconv.encode("하나\n\ufeff둘\n", encoding === "utf-16" ? "utf-16be" : encoding, { addBOM: true }));
    await using follower = await new Follower(context).open({ path, encoding });
    await follower.toEnd();
    assert.deepEqual(follower.lines, ["하나", "\ufeff둘"], encoding);
  }
});

test("wrong encodings are named once a file, with the line and what fits", async () => {
  const cases = [
    ["utf-8", "cp949", "서버가 시작되었습니다"],
    ["utf-8", "utf-16le", "server started"],
    ["utf-8", "shift_jis", "サーバーを起動しました"],
    ["cp949", "utf-8", "서버가 시작되었습니다 똠"],
  ] as const;
  for (const [set, real, text] of cases) {
    await using context = await testContext({ mode: "test" });
    const path = join(context.configDir, "a.log");
    writeFileSync(path, Buffer.concat([Buffer.from(real === "utf-16le" ? "" : "plain\n"), iconv.encode(`${text}\n${text}\n`.repeat(3), real, { addBOM: real === "utf-16le" })]));
    await using follower = await new Follower(context).open({ path, encoding: set });
    await follower.toEnd();
    const warnings = context.said.filter(({ message }) => message.includes("encoding"));
    assert.equal(warnings.length, 1, `${set} ${real}`);
    assert.equal(warnings[0]?.fields["looksLike"], real);
    if (set === "utf-8" && real !== "utf-16le") assert.equal(warnings[0]?.fields["lineOffset"], 6);
  }
});

test("bytes that are no character become U+FFFD, are counted, and swallow no newline", async () => {
  await using context = await testContext({ mode: "test" });
  const path = join(context.configDir, "a.log");
  writeFileSync(path, Buffer.from([0x61, 0xb0, 0x0a, 0xff, 0x62, 0x0a]));
  await using follower = await new Follower(context).open({ path, encoding: "cp949" });
  await follower.toEnd();
  assert.deepEqual(follower.lines, ["a\ufffd", "\ufffdb"]);
  assert.equal(context.counts.get("invalid_characters_total"), 2);
});


test("texts that say nothing are not guessed", () => {
  assert.equal(guessEncoding(Buffer.from([0x81, 0x20, 0x9d, 0x20])), undefined);
});

test("limiting lines keeps every byte and makes no line longer than allowed", async () => {
  await using context = await testContext();
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 700 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 128, max: 300 }), fc.constantFrom("utf-8", "utf-16le"), (lengths, most, name) => {
      const encoding = encodingOf(name, Buffer.alloc(0));
      const lines = lengths.map((length, index) => "가a".repeat(length / 4) + String(index));
      const text = iconv.encode(lines.map((line) => `${line}\n`).join(""), name);
      const limited = limitLines(text, context.pool, encoding, { lineBytesMax: most, longLines: "split" });
      const isLong = (line: string): boolean => most - (most % encoding.unit) < iconv.encode(line, name).length;
      if (limited === undefined) return assert(!lines.some(isLong));
      const pieces = iconv.decode(Buffer.from(limited.chunk.bytes.subarray(0, limited.length)), name).split("\n");
      limited.chunk.release();
      assert(pieces.every((piece) => !isLong(piece)));
      assert.equal(pieces.join(""), lines.join(""));
      const skipped = limitLines(text, context.pool, encoding, { lineBytesMax: most, longLines: "skip" });
      assert(skipped !== undefined);
      const kept = iconv.decode(Buffer.from(skipped.chunk.bytes.subarray(0, skipped.length)), name);
      skipped.chunk.release();
      assert.equal(kept, lines.filter((line) => !isLong(line)).map((line) => `${line}\n`).join(""));
    }),
  );
});
