// What reads bytes from outside, in this process: every parser, the readers of the forward protocol on both sides, journald's and Windows'
// records, and what Elasticsearch answers. Nothing may throw what its caller does not await, or keep a chunk.
import assert from "node:assert/strict";
import { builtInPlugins } from "#plugins/all.ts";
import { readPing, readPong, readHelo, heloMessage, pingMessage, pongMessage } from "#dataplane/forward-handshake.ts";
import { EntryScan, EntryTime, withTextKeys } from "#dataplane/forward-entries.ts";
import { ackMessage, CutOff, encoded, ProtocolError, WireReader } from "#dataplane/forward-protocol.ts";
import { ValueReader } from "#dataplane/msgpack.ts";
import { FRAME_HEAD_BYTES, frameHead, readFrameHead } from "#dataplane/frames.ts";
import { entryOf } from "#plugins/in/journald/entry.ts";
import { eventFrom, eventTexts } from "#plugins/in/windows-event/event-xml.ts";
import { readHead, readOption } from "#plugins/in/forward/frame.ts";
import { readBulkAnswer } from "#plugins/out/elasticsearch/bulk-answer.ts";
import { HttpError } from "#plugins/out/parts/http-error.ts";
import { passed } from "#sdk/conformance/stream.ts";
import type { StepPlugin } from "#sdk/conformance/stream.ts";
import { linesBatch, recordsBatch, testPool } from "#sdk/testing.ts";
import { JSON_LINES, SYSLOG_MESSAGES } from "./corpus.ts";
import type { Dice } from "./dice.ts";
import { mutated } from "./mutate.ts";

/** Reads one message that was hurt. Throws what is a fault. */
type Reading = (message: Buffer) => void;

interface Reader {
  readonly whole: readonly Buffer[];
  readonly read: Reading;
}

const pool = testPool();
const JOURNAL = [
  { __CURSOR: "s=1;i=2", __REALTIME_TIMESTAMP: "1790000000000000", MESSAGE: "본문", PRIORITY: "6", _SYSTEMD_UNIT: "a.service" },
  { __CURSOR: "s=1;i=3", MESSAGE: [27, 91, 49, 109, 104, 105], LIST: ["a", [200, 201]], NONE: null },
  { __CURSOR: "s=1;i=4", ___proto__: ["a", "b"], __proto__x: 1, constructor: "c", toString: ["d"] },
].map((entry) => Buffer.from(JSON.stringify(entry)));
const WINDOWS_EVENT = Buffer.from(
  `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control Manager' Guid='{555908d1}'/><EventID Qualifiers='16384'>7036</EventID><Level>4</Level><TimeCreated SystemTime='2026-11-22T01:02:03.4567890Z'/><EventRecordID>1234</EventRecordID><Execution ProcessID='600' ThreadID='700'/><Channel>System</Channel><Computer>장비</Computer><Security/></System><EventData><Data Name='param1'>a &amp; &#xAC00; &constructor;</Data><Binary>00</Binary></EventData><UserData><constructor>1</constructor><toString>2</toString><a><b>1</b><b>2</b></a></UserData><RenderingInfo Culture='ko-KR'><Message>서비스</Message></RenderingInfo></Event>`,
);
const ENTRY = Buffer.concat([Buffer.from([0x92, 0xd7, 0, 0x6a, 0xb1, 0, 0, 0, 0, 0, 1]), encoded({ 글: "가", n: [1, { a: 2n ** 63n }] })]);
const BULK = Buffer.from(JSON.stringify({ errors: true, items: [{ create: { status: 201 } }, { create: { status: 400, error: { type: "mapper", reason: "왜" } } }, { create: { status: 429, error: "busy" } }] }));
const SALT = Buffer.from("salt");

/** Errors that a caller awaits. */
function awaiting(read: Reading, ...known: readonly unknown[]): Reading {
  return (message) => {
    try {
      read(message);
    } catch (error) {
      if (error === CutOff.thrown || error instanceof ProtocolError || known.some((kind) => typeof kind === "function" && error instanceof kind)) return;
      throw error;
    }
  };
}

export const READERS: Readonly<Record<string, Reader>> = {
  "the head of a forward frame": { whole: [encoded(["tag", 1_790_000_000, { a: 1 }, { chunk: "c" }]), encoded(["tag", Buffer.from("x"), { size: 1 }])], read: awaiting((message) => void readHead(new WireReader(message))) },
  "the option of a forward frame": { whole: [encoded({ size: 1, chunk: "abc", compressed: "gzip", more: [1, { a: 2 }] })], read: awaiting((message) => void readOption(new WireReader(message))) },
  "a PING": { whole: [pingMessage({ hostname: "h", salt: SALT, digest: "d", username: "u", passwordDigest: "p" })], read: awaiting((message) => void readPing(new WireReader(message))) },
  "a HELO": { whole: [heloMessage({ nonce: SALT, auth: SALT, isKeptAlive: true })], read: awaiting((message) => void readHelo(new WireReader(message))) },
  "a PONG": { whole: [pongMessage({ isAccepted: true, reason: "", hostname: "h", digest: "d" })], read: awaiting((message) => void readPong(new WireReader(message))) },
  "an ack": {
    whole: [ackMessage(encoded("chunk"))],
    read: awaiting((message) => {
      const reader = new WireReader(message);
      for (let left = reader.mapCount("an answer"); 0 < left; left -= 1) void [reader.text("a key"), reader.text("an ack")];
    }),
  },
  "forward entries": { whole: [ENTRY, Buffer.concat([ENTRY, ENTRY])], read: awaiting(readEntries) },
  "a MessagePack value": { whole: [encoded({ 글: "가", list: [1, -1, 1.5, null, true, 2n ** 63n] })], read: awaiting((message) => void new ValueReader(message).value(), RangeError) },
  "the head of a frame on disk": { whole: [frameOnDisk()], read: (message) => void readFrameHead(message, 0, { segment: 1, offset: 0 }) },
  "an entry of the journal": {
    whole: JOURNAL,
    read(message) {
      for (const isRaw of [true, false]) for (const encoding of ["utf-8", "cp949"]) assert.ok(isNamed(entryOf(message.toString("utf8"), { isRaw, encoding })?.record));
    },
  },
  "an event of Windows": {
    whole: [WINDOWS_EVENT, Buffer.concat([WINDOWS_EVENT, Buffer.from("\r\n"), WINDOWS_EVENT])],
    read(message) {
      for (const text of eventTexts(message.toString("utf8"))) assert.ok(isNamed(eventFrom(text)?.record));
    },
  },
  "an answer of Elasticsearch": { whole: [BULK], read: awaiting((message) => void readBulkAnswer(message.toString("utf8"), 3), HttpError) },
};

/** A record is plain data, and says so as MessagePack and as JSON. */
function isNamed(record: Record<string, unknown> | undefined): boolean {
  if (record === undefined) return true;
  assert.equal(Object.getPrototypeOf(record), Object.prototype, "a record is no more than its fields");
  const before = pool.usedBytes;
  const batch = recordsBatch(pool, [record]);
  assert.doesNotMatch(JSON.stringify(batch.record(0)), /native code/);
  batch.release();
  assert.equal(pool.usedBytes, before);
  return true;
}

function readEntries(message: Buffer): void {
  const scan = new EntryScan();
  scan.begin(0);
  scan.scan(message, message.length, 1000);
  assert.ok(scan.at <= message.length);
  if (scan.rows === 0) return;
  new EntryTime().read(message, message[0] === 0x92 ? 1 : message[0] === 0xdc ? 3 : 5);
  const record = new ValueReader(message, 0, scan.at).value() as unknown[];
  assert.equal(record.length, 2);
  const texts = withTextKeys(message, 0);
  assert.ok(Buffer.isBuffer(texts));
}

function frameOnDisk(): Buffer {
  const batch = linesBatch(pool, "하나\n");
  const head = frameHead(batch, { segment: 1, offset: 0 }, true);
  batch.release();
  assert.ok(FRAME_HEAD_BYTES <= head.length);
  return head;
}

/** Gives how many messages were still read without an error. */
export function readHurt(name: string, messages: number, dice: Dice): void {
  const reader = READERS[name];
  assert.ok(reader !== undefined);
  for (let turn = 0; turn < messages; turn += 1) {
    const message = mutated(dice.pick(reader.whole), reader.whole, dice);
    try {
      reader.read(message);
    } catch (error) {
      throw new Error(`message ${turn} of ${name}: ${message.toString("base64").slice(0, 4000)}`, { cause: error });
    }
  }
}

const TEXTS: readonly Buffer[] = [
  ...JSON_LINES,
  ...SYSLOG_MESSAGES,
  ...['"가, 나",1,"b ""c"""', "a=1; 글:값", 'level=info msg="올라 왔다" up', "a:1\t글:값", "1\t가\t\\n", '<e a="1"><b>가 &amp; &#xAC00;</b><![CDATA[c]]></e>', "2026-11-22 01:02:03,456 INFO [main] started", "  at com.example.App(App.java:1)", '127.0.0.1 - - [22/Nov/2026:01:02:03 +0900] "GET / HTTP/1.1" 200 12'].map((line) => Buffer.from(line)),
];
const PARSER_OPTIONS: Readonly<Record<string, readonly object[]>> = {
  "parse.Csv": [{ columns: ["a", "b"], types: { b: "integer" } }],
  "parse.Grok": [{ pattern: "^%{WORD:level} %{NUMBER:n:int} %{GREEDYDATA:text}$" }],
  "parse.Json": [{}, { time_format: "epoch_ms", keep_time: true }],
  "parse.KeyValue": [{ pair_separator: ";", key_separator: ":" }],
  "parse.MultiLine": [{ start: "^\\S" }, { preset: "java" }],
  "parse.Regex": [{ pattern: "^(?<level>[a-z]+) (?<text>.*)$" }],
  "parse.Tsv": [{ columns: ["a", "b"] }],
};
export const PARSERS: readonly { readonly name: string; readonly options: object }[] = Object.keys(builtInPlugins)
  .filter((name) => name.startsWith("parse."))
  .flatMap((name) => (PARSER_OPTIONS[name] ?? [{}]).map((options) => ({ name, options })));
const LINES_A_BATCH = 250;

/** Lines and records with such a field through a parser; each batch that comes out is written as JSON and as entries, and read back. */
export async function parseHurt({ name, options }: (typeof PARSERS)[number], lines: number, dice: Dice): Promise<void> {
  const plugin = (await builtInPlugins[name as "parse.Json"].load()) as unknown as StepPlugin;
  for (let done = 0; done < lines; done += LINES_A_BATCH) {
    const hurt = Array.from({ length: LINES_A_BATCH }, () => mutated(dice.pick(TEXTS), TEXTS, dice));
    const text = Buffer.concat(hurt.flatMap((line) => [line, Buffer.from("\n")]));
    try {
      const { records } = await passed(plugin, options, (from) => [linesBatch(from, text)]);
      const given = text.toString("latin1").split("\n").length - 1;
      assert.ok(records.length <= given, `${records.length} records of ${given} lines`);
      await passed(plugin, options, (from) => [recordsBatch(from, hurt.map((line) => ({ message: line.toString("utf8"), n: 1 })))]);
    } catch (error) {
      throw new Error(`${name} ${JSON.stringify(options)}, lines from ${done}`, { cause: error });
    }
  }
}
