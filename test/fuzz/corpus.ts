// Valid messages, and how each protocol wraps them: `inside` is hurt in what it carries and wrapped rightly, so that it passes the first
// checks; `outside` is hurt as it lies on the wire.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { encoded, packedHead } from "#dataplane/forward-protocol.ts";
import type { Dice } from "./dice.ts";
import { mutated } from "./mutate.ts";

export interface Corpus {
  /** Whole as the protocol wants it, with this text in it. */
  valid(text: string): Buffer;
  inside(dice: Dice): Buffer;
  outside(dice: Dice): Buffer;
}

export const JSON_LINES = [
  '{"level":"info","n":12,"message":"started","list":[1,2.5,-3e10,true,null],"map":{"a":{"b":"c"}}}',
  '{"message":"한글 메시지 \\ud83d\\ude00","tab":"a\\tb","quote":"\\"","long":"' + "x".repeat(300) + '"}',
  '{"time":"2026-11-22T01:02:03.456+09:00","n":12345678901234567890,"f":0.1e-7,"e":""}',
].map((line) => Buffer.from(line));

export const SYSLOG_MESSAGES = [
  '<34>1 2026-11-22T01:02:03.456789+09:00 host app 1234 ID47 [ex@32473 iut="3" eventSource="App\\]lication"][more a="b"] 본문 text',
  "<13>1 2026-11-22T01:02:03Z - - - - - -",
  "<165>Nov 22 01:02:03 mymachine su[231]: 'su root' failed for lonvick on /dev/pts/8",
  "<0>Nov  2 01:02:03 10.0.0.1 %ASA-6-302013: Built outbound TCP connection",
].map((line) => Buffer.from(line));

const TEXTS = [...SYSLOG_MESSAGES, ...JSON_LINES];

const newlineFree = (bytes: Buffer): Buffer => Buffer.from(bytes.toString("latin1").replaceAll("\n", " "), "latin1");

/** Lines of JSON, each with its newline. */
export const lineCorpus: Corpus = {
  valid: (text) => Buffer.from(`${JSON.stringify({ message: text })}\n`),
  inside: (dice) => Buffer.concat([newlineFree(mutated(dice.pick(JSON_LINES), TEXTS, dice)), NEWLINE]),
  outside: (dice) => mutated(Buffer.concat([dice.pick(JSON_LINES), NEWLINE]), TEXTS, dice),
};
const NEWLINE = Buffer.from("\n");

const counted = (message: Buffer): Buffer => Buffer.concat([Buffer.from(`${message.length} `), message]);

/** Syslog on a stream: each message counted, or ended by a newline. */
export const syslogStreamCorpus: Corpus = {
  valid: (text) => counted(Buffer.from(`<13>1 2026-11-22T01:02:03Z host app 1 - - ${text}`)),
  inside(dice) {
    const message = mutated(dice.pick(SYSLOG_MESSAGES), TEXTS, dice);
    return message.length === 0 || dice.chance(0.3) ? Buffer.concat([newlineFree(message), NEWLINE]) : counted(message);
  },
  outside: (dice) => mutated(dice.chance(0.3) ? Buffer.concat([dice.pick(SYSLOG_MESSAGES), NEWLINE]) : counted(dice.pick(SYSLOG_MESSAGES)), TEXTS, dice),
};

/** A datagram is a message: there is nothing around it to hurt. */
export const syslogDatagramCorpus: Corpus = {
  valid: (text) => Buffer.from(`<13>1 2026-11-22T01:02:03Z host app 1 - - ${text}`),
  inside: (dice) => mutated(dice.pick(SYSLOG_MESSAGES), TEXTS, dice),
  outside: (dice) => mutated(mutated(dice.pick(SYSLOG_MESSAGES), TEXTS, dice), TEXTS, dice),
};

interface HttpBody {
  readonly type: string;
  readonly body: Buffer;
}

const HTTP_BODIES: readonly HttpBody[] = [
  { type: "application/x-ndjson", body: Buffer.concat(JSON_LINES.flatMap((line) => [line, NEWLINE])) },
  { type: "application/json", body: JSON_LINES[0] ?? NEWLINE },
  { type: "application/json; charset=utf-8", body: Buffer.from(`[${JSON_LINES.map(String).join(",")}]`) },
  { type: "text/plain; charset=cp949", body: Buffer.from([0xb0, 0xa1, 0xb3, 0xaa, 0x0a]) },
  { type: "text/plain", body: Buffer.concat(SYSLOG_MESSAGES.flatMap((line) => [line, NEWLINE])) },
];
const HTTP_BYTES = HTTP_BODIES.map(({ body }) => body);

function request({ type, body }: HttpBody, dice: Dice | undefined): Buffer {
  const how = dice === undefined ? 0 : dice.below(8);
  const packed = how === 1 ? gzipSync(body, { level: 1 }) : how === 2 ? zstdCompressSync(body) : body;
  const encoding = how === 1 ? "content-encoding: gzip\r\n" : how === 2 ? "content-encoding: zstd\r\n" : "";
  const head = `POST /in?a=b HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n${encoding}`;
  if (how === 3) return Buffer.concat([Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${packed.length.toString(16)}\r\n`), packed, Buffer.from("\r\n0\r\n\r\n")]);
  return Buffer.concat([Buffer.from(`${head}${how === 4 ? "expect: 100-continue\r\n" : ""}content-length: ${packed.length}\r\n\r\n`), packed]);
}

export const httpCorpus: Corpus = {
  valid: (text) => request({ type: "application/json", body: Buffer.from(JSON.stringify({ message: text })) }, undefined),
  inside(dice) {
    const { type, body } = dice.pick(HTTP_BODIES);
    return request({ type, body: mutated(body, HTTP_BYTES, dice) }, dice);
  },
  outside: (dice) => mutated(request(dice.pick(HTTP_BODIES), dice), HTTP_BYTES, dice),
};

const RECORDS: readonly Record<string, unknown>[] = [
  { level: "info", n: 12, message: "started", list: [1, 2.5, -3e10, true, null], map: { a: { b: "c" } } },
  { message: "한글 메시지", big: 2n ** 63n, none: null, long: "x".repeat(300) },
];
/** EventTime; a number; a float; Fluent Bit's pair with metadata. */
const TIMES = [Buffer.from([0xd7, 0, 0x6a, 0xb1, 0, 0, 0, 0, 0, 1]), encoded(1_790_000_000), encoded(1_790_000_000.25), Buffer.from([0x92, 0xd7, 0, 0x6a, 0xb1, 0, 0, 0, 0, 0, 1, 0x80])];
const PAIR = Buffer.from([0x92]);
const ENTRIES = TIMES.map((time, index) => Buffer.concat([PAIR, time, encoded(RECORDS[index % RECORDS.length])]));
const HEARTBEAT = Buffer.from([0xc0]);

function packedFrame(entries: Buffer, option: Record<string, unknown>): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(entries.length);
  return Buffer.concat([packedHead("fuzz.tag"), length, entries, encoded(option)]);
}

function forwardFrame(entries: readonly Buffer[], dice: Dice, chunk: string): Buffer {
  const option = dice.chance(0.8) ? { size: entries.length, chunk } : {};
  switch (dice.below(6)) {
    case 0:
      return packedFrame(gzipSync(Buffer.concat(entries), { level: 1 }), { ...option, compressed: "gzip" });
    case 1:
      return packedFrame(zstdCompressSync(Buffer.concat(entries)), { ...option, compressed: "zstd" });
    case 2:
      return Buffer.concat([Buffer.from([0x93]), encoded("fuzz.tag"), Buffer.from([0x90 | entries.length]), ...entries, encoded(option)]);
    case 3:
      return Buffer.concat([Buffer.from([0x94]), encoded("fuzz.tag"), (entries[0] ?? HEARTBEAT).subarray(1), encoded(option)]);
    default:
      return packedFrame(Buffer.concat(entries), option);
  }
}

let chunks = 0;
const newChunk = (): string => `chunk-${(chunks += 1)}`;

const some = (dice: Dice, make: () => Buffer): Buffer[] => Array.from({ length: 1 + dice.below(3) }, make);

export const forwardCorpus: Corpus = {
  valid: (text) => packedFrame(Buffer.concat([PAIR, TIMES[0] ?? HEARTBEAT, encoded({ message: text })]), { chunk: newChunk() }),
  inside: (dice) => (dice.chance(0.02) ? HEARTBEAT : forwardFrame(some(dice, () => sameShape(dice.pick(ENTRIES), dice)), dice, newChunk())),
  outside(dice) {
    if (dice.chance(0.5)) return forwardFrame(some(dice, () => mutated(dice.pick(ENTRIES), ENTRIES, dice)), dice, newChunk());
    return mutated(forwardFrame(some(dice, () => dice.pick(ENTRIES)), dice, newChunk()), ENTRIES, dice);
  },
};

/** Hurt where it only changes what is said, not where it ends: the bytes of texts. */
function sameShape(entry: Buffer, dice: Dice): Buffer {
  const copy = Buffer.from(entry);
  for (let count = 1 + dice.below(6); 0 < count; count -= 1) {
    const at = 14 + dice.below(copy.length - 14);
    if (0x61 <= (copy[at] ?? 0) && (copy[at] ?? 0) <= 0x7a) copy[at] = dice.below(256);
  }
  return copy;
}
