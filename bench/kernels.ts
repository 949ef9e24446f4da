// How fast each kernel is on one core, compiled and plain: `node bench/kernels.ts [--only name]`. Makes its own input in
// memory (access log, JSON lines, Korean text), checks what comes out, prints megabytes of input a second.
import assert from "node:assert/strict";
import { strKey, ValueReader } from "#dataplane/msgpack.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import { CLASS, KIND, rowWords, SPLIT, TIME } from "#dataplane/layout.ts";
import type { Kind } from "#dataplane/layout.ts";
import iconv from "iconv-lite";

/** As the pipelines work: a megabyte at a time, for it stays in the cache. */
const CHUNK_BYTES = 1 << 20;
const SECONDS = 1_790_000_000;
const ROUND_MS = 120;
const ROUNDS = 4;

const only = process.argv[process.argv.indexOf("--only") + 1];
const columns: readonly (readonly [name: string, kind: Kind])[] = [
  ["remote", KIND.string], ["user", KIND.string], ["time", KIND.string], ["method", KIND.string], ["path", KIND.string], ["protocol", KIND.string],
  ["code", KIND.integer], ["size", KIND.integer], ["referer", KIND.string], ["agent", KIND.string], ["ident", KIND.string],
];

/** Speeds (compiled, plain) by kernel and implementation. */
const table = new Map<string, { wasm?: number; plain?: number }>();
for (const kind of ["wasm", "plain"] as const) measureAll(kind);
const speed = (value = 0): string => String(Math.round(value)).padStart(8);
for (const [name, { wasm, plain }] of table) console.log(`${name.padEnd(42)} ${speed(wasm)} ${speed(plain)}  MB/s`);

function measureAll(kind: "wasm" | "plain"): void {
  const memory = new ChunkMemory({ bytesMax: 64 << 20, kernels: kind });
  const pool = memory.pool();
  const { kernels } = memory;
  const measure = (name: string, bytes: number, run: () => void): void => {
    if (process.argv.includes("--only") && only !== name) return;
    const row = table.get(name) ?? {};
    row[kind] = speedOf(bytes, run);
    table.set(name, row);
  };

  const access = put(pool, accessLines(CHUNK_BYTES));
  const rows = access.text.split("\n").length - 1;
  const out = pool.take(CHUNK_BYTES * 8);
  const key = put(pool, strKey("message"));
  const jsonKey = put(pool, Buffer.from('"message":'));
  const noTime = words(pool, [0, 0, 0, 0, SECONDS, 0]);
  const timeLiteral = put(pool, Buffer.from('"time":'));
  const withTime = words(pool, [timeLiteral.pointer, 7, 540, 3, SECONDS, 123_000_000]);

  assert.equal(kernels.countLines(access.pointer, access.length), rows);
  measure("countLines", access.length, () => kernels.countLines(access.pointer, access.length));
  measure("countEscapes", access.length, () => kernels.countEscapes(access.pointer, access.length));
  measure("isAscii", access.length, () => kernels.isAscii(access.pointer, access.length));
  measure("lineTable", access.length, () => kernels.lineTable(access.pointer, access.length, out.pointer));
  measure("packLines", access.length, () => kernels.packLines(access.pointer, access.length, out.pointer, key.pointer, key.length, SECONDS, 0));
  measure("linesToJson", access.length, () => kernels.linesToJson(access.pointer, access.length, out.pointer, jsonKey.pointer, jsonKey.length, withTime));
  measure("crc32c", access.length, () => kernels.crc32c(access.pointer, access.length, 0));

  const split = splitProgram(pool);
  const timeProgram = words(pool, [0, ...accessTime(), TIME.stop, 0]);
  const json = emitProgram(pool, (name) => Buffer.from(`${JSON.stringify(name)}:`));
  const packed = emitProgram(pool, strKey);
  const fields = pool.take(rows * rowWords(columns.length) * 4);
  const splitAll = (): number => kernels.splitFields(access.pointer, access.length, split, columns.length, fields.pointer);
  const parseAll = (): number => kernels.parseTimes(fields.pointer, rows, columns.length, 2, timeProgram, 0);
  const emitAll = (time: number): number => kernels.fieldsToJson(fields.pointer, rows, columns.length, json, time, out.pointer);
  assert.equal(splitAll(), 0);
  assert.equal(parseAll(), 0);
  const lines = out.bytes.subarray(0, emitAll(withTime)).toString().trimEnd().split("\n");
  assert.equal(lines.length, rows);
  assert.equal(JSON.parse(lines[0] ?? "").agent, access.text.split("\n")[0]?.split('"')[5]);
  measure("splitFields", access.length, splitAll);
  measure("parseTimes", access.length, parseAll);
  splitAll();
  measure("fieldsToJson", access.length, () => emitAll(noTime));
  measure("splitFields + fieldsToJson", access.length, () => {
    splitAll();
    emitAll(noTime);
  });
  measure("splitFields + parseTimes + fieldsToJson", access.length, () => {
    splitAll();
    parseAll();
    emitAll(withTime);
  });
  measure("fieldsToEntries", access.length, () => kernels.fieldsToEntries(fields.pointer, rows, columns.length, packed, SECONDS, 0, out.pointer));

  const records = put(pool, jsonLines(CHUNK_BYTES));
  const recordCount = records.text.split("\n").length - 1;
  const timeKey = put(pool, Buffer.from("time"));
  const result = pool.take(8);
  const entries = pool.take(CHUNK_BYTES * 2 + recordCount * 16);
  const transcode = (): number => kernels.jsonToEntries(records.pointer, records.length, entries.pointer, timeKey.pointer, timeKey.length, 0, SECONDS, 0, result.pointer);
  const entryBytes = transcode();
  assert.equal(memory.words[result.pointer >>> 2], records.length);
  const entryTable = pool.take(recordCount * 20);
  assert.equal(kernels.entryTable(entries.pointer, entryBytes, entryTable.pointer), recordCount);
  const { time: _, ...first } = JSON.parse(records.text.split("\n")[0] ?? "");
  assert.deepEqual({ ...(new ValueReader(memory.bytes, memory.words[(entryTable.pointer >>> 2) + 2] ?? 0).value() as object) }, first);
  measure("jsonToEntries", records.length, transcode);
  measure("entryTable", entryBytes, () => kernels.entryTable(entries.pointer, entryBytes, entryTable.pointer));
  measure("entriesToJson", entryBytes, () => kernels.entriesToJson(entryTable.pointer, recordCount, withTime, out.pointer));
  const statusKey = put(pool, Buffer.from("status"));
  measure("findValues", entryBytes, () => kernels.findValues(entryTable.pointer, recordCount, statusKey.pointer, statusKey.length, out.pointer));

  const korean = koreanLines(CHUNK_BYTES / 2).toString();
  const utf8 = put(pool, Buffer.from(korean));
  measure("findInvalidUtf8, Korean", utf8.length, () => kernels.findInvalidUtf8(utf8.pointer, utf8.length));
  measure("findInvalidUtf8, ASCII", access.length, () => kernels.findInvalidUtf8(access.pointer, access.length));
  const cp949 = put(pool, iconv.encode(korean, "cp949"));
  const codePage = put(pool, codePageTable());
  const decode = (): number => kernels.decodeDoubleByte(cp949.pointer, cp949.length, codePage.pointer, out.pointer, result.pointer);
  assert.equal(out.bytes.subarray(0, decode()).toString(), korean);
  measure("decodeDoubleByte, Korean", cp949.length, decode);
  measure("decodeDoubleByte, ASCII", access.length, () => kernels.decodeDoubleByte(access.pointer, access.length, codePage.pointer, out.pointer, result.pointer));
}

/** Megabytes a second of this thread's processor time: the best of some rounds, for other work on the machine only slows. The system counts it in steps of some milliseconds, so rounds are long. */
function speedOf(bytes: number, run: () => void): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.threadCpuUsage();
    const startMs = performance.now();
    let times = 0;
    do {
      run();
      times += 1;
    } while (performance.now() - startMs < ROUND_MS);
    const { user, system } = process.threadCpuUsage(before);
    best = Math.max(best, (bytes * times) / (user + system));
  }
  return best;
}

function put(pool: ChunkPool, bytes: Buffer): { readonly pointer: number; readonly length: number; readonly text: string; readonly chunk: Chunk } {
  const chunk = pool.take(bytes.length);
  chunk.bytes.set(bytes);
  return { pointer: chunk.pointer, length: bytes.length, text: bytes.toString(), chunk };
}

function words(pool: ChunkPool, values: readonly number[]): number {
  const chunk = pool.take(values.length * 4);
  pool.memory.words.set(values, chunk.pointer >>> 2);
  return chunk.pointer;
}

/** `remote ident user [time] "method path protocol" code size "referer" "agent"` */
function splitProgram(pool: ChunkPool): number {
  const program: number[] = [];
  const until = (delimiter: string, column: number, kind: number): void => {
    program.push(SPLIT.until, delimiter.charCodeAt(0), column, kind | (1 << 8));
  };
  const literal = (text: string): void => {
    program.push(SPLIT.literal, put(pool, Buffer.from(text)).pointer, text.length, 0);
  };
  const column = (name: string): number => columns.findIndex(([candidate]) => candidate === name);
  until(" ", column("remote"), CLASS.nonSpace); literal(" ");
  until(" ", column("ident"), CLASS.nonSpace); literal(" ");
  until(" ", column("user"), CLASS.nonSpace); literal(" [");
  until("]", column("time"), CLASS.any); literal('] "');
  until(" ", column("method"), CLASS.nonSpace); literal(" ");
  until(" ", column("path"), CLASS.nonSpace); literal(" ");
  until('"', column("protocol"), CLASS.any); literal('" ');
  until(" ", column("code"), CLASS.nonSpace); literal(" ");
  until(" ", column("size"), CLASS.nonSpace); literal(' "');
  until('"', column("referer"), CLASS.any); literal('" "');
  until('"', column("agent"), CLASS.any); literal('"');
  return words(pool, [...program, SPLIT.end, 0, 0, 0, SPLIT.stop, 0, 0, 0]);
}

function accessTime(): number[] {
  const literal = (text: string): number[] => [TIME.literal, text.charCodeAt(0)];
  return [TIME.day2, 0, ...literal("/"), TIME.monthName, 0, ...literal("/"), TIME.year4, 0, ...literal(":"), TIME.hour2, 0, ...literal(":"), TIME.minute2, 0, ...literal(":"), TIME.second2, 0, ...literal(" "), TIME.zone, 0];
}

function emitProgram(pool: ChunkPool, keyOf: (name: string) => Buffer): number {
  const lineKey = put(pool, keyOf("message"));
  return words(pool, [columns.length, lineKey.pointer, lineKey.length, 0, ...columns.flatMap(([name, kind], index) => {
    const key = put(pool, keyOf(name));
    return [key.pointer, key.length, kind, index];
  })]);
}

function codePageTable(): Buffer {
  const units = new Uint16Array(256 + 65_536);
  for (let byte = 0; byte < 0x80; byte += 1) units[byte] = byte;
  for (let pair = 0x8141; pair < 0xff00; pair += 1) {
    const text = iconv.decode(Buffer.from([pair >> 8, pair & 0xff]), "cp949");
    if (text.length === 1 && text !== "\ufffd") units[256 + pair] = text.charCodeAt(0);
  }
  return Buffer.from(units.buffer);
}

/** Lines of an nginx access log, 209 bytes on average. */
function accessLines(bytesMax: number): Buffer {
  const next = random();
  const agents = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/8.5.0"] as const;
  const paths = ["/", "/index.html", "/api/v1/orders", "/static/app.3f9a1c.js", "/api/v2/users/profile"] as const;
  const referers = ["-", "https://www.example.com/", "https://www.example.com/catalog?page=2", "https://shop.example.org/cart"] as const;
  return linesUpTo(bytesMax, (row) => {
    const ip = `${1 + (next() % 223)}.${next() % 256}.${next() % 256}.${next() % 256}`;
    const second = String(Math.floor(row / 290) % 60).padStart(2, "0");
    return `${ip} - ${next() % 4 === 0 ? `user${next() % 1000}` : "-"} [10/Oct/2026:13:55:${second} +0000] "GET ${paths[next() % 5]}?rid=${String(row).padStart(10, "0")}&s=${next().toString(36)} HTTP/1.1" ${[200, 200, 304, 404][next() % 4]} ${next() % 100_000} "${referers[next() % 4]}" "${agents[next() % 4]}"`;
  });
}

/** Lines of JSON, 320 bytes on average. */
function jsonLines(bytesMax: number): Buffer {
  const next = random();
  return linesUpTo(bytesMax, (row) =>
    `{"time":"${new Date(1_790_000_000_000 + row * 3).toISOString()}","level":"${["info", "warn", "error"][next() % 3]}","host":"web-${next() % 40}","svc":"checkout","rid":"rid=${String(row).padStart(10, "0")}","method":"GET","path":"/api/v1/orders","status":${200 + (next() % 300)},"size":${next() % 100_000},"dur":${(next() % 1_000_000) / 1000},"ok":true,"client":{"ip":"${next() % 256}.${next() % 256}.1.2","ua":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},"msg":"request \\"GET\\" done"}`);
}

/** Sentences of Korean words, a number here and there. */
function koreanLines(bytesMax: number): Buffer {
  const next = random();
  const words = ["서울", "강남구에서", "결제", "오류가", "났습니다", "주문", "번호", "사용자", "홍길동이", "로그인에", "실패했습니다", "서버를", "다시", "시작합니다"] as const;
  return linesUpTo(bytesMax, () => Array.from({ length: 4 + (next() % 8) }, () => (next() % 6 === 0 ? String(next() % 100_000) : words[next() % 14])).join(" "));
}

function linesUpTo(bytesMax: number, line: (row: number) => string): Buffer {
  const parts: string[] = [];
  for (let row = 0, bytes = 0; ; row += 1) {
    const text = `${line(row)}\n`;
    bytes += text.length;
    if (bytesMax < bytes) return Buffer.from(parts.join(""));
    parts.push(text);
  }
}

/** The same numbers in every run (mulberry32). */
function random(): () => number {
  let state = 42;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
