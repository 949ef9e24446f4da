// What the kernels answer to inputs whose answer is known: from specifications, and from JSON.parse.
import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { FUZZ, goodEntry, jsonLine } from "./kernels-inputs.testing.ts";
import { CLASS, KIND, NO_TIME, ROW, rowWords, SPLIT, STATUS, TIME } from "./layout.ts";
import { ChunkMemory } from "./memory.ts";
import { strKey, ValueReader, ValueWriter } from "./msgpack.ts";

const SECONDS = 1_790_000_000;

for (const kind of ["wasm", "plain"] as const) {
  const memory = new ChunkMemory({ bytesMax: 16 << 20, kernels: kind });
  const pool = memory.pool();
  const { kernels } = memory;
  /** Inputs of the tests, one behind the other; the oldest are overwritten when there is no more room, long after their test. */
  const arena = pool.take(2 << 20);
  let next = 0;
  const put = (text: Buffer | string): { pointer: number; length: number } => {
    const bytes = Buffer.from(text as string);
    if (arena.capacity < next + bytes.length + 32) next = 0;
    const pointer = arena.pointer + next;
    memory.bytes.set(bytes, pointer);
    memory.bytes.fill(0x22, pointer + bytes.length, pointer + bytes.length + 16);
    next = (next + bytes.length + 32) & ~3;
    return { pointer, length: bytes.length };
  };
  const words = (...values: readonly number[]): number => {
    const bytes = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => bytes.writeInt32LE(value | 0, index * 4));
    return put(bytes).pointer;
  };
  const room = pool.take(2 << 20);
  /** What a kernel wrote. */
  const written = (kernel: (out: number) => number): Buffer => Buffer.from(room.bytes.subarray(0, kernel(room.pointer)));
  const noTime = pool.take(32).pointer;
  const timeWords = (offsetMinutes: number, digits: number, seconds = SECONDS, nanoseconds = 123_456_789): number => {
    const literal = put('"time":');
    const name = put("time");
    return words(literal.pointer, literal.length, offsetMinutes, digits, seconds, nanoseconds, name.pointer, name.length);
  };
  const result = pool.take(8);

  /** Lines of JSON to entries, decoded; undefined for the lines that are odd. */
  const transcoded = (line: string | Buffer, { timeKey = "", keepTime = 0 } = {}): Entry | undefined => {
    const text = put(line);
    const key = put(timeKey);
    const bytes = written((out) => kernels.jsonToEntries(text.pointer, text.length, out, key.pointer, key.length, keepTime, SECONDS, 5, result.pointer));
    return memory.words[(result.pointer >>> 2) + 1] === 0 ? undefined : decodeEntry(bytes);
  };

  test(`${kind}: CRC-32C gives the numbers of RFC 3720, in one piece or in two`, () => {
    const ascending = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const read = Buffer.from("01c00000000000000000000000000000" + "14000000000004000000001400000018" + "28000000000000000200000000000000", "hex");
    for (const [bytes, expected] of [
      [Buffer.alloc(32), 0x8a91_36aa],
      [Buffer.alloc(32, 0xff), 0x62a8_ab43],
      [ascending, 0x46dd_794e],
      [Buffer.from(ascending).reverse(), 0x113f_db5c],
      [read, 0xd996_3a56],
      [Buffer.from("123456789"), 0xe306_9283],
      [Buffer.alloc(0), 0],
    ] as const) {
      const { pointer, length } = put(bytes);
      assert.equal(kernels.crc32c(pointer, length, 0), expected);
      const half = length >> 1;
      assert.equal(kernels.crc32c(pointer + half, length - half, kernels.crc32c(pointer, half, 0)), expected);
    }
  });

  test(`${kind}: an entry is [EventTime, {key: line}], byte for byte`, () => {
    const text = put("hi\r\n\nthere\nno newline");
    const key = put(strKey("log"));
    const bytes = written((out) => kernels.packLines(text.pointer, text.length, out, key.pointer, key.length, 0x0102_0304, 0x0506_0708));
    const head = "92d7000102030405060708" + "81" + "a36c6f67";
    assert.equal(bytes.toString("hex"), `${head}a26869${head}a0${head}a57468657265`);
  });

  test(`${kind}: lines become JSON with escapes and a time in any zone`, () => {
    const text = put('a "b" \\ \t\x01\n');
    const key = put('"message":');
    const line = (time: number): string => written((out) => kernels.linesToJson(text.pointer, text.length, out, key.pointer, key.length, time)).toString();
    const message = '"message":"a \\"b\\" \\\\ \\t\\u0001"}\n';
    assert.equal(line(noTime), `{${message}`);
    assert.equal(line(timeWords(0, 0)), `{"time":"2026-09-21T14:13:20Z",${message}`);
    assert.equal(line(timeWords(540, 3)), `{"time":"2026-09-21T23:13:20.123+09:00",${message}`);
    assert.equal(line(timeWords(-210, 6)), `{"time":"2026-09-21T10:43:20.123456-03:30",${message}`);
    assert.equal(line(timeWords(0, 9, 0, 1)), `{"time":"1970-01-01T00:00:00.000000001Z",${message}`);
    assert.equal(line(timeWords(-60, 0, 0)), `{"time":"1969-12-31T23:00:00-01:00",${message}`);
    assert.equal(line(timeWords(0, 0, 0xffff_ffff)), `{"time":"2106-02-07T06:28:15Z",${message}`);
    for (let day = 0; day < 366 * 5; day += 1) {
      const seconds = 1_077_000_000 + day * 86_400;
      assert.equal(JSON.parse(line(timeWords(0, 0, seconds))).time, new Date(seconds * 1000).toISOString().replace(".000", ""));
    }
  });

  test(`${kind}: an nginx line is split, its time read, and written as JSON and as an entry`, () => {
    const text = put('203.0.113.7 - - [10/Oct/2026:13:55:36 +0900] "GET /a?b=1 HTTP/1.1" 200 2326 "-" "curl/8.5.0"\ntorn line\n');
    const names = ["remote", "time", "request", "code", "size", "absent"];
    const literal = (bytes: string): number[] => [SPLIT.literal, put(bytes).pointer, bytes.length, 0];
    const until = (delimiter: string, column: number, rule: number): number[] => [SPLIT.until, delimiter.charCodeAt(0), column, rule];
    const program = words(
      ...until(" ", 0, CLASS.nonSpace | (1 << 8)), ...literal(" - - ["), ...until("]", 1, CLASS.any), ...literal('] "'), ...until('"', 2, CLASS.any), ...literal('" '),
      SPLIT.run, 0, 3, CLASS.digit | (1 << 8), ...literal(" "), SPLIT.run, 0, 4, CLASS.digit, ...literal(' "'), SPLIT.stop, 0, 0, 0,
    );
    const table = pool.take(2 * rowWords(names.length) * 4);
    assert.equal(kernels.splitFields(text.pointer, text.length, program, names.length, table.pointer), 1);
    const row = (index: number, word: number): number => memory.words[(table.pointer >>> 2) + index * rowWords(names.length) + word] ?? 0;
    assert.deepEqual([row(0, ROW.status), row(0, ROW.nanoseconds), row(1, ROW.status)], [STATUS.parsed, NO_TIME, STATUS.odd]);
    const byte = (text: string): number[] => [TIME.literal, text.charCodeAt(0)];
    const time = words(0, TIME.day2, 0, ...byte("/"), TIME.monthName, 0, ...byte("/"), TIME.year4, 0, ...byte(":"), TIME.hour2, 0, ...byte(":"), TIME.minute2, 0, ...byte(":"), TIME.second2, 0, ...byte(" "), TIME.zone, 0, TIME.stop, 0);
    assert.equal(kernels.parseTimes(table.pointer, 2, names.length, 1, time, 0), 0);
    assert.equal(row(0, ROW.seconds), Date.parse("2026-10-10T13:55:36+09:00") / 1000);
    memory.words[(table.pointer >>> 2) + rowWords(names.length) + ROW.status] = STATUS.unmatched;

    const kinds = [KIND.string, KIND.string, KIND.string, KIND.integer, KIND.float, KIND.string];
    const emit = (keyOf: (name: string) => Buffer, timeColumn = 0): number => {
      const message = put(keyOf("message"));
      return words(names.length, message.pointer, message.length, timeColumn, ...names.flatMap((name, index) => {
        const key = put(keyOf(name));
        return [key.pointer, key.length, kinds[index] ?? 0, index];
      }));
    };
    const json = emit((name) => Buffer.from(`${JSON.stringify(name)}:`));
    assert.equal(
      written((out) => kernels.fieldsToJson(table.pointer, 2, names.length, json, timeWords(0, 0), out)).toString(),
      '{"time":"2026-10-10T04:55:36Z","remote":"203.0.113.7","time":"10/Oct/2026:13:55:36 +0900","request":"GET /a?b=1 HTTP/1.1","code":200,"size":2326}\n{"time":"2026-09-21T14:13:20Z","message":"torn line"}\n',
    );
    // A row that has a field of that name keeps it; one that has not gets the event time.
    const own = emit((name) => Buffer.from(`${JSON.stringify(name)}:`), 2);
    assert.equal(
      written((out) => kernels.fieldsToJson(table.pointer, 2, names.length, own, timeWords(0, 0), out)).toString(),
      '{"remote":"203.0.113.7","time":"10/Oct/2026:13:55:36 +0900","request":"GET /a?b=1 HTTP/1.1","code":200,"size":2326}\n{"time":"2026-09-21T14:13:20Z","message":"torn line"}\n',
    );
    const packed = emit(strKey);
    const bytes = written((out) => kernels.fieldsToEntries(table.pointer, 2, names.length, packed, SECONDS, 5, out));
    const first = decodeEntry(bytes);
    assert.deepEqual(first, { seconds: row(0, ROW.seconds), nanoseconds: 0, record: { remote: "203.0.113.7", time: "10/Oct/2026:13:55:36 +0900", request: "GET /a?b=1 HTTP/1.1", code: 200, size: 2326 }, length: first.length });
    const { seconds, nanoseconds, record } = decodeEntry(bytes.subarray(first.length));
    assert.deepEqual({ seconds, nanoseconds, record }, { seconds: SECONDS, nanoseconds: 5, record: { message: "torn line" } });
  });

  test(`${kind}: fields of each kind, and texts that only look like them`, () => {
    for (const [kindOf, text, json, value] of [
      [KIND.integer, "42", "42", 42],
      [KIND.integer, "-7", "-7", -7],
      [KIND.integer, "007", '"007"', "007"],
      [KIND.integer, "-0", '"-0"', "-0"],
      [KIND.integer, "1.5", '"1.5"', "1.5"],
      [KIND.integer, "-", "null", null],
      [KIND.integer, "", "null", null],
      [KIND.integer, "999999999999999999", "999999999999999999", 999_999_999_999_999_999n],
      [KIND.integer, "12345678901234567", "12345678901234567", 12_345_678_901_234_567n],
      [KIND.integer, "1234567890123456789", '"1234567890123456789"', "1234567890123456789"],
      [KIND.float, "0.250", "0.250", 0.25],
      [KIND.float, "1e3", "1e3", 1000],
      [KIND.float, "12", "12", 12],
      [KIND.float, "-0", "-0", -0],
      [KIND.float, ".5", '".5"', ".5"],
      [KIND.float, "-", "null", null],
      [KIND.boolean, "true", "true", true],
      [KIND.boolean, "false", "false", false],
      [KIND.boolean, "True", '"True"', "True"],
      [KIND.json, '{"a": [1,\n1e5]}', '{"a": [1, 1e5]}', { a: [1, 100_000] }],
      [KIND.json, "[1", '"[1"', "[1"],
      [KIND.json, '"x"', '"x"', "x"],
      [KIND.string, "", '""', ""],
    ] as const) {
      const span = put(text);
      const table = words(span.pointer, span.length, STATUS.parsed, 0, NO_TIME, span.pointer, span.length);
      const jsonKey = put('"v":');
      const jsonProgram = words(1, jsonKey.pointer, jsonKey.length, 0, jsonKey.pointer, jsonKey.length, kindOf, 0);
      assert.equal(written((out) => kernels.fieldsToJson(table, 1, 1, jsonProgram, noTime, out)).toString(), `{"v":${json}}\n`);
      const key = put(strKey("v"));
      const program = words(1, key.pointer, key.length, 0, key.pointer, key.length, kindOf, 0);
      assert.deepEqual(decodeEntry(written((out) => kernels.fieldsToEntries(table, 1, 1, program, SECONDS, 0, out))).record, { v: value });
    }
  });

  test(`${kind}: integers take their shortest form`, () => {
    for (const [text, hex] of [
      ["0", "00"], ["127", "7f"], ["128", "cc80"], ["255", "ccff"], ["256", "cd0100"], ["65535", "cdffff"], ["65536", "ce00010000"], ["4294967295", "ceffffffff"], ["4294967296", "cf0000000100000000"], ["999999999999999999", "cf0de0b6b3a763ffff"],
      ["-1", "ff"], ["-32", "e0"], ["-33", "d0df"], ["-128", "d080"], ["-129", "d1ff7f"], ["-32768", "d18000"], ["-32769", "d2ffff7fff"], ["-2147483648", "d280000000"], ["-2147483649", "d3ffffffff7fffffff"], ["-999999999999999999", "d3f21f494c589c0001"],
    ] as const) {
      const line = put(`{"":${text}}\n`);
      const bytes = written((out) => kernels.jsonToEntries(line.pointer, line.length, out, 0, 0, 0, SECONDS, 5, result.pointer));
      assert.equal(bytes.toString("hex", 13), hex, text);
    }
  });

  test(`${kind}: texts take the header of their length`, () => {
    const key = put(strKey(""));
    for (const [length, header] of [[31, "bf"], [32, "d920"], [255, "d9ff"], [256, "da0100"], [65_535, "daffff"], [65_536, "db00010000"]] as const) {
      const text = put(`${"x".repeat(length)}\n`);
      const bytes = written((out) => kernels.packLines(text.pointer, text.length, out, key.pointer, key.length, 0, 0));
      assert.equal(bytes.toString("hex", 13, 13 + header.length / 2), header);
      assert.equal(bytes.length, 13 + header.length / 2 + length);
    }
  });

  test(`${kind}: times by a program`, () => {
    const literal = (text: string): number[] => [...text].flatMap((letter) => [TIME.literal, letter.charCodeAt(0)]);
    const clock = [TIME.hour2, 0, ...literal(":"), TIME.minute2, 0, ...literal(":"), TIME.second2, 0];
    const iso = [TIME.year4, 0, ...literal("-"), TIME.month2, 0, ...literal("-"), TIME.day2, 0, ...literal(" "), ...clock];
    const near = Date.parse("2026-01-02T00:00:00Z") / 1000;
    const syslog = [TIME.yearNear, near, TIME.monthName, 0, ...literal(" "), TIME.daySpace2, 0, ...literal(" "), ...clock];
    for (const [program, text, expected] of [
      [iso, "2026-10-10 13:55:36", "2026-10-10T13:55:36Z"],
      [iso, "2026-10-10 13:55:60", "2026-10-10T13:56:00Z"],
      [iso, "2026-10-10 13:55:61", undefined],
      [iso, "2026-10-10 13:55:36 ", undefined],
      [iso, "2000-02-29 00:00:00", "2000-02-29T00:00:00Z"],
      [iso, "2024-02-29 00:00:00", "2024-02-29T00:00:00Z"],
      [iso, "2100-02-29 00:00:00", undefined],
      [iso, "2026-02-29 00:00:00", undefined],
      [iso, "2026-04-31 00:00:00", undefined],
      [iso, "1969-12-31 23:59:59", undefined],
      [[...iso, TIME.zone, 0], "1970-01-01 00:00:00-0130", "1970-01-01T01:30:00Z"],
      [[...iso, TIME.zone, 0], "2026-10-10 13:55:36+09", "2026-10-10T04:55:36Z"],
      [[...iso, TIME.zone, 0], "2026-10-10 13:55:36+09:30", "2026-10-10T04:25:36Z"],
      [[...iso, TIME.zone, 0], "2026-10-10 13:55:36", undefined],
      [[...iso, ...literal("."), TIME.fraction, 0], "2026-10-10 13:55:36.25", "2026-10-10T13:55:36.250Z"],
      [[TIME.year2, 0, TIME.month2, 0, TIME.day2, 0], "680101", "2068-01-01T00:00:00Z"],
      [[TIME.year2, 0, TIME.month2, 0, TIME.day2, 0], "700101", "1970-01-01T00:00:00Z"],
      [[TIME.year2, 0, TIME.month2, 0, TIME.day2, 0], "690101", undefined],
      [syslog, "Jan  2 03:04:05", "2026-01-02T03:04:05Z"],
      [syslog, "DEC 31 23:59:59", "2025-12-31T23:59:59Z"],
      [syslog, "Feb 29 12:00:00", undefined],
      [[TIME.weekdayName, 0, ...literal(" "), ...iso], "Sat 2026-10-10 13:55:36", "2026-10-10T13:55:36Z"],
      [[TIME.weekdayName, 0, ...literal(" "), ...iso], "Sam 2026-10-10 13:55:36", undefined],
      [[TIME.monthName, 0], "Mar", "1970-03-01T00:00:00Z"],
      [[TIME.monthName, 0], "Ma", undefined],
      [[TIME.epochSeconds, 0], "4294967295", "2106-02-07T06:28:15Z"],
      [[TIME.epochSeconds, 0], "4294967296", undefined],
      [[TIME.epochMilliseconds, 0], "1790000000123", "2026-09-21T14:13:20.123Z"],
    ] as const) {
      // What follows the text in memory could complete it.
      const { pointer } = put(`${text}rch 5`);
      const table = words(pointer, text.length, STATUS.parsed, 0, NO_TIME, pointer, text.length);
      const failed = kernels.parseTimes(table, 1, 1, 0, words(0, ...program, TIME.stop, 0), 0);
      const [seconds = 0, nanoseconds = 0] = [ROW.seconds, ROW.nanoseconds].map((word) => memory.view.getUint32(table + word * 4, true));
      const found = failed === 0 ? new Date(seconds * 1000 + nanoseconds / 1e6).getTime() : undefined;
      assert.equal(found, expected === undefined ? undefined : Date.parse(expected), text);
      if (failed === 1) assert.equal(nanoseconds, NO_TIME);
    }
  });

  test(`${kind}: JSON that is not plain enough is left to the host, in front of its line`, () => {
    const good = '{"a":1}\n';
    for (const odd of [
      "", " ", "[1]", "1", "{", "{}}", '{"a":1,}', '{"a"}', '{a:1}', "{'a':1}", '{"a":01}', '{"a":-0}', '{"a":1.}', '{"a":.5}', '{"a":1e5}', '{"a":+1}', '{"a":NaN}', '{"a":tru}', '{"a":"\t"}', '{"a":"\\x"}', '{"a":"\\u12g4"}', '{"a":"x}',
      '{"a":1} x', `{"v":[${"0.1,".repeat(11)}0.1]}`, '{"a":1234567890123456789}', '{"a":0.9444218515250481}', `{"a":${"[".repeat(64)}${"]".repeat(64)}}`,
    ]) {
      const text = put(`${good}${odd}\n${good}`);
      const bytes = written((out) => kernels.jsonToEntries(text.pointer, text.length, out, 0, 0, 0, SECONDS, 5, result.pointer));
      assert.deepEqual([...memory.words.subarray(result.pointer >>> 2, (result.pointer >>> 2) + 2)], [good.length, 1], odd);
      assert.equal(decodeEntry(bytes).length, bytes.length);
    }
  });

  test(`${kind}: the time key sets the entry's time`, () => {
    const time = (value: string): unknown => {
      const entry = transcoded(`{"a":1,"ts":${value}}\n`, { timeKey: "ts" });
      if (entry !== undefined) assert.deepEqual(entry.record, { a: 1 });
      return entry === undefined ? undefined : [entry.seconds, entry.nanoseconds];
    };
    assert.deepEqual(time('"2026-09-21T14:13:20.5Z"'), [SECONDS, 500_000_000]);
    assert.deepEqual(time('"2026-09-21 23:13:20+09:00"'), [SECONDS, 0]);
    assert.deepEqual(time("1790000000"), [SECONDS, 0]);
    assert.deepEqual(time("1790000000.000000001"), undefined);
    assert.deepEqual(time("1790000000.25"), [SECONDS, 250_000_000]);
    for (const odd of ['"yesterday"', "null", "-1", "1790000000123", '"2026-02-29T00:00:00Z"', '{"$date":1}', '"2026-09-21T14:13:20\\u005a"']) assert.equal(time(odd), undefined, odd);
    // The same place in memory, another time.
    for (const second of [30, 31]) {
      next = 0;
      assert.deepEqual(time(`"2026-09-21T14:13:${second}Z"`), [SECONDS - 20 + second, 0]);
    }
    assert.deepEqual(transcoded('{"ts":1790000000}\n', { timeKey: "ts", keepTime: 1 })?.record, { ts: SECONDS });
    assert.deepEqual(transcoded('{"b":{"ts":"x"}}\n', { timeKey: "ts" })?.record, { b: { ts: "x" } });
  });

  test(`${kind}: what is taken is what JSON.parse reads`, () => {
    fc.assert(
      fc.property(jsonLine, (line) => {
        const entry = transcoded(line);
        if (entry === undefined) return;
        const text = line.toString();
        // V8 takes such a key for another one after it has seen an object whose key is a lone backslash: {"k":1,"\\":1}, then {"k":1,"\"":1}.
        if (/"\\[^u]"\s*:/.test(text)) return;
        const expected: unknown = JSON.parse(text.slice(0, text.indexOf("\n")), (_, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value));
        assert.deepEqual(JSON.parse(JSON.stringify(entry.record, numbers)), JSON.parse(JSON.stringify(wellFormedKeys(expected))));
      }),
      FUZZ,
    );
  });

  test(`${kind}: what is written of an entry is JSON, and says the same`, () => {
    fc.assert(
      fc.property(goodEntry, (bytes) => {
        const text = put(bytes);
        const table = pool.take(20);
        assert.equal(kernels.entryTable(text.pointer, text.length, table.pointer), 1);
        const line = written((out) => kernels.entriesToJson(table.pointer, 1, noTime, out)).toString();
        table.release();
        assert.equal(line.indexOf("\n"), line.length - 1);
        JSON.parse(line);
      }),
      FUZZ,
    );
  });

  test(`${kind}: an entry that has a field of the time's name keeps it; no other gets it twice`, () => {
    const time = timeWords(0, 0);
    const json = (...records: Record<string, unknown>[]): string => {
      const writer = new ValueWriter(Buffer.alloc(65_536));
      for (const record of records) writer.entry(SECONDS, 0, record);
      const text = put(writer.buffer.subarray(0, writer.end));
      const table = pool.take(20 * records.length);
      assert.equal(kernels.entryTable(text.pointer, text.length, table.pointer), records.length);
      return written((out) => kernels.entriesToJson(table.pointer, records.length, time, out)).toString();
    };
    const event = '"time":"2026-09-21T14:13:20Z"';
    assert.equal(json({ a: 1 }, { time: "09:00" }, { a: 1 }), `{${event},"a":1}\n{"time":"09:00"}\n{${event},"a":1}\n`);
    const long = "가".repeat(3000);
    assert.equal(json({ [long]: long, time: 5, b: { time: 1 } }, {}), `{"${long}":"${long}","time":5,"b":{"time":1}}\n{${event}}\n`);
    assert.equal(json({ b: { time: 1 }, times: 1, tim: 1, Time: 1 }), `{${event},"b":{"time":1},"times":1,"tim":1,"Time":1}\n`);
    assert.equal(json({ n: 1e300, time: 1 }, { time: 1, n: 1e300 }), '{"n":1e+300,"time":1}\n{"time":1,"n":1e+300}\n');
  });

  test(`${kind}: entries become JSON as JavaScript would print them`, () => {
    const json = (...hex: readonly string[]): string => {
      const text = put(Buffer.from(hex.join(""), "hex"));
      const table = pool.take(20 * 4);
      const rows = kernels.entryTable(text.pointer, text.length, table.pointer);
      return rows < 0 ? `bad at ${-1 - rows}` : written((out) => kernels.entriesToJson(table.pointer, rows, noTime, out)).toString();
    };
    const eventTime = "d700" + "6ab13b80" + "00000001";
    const double = (value: number): string => {
      const bytes = Buffer.alloc(9, 0xcb);
      bytes.writeDoubleBE(value, 1);
      return bytes.toString("hex");
    };
    assert.equal(json("92", eventTime, "80"), "{}\n");
    assert.equal(json("92", eventTime, "81a16193c0c2c3", "92", "ce6ab13b80", "81a16101"), '{"a":[null,false,true]}\n{"a":1}\n');
    assert.equal(json("92c70800", "6ab13b8000000001", "81a161c40178"), '{"a":"x"}\n');
    assert.equal(json("9200", "82a161cfffffffffffffffffa162d38000000000000000"), '{"a":18446744073709551615,"b":-9223372036854775808}\n');
    assert.equal(json("9200", "8101d4057f"), '{"1":null}\n');
    for (const value of [0, -0, 1, 1.5, -2.25, 123.456, 0.1, 0.1 + 0.2, 1e21, 1e-7, 1e-6, 999_999_999_999_999, 4.35, 5e-324]) assert.equal(json("9200", "81a161", double(value)), `{"a":${JSON.stringify(value)}}\n`);
    for (const value of [NaN, Infinity, -Infinity]) assert.equal(json("9200", "81a161", double(value)), '{"a":null}\n');
    assert.equal(json("93"), "bad at 0");
    assert.equal(json("92a0", "80"), "bad at 1");
    assert.equal(json("9200", "90"), "bad at 2");
    assert.equal(json("9200", "81a161"), "bad at 5");
    assert.equal(json("9200", "81a161c1"), "bad at 5");
    assert.equal(json("9200", "81a161da0100"), "bad at 5");
    for (const cut of ["da01", "dc00", "dd0000", "de00", "c7", "c705", "cd00", "cb00", "d8"]) assert.equal(json("9200", "81a161", cut), "bad at 5", cut);
    for (const time of ["ff", "cf0000000100000000", "d3ffffffffffffffff", "d60000000000", "c0", "cb7ff8000000000000", "cbbff0000000000000", "cb41f0000000000000"]) assert.equal(json("92", time, "80"), "bad at 1", time);
  });

  test(`${kind}: the first byte that is not UTF-8`, () => {
    const invalidAt = (bytes: Buffer | string): number => {
      const { pointer, length } = put(bytes);
      return kernels.findInvalidUtf8(pointer, length);
    };
    assert.equal(invalidAt("두레 héllo 😀 \ufffd \u0800 \ud7ff \ue000"), -1);
    for (const bad of [[0x80], [0xc0, 0xaf], [0xc2], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x9f, 0x98], [0xff]]) {
      for (const before of ["", "a", "두레", "x".repeat(14), "x".repeat(15), "가".repeat(5), "가".repeat(11)]) {
        for (const after of ["", "a", "가", "y".repeat(40)]) assert.equal(invalidAt(Buffer.concat([Buffer.from(before), Buffer.from(bad), Buffer.from(after)])), Buffer.byteLength(before));
      }
    }
  });
}

interface Entry {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly record: Record<string, unknown>;
  readonly length: number;
}

function decodeEntry(bytes: Buffer): Entry {
  assert.equal(bytes.toString("hex", 0, 3), "92d700");
  const reader = new ValueReader(bytes, 11);
  return { seconds: bytes.readUInt32BE(3), nanoseconds: bytes.readUInt32BE(7), record: reader.value() as Record<string, unknown>, length: reader.at };
}

function numbers(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function wellFormedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wellFormedKeys);
  if (typeof value !== "object" || value === null) return value;
  const record: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) Object.defineProperty(record, key.toWellFormed(), { value: wellFormedKeys(item), enumerable: true, writable: true, configurable: true });
  return record;
}
