import assert from "node:assert/strict";
import test from "node:test";
import type { PluginContext } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import { regex } from "./regex.ts";

const { signal } = new AbortController(); // Nobody aborts: what hangs is ended by the time limit of the run.
const pool = testPool();
const clock = { now: () => Date.UTC(2027, 0, 2), pause: async () => undefined };

interface Result {
  readonly records: Record<string, unknown>[];
  readonly times: string[];
  readonly counts: Map<string, number>;
}

async function parse(options: object, text: string | Buffer, given: Partial<PluginContext> = {}): Promise<Result> {
  await using context = await testContext({ pool, clock, ...given });
  const transform = await regex.open(regex.options.parse(options), context);
  const batch = await transform.apply(linesBatch(pool, text), signal);
  const result = { records: batch === undefined ? [] : recordsOf(batch), times: batch === undefined ? [] : Array.from({ length: batch.rows }, (_, row) => new Date(batch.timeMs(row)).toISOString()), counts: context.counts };
  batch?.release();
  await transform.close?.();
  return result;
}

const access = { remote: "10.0.0.1", user: "-", method: "GET", path: "/a?b=1", protocol: "HTTP/1.1", status: 200, size: 612 };
const goldens: readonly (readonly [string, string, string, Record<string, unknown>, string])[] = [
  ["nginx", "nginx", '10.0.0.1 - - [10/Oct/2026:13:55:36 +0900] "GET /a?b=1 HTTP/1.1" 200 612 "https://x.kr/" "Mozilla/5.0 (X11; Linux)"', { ...access, referer: "https://x.kr/", agent: "Mozilla/5.0 (X11; Linux)" }, "2026-10-10T04:55:36.000Z"],
  ["nginx with a field behind the agent", "nginx", '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /a?b=1 HTTP/1.1" 200 612 "-" "curl" "1.2.3.4"', { ...access, referer: "-", agent: "curl" }, "2026-10-10T13:55:36.000Z"],
  ["nginx, a request that is none", "nginx", '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "-" 400 0 "-" "-"', { remote: "10.0.0.1", user: "-", request: "-", status: 400, size: 0, referer: "-", agent: "-" }, "2026-10-10T13:55:36.000Z"],
  ["nginx, an empty request", "nginx", '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "" 400 0 "-" "-"', { remote: "10.0.0.1", user: "-", request: "", status: 400, size: 0, referer: "-", agent: "-" }, "2026-10-10T13:55:36.000Z"],
  ["nginx, a TLS hello", "nginx", String.raw`10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "\x16\x03\x01\x02 \x01" 400 157 "-" "-"`, { remote: "10.0.0.1", user: "-", request: String.raw`\x16\x03\x01\x02 \x01`, status: 400, size: 157, referer: "-", agent: "-" }, "2026-10-10T13:55:36.000Z"],
  ["nginx, HTTP/0.9", "nginx", '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /x" 200 5 "-" "curl/8 foo"', { remote: "10.0.0.1", user: "-", request: "GET /x", status: 200, size: 5, referer: "-", agent: "curl/8 foo" }, "2026-10-10T13:55:36.000Z"],
  ["nginx, IPv6, a user and a Korean path", "nginx", '2001:db8::1 - 홍길동 [10/Oct/2026:13:55:36 +0000] "GET /검색?q=가나 HTTP/2.0" 200 1 "-" "크롬"', { remote: "2001:db8::1", user: "홍길동", method: "GET", path: "/검색?q=가나", protocol: "HTTP/2.0", status: 200, size: 1, referer: "-", agent: "크롬" }, "2026-10-10T13:55:36.000Z"],
  ["apache", "apache2", '10.0.0.1 - - [10/Oct/2026:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 - "-" "curl"', { ...access, ident: "-", size: null, referer: "-", agent: "curl" }, "2026-10-10T20:55:36.000Z"],
  ["apache with escaped quotes", "apache", String.raw`10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /a\"b HTTP/1.1" 200 612 "x\" \"y" "a \"quoted\" agent\\"`, { ...access, ident: "-", path: String.raw`/a\"b`, referer: String.raw`x\" \"y`, agent: String.raw`a \"quoted\" agent\\` }, "2026-10-10T13:55:36.000Z"],
  ["common", "common", '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /a?b=1 HTTP/1.1" 200 612', { ...access, ident: "-" }, "2026-10-10T13:55:36.000Z"],
  ["apache_error", "apache_error", "[Fri Sep 09 10:42:29.902022 2026] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:1234] File does not exist: /favicon.ico", { module: "core", level: "error", pid: 35_708, tid: 4_328_636_416, client: "72.15.99.187:1234", message: "File does not exist: /favicon.ico" }, "2026-09-09T10:42:29.902Z"],
  ["syslog", "syslog", "Dec 31 22:14:15 web-1 sshd[123]: Accepted publickey for 홍길동", { host: "web-1", ident: "sshd", pid: 123, message: "Accepted publickey for 홍길동" }, "2026-12-31T22:14:15.000Z"],
  ["syslog without a pid", "syslog", "Jan  1 00:00:00 web-1 kernel: [ 12.3] up: yes", { host: "web-1", ident: "kernel", message: "[ 12.3] up: yes" }, "2027-01-01T00:00:00.000Z"],
  ["syslog with a priority", "syslog", "<34>Jan  1 00:00:00 host su: failed", { priority: 34, host: "host", ident: "su", message: "failed" }, "2027-01-01T00:00:00.000Z"],
  ["syslog with new times", "rfc3164", "2026-05-01T12:00:00.123456+02:00 host cron[7]: run", { host: "host", ident: "cron", pid: 7, message: "run" }, "2026-05-01T10:00:00.123Z"],
  ["syslog5424", "syslog5424", '<165>1 2026-08-24T05:14:15.000003-07:00 host app 8710 ID47 [a@1 k="v ] \\"q\\""][b@2 x="1"] hello', { priority: 165, host: "host", ident: "app", pid: "8710", message_id: "ID47", data: '[a@1 k="v ] \\"q\\""][b@2 x="1"]', message: "hello" }, "2026-08-24T12:14:15.000Z"],
  ["syslog5424 without data", "syslog5424", "<165>1 2026-08-24T05:14:15Z host app - - - an error", { priority: 165, host: "host", ident: "app", pid: "-", message_id: "-", message: "an error" }, "2026-08-24T05:14:15.000Z"],
];
for (const [name, format, line, record, time] of goldens) {
  test(`${name}`, async () => {
    const { records, times } = await parse({ format, time_zone: "UTC" }, `${line}\n`);
    assert.deepEqual(records, [record]);
    assert.deepEqual(times, [time]);
    // The same among lines that go another way.
    const filler = '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n';
    const mixed = await parse({ format, time_zone: "UTC" }, `${filler.repeat(5)}${line}\r\n${filler.repeat(5)}`);
    assert.deepEqual(mixed.records[5], record);
    assert.equal(mixed.times[5], time);
  });
}

test("fields behind a group that holds one, and more behind it, lie where V8 finds them", async () => {
  for (const [pattern, line, record] of [
    ["^(?:(?<a>[a-z]+|x):) (?<b>.*)$", "ab: c", { a: "ab", b: "c" }],
    ["^(?:(?:(?<a>[a-z]+|x):+)-)(?<b>.*)$", "ab:::-c", { a: "ab", b: "c" }],
    ["^(?:(?:(?<a>[a-z]+|x):+)?-)(?<b>.*)$", "ab:-c", { a: "ab", b: "c" }],
    ["^((?<a>[a-z]+|x):+)(?<b>.*)$", "ab::c", { a: "ab", b: "c" }],
  ] as const) {
    assert.deepEqual((await parse({ pattern }, `${line}\n`)).records, [record], pattern);
  }
});

test("lines that do not fit stay as a message, or are dropped, and are counted", async () => {
  const kept = await parse({ pattern: "^(?<a>\\d+)$" }, "1\nx\n\n2\n");
  assert.deepEqual(kept.records, [{ a: "1" }, { message: "x" }, { message: "" }, { a: "2" }]);
  assert.equal(kept.counts.get("lines_unmatched_total"), 2);
  assert.deepEqual((await parse({ pattern: "^(?<a>\\d+)$", unmatched: "drop" }, "1\nx\n\n2\n")).records, [{ a: "1" }, { a: "2" }]);
  assert.deepEqual((await parse({ pattern: "^(?<a>\\d+)$", unmatched: "drop" }, "x\n")).records, []);
});

test("types", async () => {
  const { records } = await parse({ pattern: "^(?<i>\\S*) (?<f>\\S*) (?<b>\\S*) (?<j>.*)$", types: { i: "integer", f: "float", b: "boolean", j: "json" } }, '1 1.5 true {"a":[1]}\n- - no null\n007 1e3 false "x"\n12345678901234567 -0.25 x 1\n');
  assert.deepEqual(records, [{ i: 1, f: 1.5, b: true, j: { a: [1] } }, { i: null, f: null, b: "no", j: null }, { i: "007", f: 1000, b: false, j: "x" }, { i: 12_345_678_901_234_567n, f: -0.25, b: "x", j: 1 }]);
});

test("the time leaves the record when it was understood, and only then, unless it is to stay", async () => {
  const options = { pattern: "^(?<time>[^|]*)\\|(?<m>.*)$", time_format: "%Y-%m-%d %H:%M:%S", time_zone: "Asia/Seoul" };
  const text = "2026-10-10 09:00:00|a\nsome day|b\n2026-13-10 09:00:00|c\n";
  const { records, times, counts } = await parse(options, text);
  assert.deepEqual(records, [{ m: "a" }, { time: "some day", m: "b" }, { time: "2026-13-10 09:00:00", m: "c" }]);
  assert.equal(times[0], "2026-10-10T00:00:00.000Z");
  assert.equal(counts.get("times_unparsed_total"), 2);
  const kept = await parse({ ...options, keep_time: true }, text);
  assert.deepEqual(kept.records[0], { time: "2026-10-10 09:00:00", m: "a" });
  assert.equal(kept.times[0], "2026-10-10T00:00:00.000Z");
  assert.deepEqual((await parse({ ...options, time_key: "m" }, text)).records[0], { time: "2026-10-10 09:00:00", m: "a" });
});

test("a wall clock's time that is before 1970 in UTC is no time: it stays in the record", async () => {
  const options = { pattern: "^(?<time>[^|]*)\\|(?<m>.*)$", time_format: "%Y-%m-%d %H:%M:%S" };
  for (const [time_zone, first] of [["Asia/Seoul", "1970-01-01 09:00:00"], ["+09:00", "1970-01-01 09:00:00"], ["Australia/Lord_Howe", "1970-01-01 10:00:00"]] as const) {
    const { records, times, counts } = await parse({ ...options, time_zone }, `${first}|a\n1970-01-01 00:00:00|b\n`);
    assert.deepEqual(records, [{ m: "a" }, { time: "1970-01-01 00:00:00", m: "b" }], time_zone);
    assert.equal(times[0], "1970-01-01T00:00:00.000Z");
    assert.equal(counts.get("times_unparsed_total"), 1);
  }
});

test("bytes that are no UTF-8 pass unchanged", async () => {
  const bytes = Buffer.concat([Buffer.from("a "), Buffer.from([0xb0, 0xa1, 0x20, 0xff]), Buffer.from(" b\n")]);
  await using context = await testContext({ pool });
  for (const pattern of ["^(?<x>\\S+) (?<y>.*) (?<z>[a-z])$", "^(?<x>[^ ]*) (?<y>.*)$"]) {
    const transform = await regex.open(regex.options.parse({ pattern }), context);
    const batch = await transform.apply(linesBatch(pool, bytes), signal);
    const slice = batch?.entries();
    assert.ok(slice?.bytes.includes(Buffer.from([0xb0, 0xa1, 0x20, 0xff])), pattern);
    slice?.release();
    batch?.release();
    await transform.close?.();
  }
});

test("a field of records is parsed in its place", async () => {
  await using context = await testContext({ pool, clock });
  const transform = await regex.open(regex.options.parse({ format: "nginx", key: "log" }), context);
  const batch = await transform.apply(recordsBatch(pool, [{ log: '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /a?b=1 HTTP/1.1" 200 612', pod: "p" }, { log: "odd", pod: "q" }, { pod: "r" }]), signal);
  assert.ok(batch !== undefined);
  assert.deepEqual(recordsOf(batch), [{ pod: "p", ...access }, { log: "odd", pod: "q" }, { pod: "r" }]);
  assert.equal(new Date(batch.timeMs(0)).toISOString(), "2026-10-10T13:55:36.000Z");
  batch.release();
  await transform.close?.();
});

test("an 8 MiB line is no trouble", async () => {
  const long = "x".repeat(8 << 20);
  const { records } = await parse({ pattern: "^(?<a>\\S+) (?<b>.*)$" }, `${long} tail\n1 2\n`);
  assert.equal(String(records[0]?.["a"]).length, 8 << 20);
  assert.deepEqual(records[1], { a: "1", b: "2" });
});

const slips: readonly (readonly [object, RegExp])[] = [
  [{}, /either `format` or `pattern`/],
  [{ format: "nginx", pattern: "(?<a>.)" }, /either `format` or `pattern`/],
  [{ pattern: "(?<a>" }, /not a regular expression/],
  [{ pattern: "(a)" }, /no named group/],
  [{ pattern: "(?<a>.)", time_format: "%Y %E" }, /%E is not known/],
  [{ pattern: "(?<a>.)", time_zone: "Mars/Olympus" }, /Mars\/Olympus/],
];
for (const [options, message] of slips) {
  test(`${JSON.stringify(options)} is refused`, () => {
    const { error } = regex.options.safeParse(options);
    assert.match(error?.issues.map((issue) => issue.message).join() ?? "", message);
    assert.ok(error?.issues.every((issue) => (issue as { params?: { ko?: string } }).params?.ko !== undefined));
  });
}

test("a pattern that repeats a repetition is warned of", async () => {
  await using context = await testContext({ pool });
  await (await regex.open(regex.options.parse({ pattern: "^(?<a>(?:\\w+)*)$" }), context)).close?.();
  assert.equal(context.said[0]?.level, "warn");
});

test("a field that should be JSON and is not stays text, for filters as for outputs", async () => {
  await using context = await testContext();
  const parser = await regex.open(regex.options.parse({ pattern: "^(?<a>\\S+) (?<b>.*)$", types: { b: "json" } }), context);
  const batch = await parser.apply(linesBatch(context.pool, 'x {"n":1}\ny {oops\n'), AbortSignal.timeout(60_000));
  assert(batch !== undefined);
  assert.deepEqual(recordsOf(batch), [{ a: "x", b: { n: 1 } }, { a: "y", b: "{oops" }]);
  assert.equal(batch.column("b").get(1), "{oops");
  batch.release();
  await parser.close?.();
});
