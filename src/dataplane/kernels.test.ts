// The compiled kernels and the plain twins give the same bytes and numbers, whatever comes in.
import { before, test } from "node:test";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import fc from "fast-check";
import { anyBytes, anyBytesEvenLong, anyEntry, FUZZ, goodEntry, jsonLine, nanoseconds, numberText, seconds, timeText } from "./kernels-inputs.testing.ts";
import { KernelPair } from "./kernels-pair.testing.ts";
import { CLASS, KIND, NO_COLUMN, ROW, rowWords, SPLIT, STATUS, TIME } from "./layout.ts";

const ENTRY_WORDS = 5;
let pair: KernelPair;

before(() => {
  assert(existsSync(fileURLToPath(new URL("../../build/kernels.wasm", import.meta.url))), "the kernels are built: node scripts/build-kernels.mjs");
  pair = new KernelPair();
});

/** The property, on a memory that was cleared. */
function same<Values extends [unknown, ...unknown[]]>(name: string, ...parts: [...{ [Index in keyof Values]: fc.Arbitrary<Values[Index]> }, (...values: Values) => void]): void {
  const body = parts.pop() as (...values: Values) => void;
  test(name, () => {
    fc.assert(
      fc.property(...(parts as unknown as { [Index in keyof Values]: fc.Arbitrary<Values[Index]> }), (...values: Values) => {
        pair.clear();
        body(...values);
      }),
      FUZZ,
    );
  });
}

const linesIn = (bytes: Buffer): number => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);

same("text: counts and checks", anyBytesEvenLong, fc.nat({ max: 12 }), (bytes, count) => {
  const text = pair.put(bytes);
  pair.run((kernels) => kernels.countLines(text, bytes.length));
  pair.run((kernels) => kernels.countEscapes(text, bytes.length));
  pair.run((kernels) => kernels.isAscii(text, bytes.length));
  pair.run((kernels) => kernels.findInvalidUtf8(text, bytes.length));
  pair.run((kernels) => kernels.skipLines(text, bytes.length, count));
  const whole = pair.run((kernels) => kernels.wholeLines(text, bytes.length));
  assert.equal(whole, bytes.lastIndexOf(10) + 1);
});

same("text: more newlines than a byte counts", fc.integer({ min: 0, max: 40_000 }), fc.nat({ max: 255 }), (length, filler) => {
  const text = pair.put(Buffer.alloc(length, length % 3 === 0 ? 10 : filler));
  pair.run((kernels) => kernels.countLines(text, length));
});

const time = fc.record({
  name: fc.constantFrom("", "time", "a", "t".repeat(30), "k".repeat(40)),
  offsetMinutes: fc.constantFrom(0, 540, -210, 1, -1439, 1439),
  digits: fc.constantFrom(0, 3, 6, 9),
  seconds,
  nanoseconds,
});
type Time = typeof time extends fc.Arbitrary<infer Value> ? Value : never;

function putTime(when: Time): number {
  const literal = literalOf(when);
  return pair.words(pair.put(Buffer.from(literal)), literal.length, when.offsetMinutes, when.digits, when.seconds, when.nanoseconds, pair.put(Buffer.from(when.name)), when.name.length);
}

function literalOf({ name }: Time): string {
  return name === "" ? "" : `"${name}":`;
}

same("lines to a table, to entries and to JSON", anyBytesEvenLong, fc.constantFrom("a", "message", "k".repeat(50)), time, seconds, nanoseconds, (bytes, name, when, whole, nano) => {
  const text = pair.put(bytes);
  const rows = linesIn(bytes);
  const table = pair.room(rows * 8);
  assert.equal(pair.run((kernels) => kernels.lineTable(text, bytes.length, table)), rows);
  pair.same(table, rows * 8);

  const packedKey = Buffer.concat([Buffer.from([0xd9, name.length]), Buffer.from(name)]);
  const key = pair.put(packedKey);
  const entries = pair.room(bytes.length + rows * (17 + packedKey.length));
  pair.output(entries, (kernels) => kernels.packLines(text, bytes.length, entries, key, packedKey.length, whole, nano));

  const literal = `${JSON.stringify(name)}:`;
  const jsonKey = pair.put(Buffer.from(literal));
  const program = putTime(when);
  const escapes = pair.run((kernels) => kernels.countEscapes(text, bytes.length));
  const json = pair.room(bytes.length + escapes + rows * (literal.length + literalOf(when).length + 48));
  pair.output(json, (kernels) => kernels.linesToJson(text, bytes.length, json, jsonKey, literal.length, program));
});

const fieldText: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: numberText.map((text) => Buffer.from(text)), weight: 3 },
  { arbitrary: timeText.map((text) => Buffer.from(text)), weight: 2 },
  { arbitrary: fc.constantFrom("", "-", "GET", "true", "false", "index_html", "naïve", "한글", "a\u00a0b", "\u1680", "a\u2028", "\u3000", "\ufeff", "\u0b80", '{"a":1}', "[1,2.5]", "1e5", '{"a":1e5}', '"x"', "{bad", "a b", "x\ty", "\x01").map((text) => Buffer.from(text)), weight: 3 },
  { arbitrary: anyBytes.map((bytes) => bytes.subarray(0, 60)), weight: 1 },
  { arbitrary: jsonLine.map((line) => line.subarray(0, -1)), weight: 1 },
);

const COLUMNS = 4;
/** A split step that takes a field, and how its lines are written. */
const splitStep = fc.record({
  operation: fc.constantFrom(SPLIT.until, SPLIT.until, SPLIT.until, SPLIT.run, SPLIT.rest),
  delimiter: fc.constantFrom(" ", '"', "]", ",", "\t"),
  column: fc.constantFrom(0, 1, 2, 3, NO_COLUMN),
  kind: fc.constantFrom(CLASS.any, CLASS.any, CLASS.nonSpace, CLASS.digit, CLASS.word),
  least: fc.constantFrom(0, 0, 1),
  literal: fc.constantFrom("", " [", '" "', " - ", "a literal of more than sixteen bytes "),
});
type SplitStep = typeof splitStep extends fc.Arbitrary<infer Value> ? Value : never;

function putSplit(steps: readonly SplitStep[], hasEnd: boolean): number {
  const words: number[] = [];
  for (const { operation, delimiter, column, kind, least, literal } of steps) {
    words.push(operation, delimiter.charCodeAt(0), column, kind | (least << 8));
    if (operation === SPLIT.until) words.push(SPLIT.literal, pair.put(Buffer.from(delimiter)), 1, 0);
    if (literal !== "") words.push(SPLIT.literal, pair.put(Buffer.from(literal)), literal.length, 0);
  }
  if (hasEnd) words.push(SPLIT.end, 0, 0, 0);
  return pair.words(...words, SPLIT.stop, 0, 0, 0);
}

/** A line that may fit the steps. */
function lineOf(steps: readonly SplitStep[], fields: readonly Buffer[], ending: string): Buffer {
  const parts = steps.flatMap(({ operation, delimiter, literal }, index) => [fields[index % Math.max(1, fields.length)] ?? Buffer.alloc(0), Buffer.from(operation === SPLIT.until ? delimiter : ""), Buffer.from(literal)]);
  return Buffer.concat([...parts, Buffer.from(ending)]);
}

const timeStep = fc.oneof(
  ...Object.values(TIME).filter((operation) => operation !== TIME.stop && operation !== TIME.literal && operation !== TIME.yearNear).map((operation) => fc.constant([operation, 0] as const)),
  fc.constantFrom(..."-/: TZ.+").map((byte) => [TIME.literal, byte.charCodeAt(0)] as const),
  seconds.map((near) => [TIME.yearNear, near] as const),
);
const literal = (text: string): (readonly [number, number])[] => [...text].map((byte) => [TIME.literal, byte.charCodeAt(0)]);
const timeProgram = fc.oneof(
  { arbitrary: fc.array(timeStep, { maxLength: 8 }), weight: 1 },
  {
    arbitrary: seconds.chain((near) =>
      fc.constantFrom<(readonly [number, number])[]>(
        [[TIME.year4, 0], ...literal("-"), [TIME.month2, 0], ...literal("-"), [TIME.day2, 0], ...literal("T"), [TIME.hour2, 0], ...literal(":"), [TIME.minute2, 0], ...literal(":"), [TIME.second2, 0], ...literal("."), [TIME.fraction, 0], [TIME.zone, 0]],
        [[TIME.day2, 0], ...literal("/"), [TIME.monthName, 0], ...literal("/"), [TIME.year4, 0], ...literal(":"), [TIME.hour2, 0], ...literal(":"), [TIME.minute2, 0], ...literal(":"), [TIME.second2, 0], ...literal(" "), [TIME.zone, 0]],
        [[TIME.yearNear, near], [TIME.monthName, 0], ...literal(" "), [TIME.daySpace2, 0], ...literal(" "), [TIME.hour2, 0], ...literal(":"), [TIME.minute2, 0], ...literal(":"), [TIME.second2, 0]],
        [[TIME.weekdayName, 0], ...literal(" "), [TIME.monthName, 0], ...literal(" "), [TIME.daySpace2, 0], ...literal(" "), [TIME.hour2, 0], ...literal(":"), [TIME.minute2, 0], ...literal(":"), [TIME.second2, 0], ...literal(" "), [TIME.year4, 0]],
        [[TIME.epochSeconds, 0]],
        [[TIME.epochSeconds, 0], ...literal("."), [TIME.fraction, 0]],
        [[TIME.epochMilliseconds, 0]],
      ),
    ),
    weight: 3,
  },
);

same("lines to fields by a program", fc.array(splitStep, { maxLength: 6 }), fc.boolean(), fc.array(fc.tuple(fc.array(fieldText, { maxLength: 6 }), fc.constantFrom("\n", "\n", "\r\n", " \n")), { maxLength: 8 }), anyBytes, (steps, hasEnd, lines, more) => {
  const bytes = Buffer.concat([...lines.map(([fields, ending]) => lineOf(steps, fields, ending)), more]);
  const text = pair.put(bytes);
  const rows = linesIn(bytes);
  const table = pair.room(rows * rowWords(COLUMNS) * 4);
  const program = putSplit(steps, hasEnd);
  pair.run((kernels) => kernels.splitFields(text, bytes.length, program, COLUMNS, table));
  pair.same(table, rows * rowWords(COLUMNS) * 4);
  pair.run((kernels) => kernels.spanBytes(table, rows, COLUMNS));
});

/** A table whose columns point at texts of their own. */
function putTable(rows: readonly { fields: readonly (Buffer | null)[]; status: number; seconds: number; nanoseconds: number }[]): { table: number; bytes: number } {
  const words: number[] = [];
  let bytes = 0;
  for (const row of rows) {
    const line = Buffer.concat(row.fields.map((field) => field ?? Buffer.from(" ")));
    bytes += line.length;
    words.push(pair.put(line), line.length, row.status, row.seconds, row.nanoseconds);
    for (let column = 0; column < COLUMNS; column += 1) {
      const field = row.fields[column] ?? null;
      words.push(field === null ? 0 : pair.put(field), field?.length ?? 0);
      bytes += field?.length ?? 0;
    }
  }
  return { table: pair.words(...words), bytes };
}

const tableRow = (field: fc.Arbitrary<Buffer>): fc.Arbitrary<{ fields: (Buffer | null)[]; status: number; seconds: number; nanoseconds: number }> =>
  fc.record({
    fields: fc.array(fc.option(field, { freq: 6 }), { minLength: COLUMNS, maxLength: COLUMNS }),
    status: fc.constantFrom(STATUS.parsed, STATUS.parsed, STATUS.parsed, STATUS.parsed, STATUS.unmatched, STATUS.dropped, STATUS.odd),
    seconds,
    nanoseconds: fc.oneof(nanoseconds, fc.constant(0xffff_ffff)),
  });

same("times of fields", fc.array(tableRow(timeText.map((text) => Buffer.from(text))), { maxLength: 8 }), fc.boolean(), timeProgram, fc.constantFrom(0, 540, -60), fc.constantFrom(0, 1), (rows, isRepeated, steps, offsetMinutes, isTaken) => {
  // Neighbours that are equal, or equal as far as the shorter one goes.
  const cut = rows.map((row) => ({ ...row, fields: row.fields.map((field) => field?.subarray(0, -1) ?? null) }));
  const { table } = putTable(isRepeated ? rows.flatMap((row, index) => [row, row, cut[index] ?? row]) : rows);
  const count = rows.length * (isRepeated ? 3 : 1);
  const program = pair.words(offsetMinutes, ...steps.flat(), TIME.stop, 0);
  pair.run((kernels) => kernels.parseTimes(table, count, COLUMNS, 1, program, isTaken));
  for (let row = 0; row < count; row += 1) pair.same(table + row * rowWords(COLUMNS) * 4 + ROW.seconds * 4, 8);
});

const emitStep = fc.tuple(fc.constantFrom("a", "status", "k".repeat(14), "k".repeat(15), "k".repeat(40)), fc.constantFrom(...Object.values(KIND)), fc.nat({ max: COLUMNS - 1 }));

same("fields to JSON and to entries", fc.array(tableRow(fieldText), { maxLength: 6 }), fc.oneof({ arbitrary: fc.array(emitStep, { maxLength: 5 }), weight: 9 }, { arbitrary: fc.array(emitStep, { minLength: 15, maxLength: 17 }), weight: 1 }), time, fc.nat({ max: COLUMNS }), seconds, nanoseconds, (rows, steps, when, timeColumn, whole, nano) => {
  const { table } = putTable(rows);
  const perRow = rows.map((row) => {
    const line = row.fields.reduce((sum, field) => sum + (field?.length ?? 1), 0);
    return Math.max(line, steps.reduce((sum, [, , column]) => sum + (row.fields[column]?.length ?? 0), 0));
  });
  const lengths = perRow.reduce((sum, length) => sum + length, 0);
  const program = (keyOf: (name: string) => Buffer): { program: number; literals: number } => {
    const lineKey = keyOf("message");
    let literals = lineKey.length;
    const words = [steps.length, pair.put(lineKey), lineKey.length, timeColumn];
    for (const [name, kind, column] of steps) {
      const key = keyOf(name);
      literals += key.length;
      words.push(pair.put(key), key.length, kind, column);
    }
    return { program: pair.words(...words), literals };
  };
  const times = putTime(when);
  const json = program((name) => Buffer.from(`${JSON.stringify(name)}:`));
  const jsonOut = pair.room(lengths * 6 + rows.length * (json.literals + literalOf(when).length + 48 + steps.length * 5));
  pair.output(jsonOut, (kernels) => kernels.fieldsToJson(table, rows.length, COLUMNS, json.program, times, jsonOut));
  const packed = program((name) => Buffer.concat([Buffer.from([0xd9, name.length]), Buffer.from(name)]));
  const entriesOut = pair.room(lengths * 2 + rows.length * (packed.literals + 20 + steps.length * 9));
  pair.output(entriesOut, (kernels) => kernels.fieldsToEntries(table, rows.length, COLUMNS, packed.program, whole, nano, entriesOut));
});

same("JSON lines to entries", fc.array(jsonLine, { maxLength: 5 }), anyBytes, fc.constantFrom("", "time", "ts", "k".repeat(40)), fc.constantFrom(0, 1), seconds, nanoseconds, (lines, more, name, keepTime, whole, nano) => {
  const bytes = Buffer.concat([...lines, more]);
  const text = pair.put(bytes);
  const key = pair.put(Buffer.from(name));
  const result = pair.room(8);
  const room = bytes.length * 2 + linesIn(bytes) * 16;
  // A host skips the odd line and calls again.
  let at = 0;
  while (at < bytes.length) {
    const out = pair.room(room);
    pair.output(out, (kernels) => kernels.jsonToEntries(text + at, bytes.length - at, out, key, name.length, keepTime, whole, nano, result));
    pair.same(result, 8);
    at += pair.word(result);
    const newline = bytes.indexOf(10, at);
    at = newline < 0 ? bytes.length : newline + 1;
  }
});

same("entries to a table, to values and to JSON", fc.oneof(fc.array(goodEntry, { maxLength: 4 }), fc.array(anyEntry, { maxLength: 3 })), time, fc.constantFrom("a", "time", "", "k".repeat(40)), (entries, when, name) => {
  const bytes = Buffer.concat(entries);
  const text = pair.put(bytes);
  const table = pair.room(bytes.length * 4 * ENTRY_WORDS);
  const rows = pair.run((kernels) => kernels.entryTable(text, bytes.length, table));
  if (rows < 0) {
    assert(-1 - rows <= bytes.length);
    return;
  }
  pair.same(table, rows * ENTRY_WORDS * 4);
  const key = pair.put(Buffer.from(name));
  const found = pair.room(rows * 8);
  pair.run((kernels) => kernels.findValues(table, rows, key, name.length, found));
  pair.same(found, rows * 8);
  const program = putTime(when);
  const out = pair.room(bytes.length * 6 + rows * (64 + literalOf(when).length));
  pair.output(out, (kernels) => kernels.entriesToJson(table, rows, program, out));
});

same("CRC-32C", anyBytesEvenLong, fc.nat({ max: 0xffff_ffff }), (bytes, seed) => {
  const text = pair.put(bytes);
  pair.run((kernels) => kernels.crc32c(text, bytes.length, seed));
});

same("double-byte code pages", anyBytes, fc.uint8Array({ minLength: 256, maxLength: 256 }), fc.boolean(), (bytes, leads, isAsciiKept) => {
  const units = new Uint16Array(256 + 65_536);
  for (let byte = 0; byte < 256; byte += 1) units[byte] = byte < 0x80 ? byte : (leads[byte] ?? 0) % 3 === 0 ? 0x80 + byte * 7 : 0;
  if (!isAsciiKept) units[0x5c] = 0x20a9;
  for (let at = 256; at < units.length; at += 1) units[at] = (leads[at & 0xff] ?? 0) % 4 === 0 ? 0 : (at * 40_503) & 0xffff;
  const text = pair.put(bytes);
  const table = pair.put(Buffer.from(units.buffer));
  const out = pair.room(bytes.length * 3);
  const result = pair.room(4);
  pair.output(out, (kernels) => kernels.decodeDoubleByte(text, bytes.length, table, out, result));
  pair.same(result, 4);
});
