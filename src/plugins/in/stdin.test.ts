import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import iconv from "iconv-lite";
import { LineCutter } from "./parts/line-cutter.ts";

const CHILD = new URL("./stdin-test-child.ts", import.meta.url).pathname;
const start = (where: string, options: object, stdin: "pipe" | number = "pipe") =>
  spawn(process.execPath, [CHILD, where, JSON.stringify(options)], { stdio: [stdin, "pipe", "pipe"] });
const END = "end of input 0 0";

async function linesOf(where: string, options: object, input: Buffer): Promise<string[]> {
  const child = start(where, options);
  child.stdin?.end(input);
  return (await text(child.stdout as NodeJS.ReadableStream)).trimEnd().split("\n");
}

for (const where of ["main", "worker"]) {
  test(`stdin: lines from a pipe, to its end, in a ${where} thread`, async () => {
    assert.deepEqual(await linesOf(where, {}, Buffer.from("\ufeff첫 줄\nb\n\n마지막")), ['"첫 줄"', '"b"', '""', '"마지막"', END]);
    assert.deepEqual(await linesOf(where, {}, Buffer.alloc(0)), [END]);
    const big = Array.from({ length: 50_000 }, (_, index) => `"${index} 가나다"`);
    assert.deepEqual(await linesOf(where, {}, Buffer.from(big.map((line) => JSON.parse(line) as string).join("\n"))), [...big, END]);
  });

  test(`stdin: a stop ends the waiting in a ${where} thread, though nobody typed`, async () => {
    const child = start(where, {});
    child.stdin?.write("one\nhal");
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill("SIGTERM");
    assert.match(await text(child.stdout as NodeJS.ReadableStream), /^"hal"\nend stopped 0 0/, "what was taken is given on");
  });
}

test("stdin: a file, and other encodings", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-stdin-"));
  try {
    writeFileSync(join(dir, "in"), "a\nb\n");
    const fd = openSync(join(dir, "in"), "r");
    const child = start("worker", {}, fd);
    closeSync(fd);
    assert.equal(await text(child.stdout as NodeJS.ReadableStream), `"a"\n"b"\n${END}\n`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  for (const encoding of ["cp949", "utf-16le", "shift_jis"]) {
    const line = encoding === "shift_jis" ? "日本語のログ" : "똠방각하 로그";
    assert.deepEqual(await linesOf("main", { encoding }, iconv.encode(`${line}\n`.repeat(30_000), encoding)), [
      ...Array.from({ length: 30_000 }, () => JSON.stringify(line)),
      END,
    ]);
  }
});

test("stdin: a line that is too long is cut between characters, and the rest of it skipped", async () => {
  const lines = await linesOf("main", { max_line: 10 }, Buffer.from(`ok\n${"가".repeat(5)}\n${"x".repeat(600_000)}\nafter\n${"나".repeat(400_000)}`));
  assert.deepEqual(lines, ['"ok"', '"가가가"', `"${"x".repeat(10)}"`, '"after"', '"나나나"', "end of input 3 0"]);
});

test("stdin: a megabyte of empty lines comes in batches that what stands behind can bear", async () => {
  for (const encoding of ["utf-8", "cp949"]) {
    const lines = await linesOf("main", { encoding }, Buffer.concat([Buffer.from("a\n"), Buffer.alloc(1 << 20, 10), Buffer.from("b")]));
    assert.equal(lines.length, (1 << 20) + 3);
    assert.deepEqual([lines[0], new Set(lines.slice(1, -2)), ...lines.slice(-2)], ['"a"', new Set(['""']), '"b"', END]);
  }
});

test("stdin: however the bytes are torn, the lines are the same", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: "grapheme", maxLength: 12 }).map((line) => line.replaceAll("\n", "")),
        { maxLength: 20 },
      ),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      fc.boolean(),
      (lines, sizes, endsWithNewline) => {
        const bytes = Buffer.from(lines.join("\n") + (endsWithNewline && 0 < lines.length ? "\n" : ""));
        const cutter = new LineCutter(1000);
        let got = "";
        for (let at = 0; at <= bytes.length;) {
          const fresh = bytes.subarray(at, at + (sizes.next().value ?? 1));
          at += Math.max(1, fresh.length);
          const buffer = Buffer.alloc(cutter.roomFor(fresh.length));
          const carried = cutter.putCarried(buffer);
          fresh.copy(buffer, carried);
          got += buffer.subarray(0, cutter.cut(buffer, carried + fresh.length, fresh.length === 0).length).toString();
        }
        // The last turn, with nothing fresh, is the end.
        const end = Buffer.alloc(cutter.roomFor(0));
        got += end.subarray(0, cutter.cut(end, cutter.putCarried(end), true).length).toString();
        assert.equal(got, bytes.length === 0 || bytes.at(-1) === 10 ? bytes.toString() : `${bytes.toString()}\n`);
      },
    ),
  );
});
