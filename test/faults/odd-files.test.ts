// Files that are not as files should be: gone while read, full of zeros, torn inside characters, in another encoding, without a
// line end for long, very many. Through the whole agent, each beside a healthy pipeline that must not notice.
import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync, appendFileSync, existsSync } from "node:fs";
import { test } from "node:test";
import iconv from "iconv-lite";
import { folder, until } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import { startAgent } from "./agent.ts";
import { appendNumbered, assertAllArrived, distinctOf, numbersIn, numbersOf } from "./numbered.ts";

const ARRIVE_MS = 60_000;
const WIDTH = 1000;
/** The soak gives 1 GiB. */
const LONG_LINE_BYTES = Number(process.env["DURE_LONG_LINE_BYTES"] ?? 64 << 20);
const FILES = 10_000;

test("a file deleted while it is read is read to its end", { timeout: 120_000 }, async () => {
  await using dir = folder();
  await using receiver = await startForwardReceiver();
  await receiver.down();
  const log = dir.file("app.log");
  const total = 30_000;
  appendNumbered(log, 0, total, WIDTH);
  const agent = startAgent(dir, {
    main: { retry: { first: "50ms", most: "250ms" }, steps: [{ "in.FileTail": log }, { "out.Fluentd": { host: "127.0.0.1", port: receiver.port } }] },
  });
  // The reader is in the middle of it: four batches of a MiB are under way, and no more goes out.
  await agent.logged(/the output refused a batch/);
  rmSync(log);
  await receiver.up();
  await until(() => distinctOf(numbersOf(receiver.lines())) === total, "all lines of the deleted file", ARRIVE_MS);
  await agent.stop();
  assertAllArrived(numbersOf(receiver.lines()), total, "the deleted file");
});

test("NUL bytes, characters torn at any place, another encoding: the bytes arrive, and what is wrong is said with a hint", { timeout: 120_000 }, async () => {
  await using dir = folder();
  // Characters of two and three bytes behind lines of odd lengths: whatever is read at once ends inside one somewhere.
  const korean = Array.from(
    { length: 40_000 },
    (_, line) => `${line} ${"가나다라마바사아자차카타파하똠방각하펲시콜라".slice(0, 3 + (line % 19))}${"x".repeat(line % 3)}`,
  );
  const text = `${korean.join("\n")}\n`;
  const cp949 = iconv.encode(text, "cp949");
  const nuls = Buffer.concat(Array.from({ length: 2_000 }, (_, line) => Buffer.from(`${line} a\0b\0\0${"\0".repeat(line % 90)}\n`)));
  const files = {
    "utf8.log": Buffer.from(text),
    "cp949.log": cp949,
    "wrong.log": cp949.subarray(0, cp949.indexOf(10, 30_000) + 1),
    "nuls.log": nuls,
    "healthy.log": Buffer.from("fine\n"),
  };
  for (const name of ["wrong.log", "nuls.log", "healthy.log"] as const) writeFileSync(dir.file(name), files[name]);
  const pipeline = (name: string, encoding?: string) => [
    { "in.FileTail": { path: name, ...(encoding === undefined ? {} : { encoding }) } },
    { "out.File": { path: `out/${name}`, format: "lines" } },
  ];
  const agent = startAgent(dir, {
    utf8: pipeline("utf8.log"),
    cp949: pipeline("cp949.log", "cp949"),
    wrong: pipeline("wrong.log"),
    nuls: pipeline("nuls.log"),
    healthy: pipeline("healthy.log"),
  });
  const arrived = (name: string): Buffer => (existsSync(dir.file("out", name)) ? readFileSync(dir.file("out", name)) : Buffer.alloc(0));
  await until(() => arrived("healthy.log").length === 5, "the healthy pipeline runs", ARRIVE_MS);
  // Written in pieces of odd sizes while it is followed: a read may end anywhere.
  for (const name of ["utf8.log", "cp949.log"] as const) {
    const descriptor = openSync(dir.file(name), "w");
    for (let at = 0, piece = 1; at < files[name].length; at += piece, piece = (piece * 7 + 13) % 60_001) {
      writeSync(descriptor, files[name], at, Math.min(piece, files[name].length - at));
      await new Promise((resolve) => setImmediate(resolve));
    }
    closeSync(descriptor);
  }
  for (const name of ["utf8.log", "cp949.log"]) await until(() => arrived(name).length === Buffer.byteLength(text), `${name} to its end`, ARRIVE_MS);
  await until(() => arrived("nuls.log").length === nuls.length, "all NUL bytes", ARRIVE_MS);
  await until(() => arrived("wrong.log").length === files["wrong.log"].length, "text in a wrong encoding", ARRIVE_MS);
  await agent.logged(/WARN .*wrong 1:in.FileTail.*text is not in the encoding that is set.*wrong\.log.*encoding=utf-8.*set encoding: cp949/);
  await agent.stop();
  assert(arrived("utf8.log").equals(Buffer.from(text)));
  assert(arrived("cp949.log").equals(Buffer.from(text)), "turned into UTF-8");
  assert(arrived("nuls.log").equals(nuls));
  assert(arrived("wrong.log").equals(files["wrong.log"]), "bytes that are no UTF-8 pass through as they are");
  assert.doesNotMatch(agent.log(), /(utf8|cp949|nuls|healthy) 1:in.FileTail.*not in the encoding/);
});

test(
  `a line of ${LONG_LINE_BYTES >> 20} MiB: memory stays flat, its pieces arrive, and so does the next line and every other pipeline`,
  { timeout: 120_000 + LONG_LINE_BYTES / 4096 },
  async (context) => {
    await using dir = folder();
    const log = dir.file("long.log");
    const descriptor = openSync(log, "w");
    const piece = Buffer.alloc(8 << 20, "abcdefghij");
    for (let written = 0; written < LONG_LINE_BYTES; written += piece.length)
      writeSync(descriptor, piece, 0, Math.min(piece.length, LONG_LINE_BYTES - written));
    writeSync(descriptor, "\nnext\n");
    closeSync(descriptor);
    const other = dir.file("other.log");
    writeFileSync(other, "");
    const agent = startAgent(dir, {
      long: [{ "in.FileTail": { path: log } }, { "out.File": { path: "long.out", format: "lines" } }],
      other: [{ "in.FileTail": { path: other } }, { "out.File": { path: "other.out", format: "lines" } }],
    });
    const out = dir.file("long.out");
    const samples: number[] = [];
    let lines = 0;
    await until(
      () => {
        samples.push(agent.memoryMiB() ?? 0);
        appendNumbered(other, lines, (lines += 1), WIDTH);
        return existsSync(out) && LONG_LINE_BYTES + "next\n".length < statSync(out).size;
      },
      "the long line and the next one",
      ARRIVE_MS + LONG_LINE_BYTES / 4096,
    );
    await until(() => numbersIn(dir.file("other.out")).length === lines, "the other pipeline's lines", ARRIVE_MS);
    await agent.logged(/WARN .*long 1:in.FileTail.*a line is longer than max_line.*long\.log/);
    await agent.stop();
    const most = Math.max(...samples);
    context.diagnostic(`RSS at most ${most.toFixed(0)} MiB over ${samples.length} samples; ${lines} other lines`);
    assert(most < 160, `resident memory ${most} MiB`);
    if (LONG_LINE_BYTES <= 256 << 20) {
      const arrived = readFileSync(out, "latin1");
      assert(arrived.endsWith("\nnext\n"));
      assert.equal(arrived.replaceAll("\n", "").length, LONG_LINE_BYTES + "next".length);
    }
  },
);

test(`${FILES} files: every line of each arrives, with a bounded number of open files`, { timeout: 120_000 }, async (context) => {
  await using dir = folder();
  mkdirSync(dir.file("logs"));
  const name = (file: number): string => dir.file("logs", `${file}.log`);
  for (let file = 0; file < FILES; file += 1) writeFileSync(name(file), `${file} first\n`);
  const agent = startAgent(dir, { main: [{ "in.FileTail": "logs/*.log" }, { "out.File": { path: "out.log", format: "lines" } }] });
  const out = dir.file("out.log");
  await until(() => numbersIn(out).length === FILES, "the first line of each file", ARRIVE_MS);
  let openMost = agent.openFiles() ?? 0;
  for (let file = 0; file < FILES; file += 10) appendFileSync(name(file), `${FILES + file} second\n`);
  await until(() => ((openMost = Math.max(openMost, agent.openFiles() ?? 0)), numbersIn(out).length === FILES + FILES / 10), "the second lines", ARRIVE_MS);
  await agent.stop();
  context.diagnostic(`at most ${openMost} descriptors open, RSS sampled by the long line's test`);
  assert(openMost < 700, `${openMost} descriptors are open`);
  assert.equal(distinctOf(numbersIn(out)), FILES + FILES / 10);
});
