import assert from "node:assert/strict";
import test from "node:test";
import { testContext } from "#sdk/testing.ts";
import { BASE_PATTERNS } from "./grok/base-patterns.ts";
import { grok } from "./grok.ts";
import { parsed, refused } from "./parts/testing.ts";

const access = { clientip: "10.0.0.1", ident: "-", auth: "-", verb: "GET", request: "/a?b=1", httpversion: "1.1", response: "200", bytes: "612" };
const cases: readonly (readonly [string, object, string, Record<string, unknown>, string?])[] = [
  ["an access log", { pattern: "%{COMBINEDAPACHELOG}" }, '10.0.0.1 - - [10/Oct/2026:13:55:36 +0900] "GET /a?b=1 HTTP/1.1" 200 612 "https://x.kr/" "크롬 \\"x\\""', { ...access, referrer: '"https://x.kr/"', agent: '"크롬 \\"x\\""' }, "2026-10-10T04:55:36.000Z"],
  ["a request that is none", { pattern: "%{COMMONAPACHELOG}" }, '2001:db8::1 - kim [10/Oct/2026:13:55:36 +0000] "" 400 -', { clientip: "2001:db8::1", ident: "-", auth: "kim", rawrequest: "", response: "400" }, "2026-10-10T13:55:36.000Z"],
  ["types", { pattern: "%{WORD:verb} %{NUMBER:ms:float} %{NUMBER:bytes:int}", types: { bytes: "string" } }, "GET 1.5 612 x", { verb: "GET", ms: 1.5, bytes: "612" }],
  ["anywhere in the line", { pattern: "user=%{USER:user}" }, "x y user=kim z", { user: "kim" }],
  ["fields inside fields", { pattern: "%{WORD:[http][method]} %{INT:http.status:int} %{GREEDYDATA:메모} %{INT:1st}" }, "GET 200 안녕 7", { "http.method": "GET", "http.status": 200, 메모: "안녕", "1st": "7" }],
  ["patterns of the user's own, one in the other", { pattern: "%{ORDER}", patterns: { ORDER: "order %{ID:id} of %{WORD}", ID: "[A-Z]{2}-%{INT:number:int}" } }, "order AB-12 of kim", { id: "AB-12", number: 12 }],
  ["named groups and atomic groups as in Ruby", { pattern: "(?<first>\\w+) (?>x|y)(?<!z) (?<a.b>\\d+)" }, "one x 2", { first: "one", "a.b": "2" }],
  ["either of two", { pattern: "^(?:a %{INT:n}|b %{WORD:n})$" }, "b seven", { n: "seven" }],
  ["syslog", { pattern: "%{SYSLOGLINE}", time_zone: "UTC" }, "Oct 10 09:00:00 web-1 sshd[12]: Accepted: 홍길동", { logsource: "web-1", program: "sshd", pid: "12", message: "Accepted: 홍길동" }, "2026-10-10T09:00:00.000Z"],
  ["a Java log", { pattern: "%{TIMESTAMP_ISO8601:timestamp} +%{LOGLEVEL:level} \\[%{DATA:thread}\\] %{JAVACLASS:class} - %{GREEDYDATA:message}", time_zone: "Asia/Seoul" }, "2026-10-10 09:00:00,250  WARN [http-1] kr.co.Shop - low", { level: "WARN", thread: "http-1", class: "kr.co.Shop", message: "low" }, "2026-10-10T00:00:00.250Z"],
  ["a time format of the user's own", { pattern: "%{DATA:t}\\|%{GREEDYDATA:m}", time_key: "t", time_format: "%Y%m%d", time_zone: "UTC", keep_time: true }, "20261010|x", { t: "20261010", m: "x" }, "2026-10-10T00:00:00.000Z"],
  ["what does not fit", { pattern: "^%{INT:n}$" }, "x", { message: "x" }],
];
for (const [name, options, line, record, time] of cases) {
  test(name, async () => {
    const { records, times } = await parsed(grok, options, `${line}\r\n`);
    assert.deepEqual(records, [record]);
    if (time !== undefined) assert.deepEqual(times, [time]);
    const field = await parsed(grok, { ...options, key: "log" }, [{ log: line }]);
    assert.deepEqual(field.records, ["message" in record && !line.includes(" ") ? { log: line } : record]);
    if (time !== undefined) assert.deepEqual(field.times, [time]);
  });
}

const whole: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["IP", ["10.0.0.1", "255.255.255.255", "::1", "2001:db8::1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"], ["256.1.1.1", "1.2.3", "x", "12345::1"]],
  ["IPORHOST", ["web-1", "a.b.c.", "10.0.0.1"], ["-x", "a b"]],
  ["NUMBER", ["1", "-1.5", ".5", "+3"], ["1.", "x", "1e3"]],
  ["QS", ['""', '"a \\" b"', "'x'"], ['"a', 'a"']],
  ["URI", ["http://x.kr/a?b=[c]", "ftp://kim:pw@h:21"], ["//x", "http:/x"]],
  ["PATH", ["/var/log/x.log", "/", String.raw`C:\Windows\x y`], ["var/log"]],
  ["MAC", ["aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF", "aabb.ccdd.eeff"], ["aa:bb:cc:dd:ee"]],
  ["EMAILADDRESS", ["kim.lee+x@x.co.kr"], ["kim@", "@x"]],
  ["UUID", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567-e89b-12d3-a456-42661417400"]],
  ["TIMESTAMP_ISO8601", ["2026-10-10T09:00:00.123+09:00", "2026-10-10 09:00", "2026-10-10T09:00:00Z"], ["2026-13-10T09:00:00"]],
  ["DATESTAMP_RFC2822", ["Mon, 10 Oct 2026 09:00:00 +0900"], ["Mon 10 Oct 2026"]],
  ["LOGLEVEL", ["INFO", "warning", "Error", "CRITICAL"], ["INFOS", "loud"]],
  ["JAVASTACKTRACEPART", ["\tat kr.co.Shop.<init>(Shop.java:12)"], ["at x"]],
];
for (const [name, fitting, others] of whole) {
  test(`%{${name}}`, async () => {
    const { records } = await parsed(grok, { pattern: `^%{${name}:x}$` }, [...fitting, ...others].map((line) => `${line}\n`).join(""));
    assert.deepEqual(records.map(({ x, message }) => (x === undefined ? { message } : { x })), [...fitting.map((x) => ({ x })), ...others.map((message) => ({ message }))]);
  });
}

test("every base pattern is a regular expression, and none repeats a repetition", async () => {
  for (const name of Object.keys(BASE_PATTERNS)) {
    await using context = await testContext();
    await (await grok.open(grok.options.parse({ pattern: `%{${name}:x}` }), context)).close?.();
    assert.deepEqual(context.said, [], name);
  }
});

test("wrong patterns are refused where they stand", () => {
  refused(grok, { pattern: "%{COMBINEDAPACHELOGS:x}" }, "pattern", /did you mean `COMBINEDAPACHELOG`\?/);
  refused(grok, { pattern: "%{ORDR:x}", patterns: { ORDER: "x" } }, "pattern", /did you mean `ORDER`\?/);
  refused(grok, { pattern: "%{QQQQQQQQQQQQ:x}" }, "pattern", /is not known; write it under `patterns`/);
  refused(grok, { pattern: "%{A:x}", patterns: { A: "%{B}", B: "%{NOPE}" } }, "patterns", /`NOPE` is not known/);
  refused(grok, { pattern: "%{A:x}", patterns: { A: "%{B}", B: "%{A}" } }, "patterns", /`A` holds itself/);
  refused(grok, { pattern: "%{A:x}", patterns: { A: "%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}", B: "%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}", C: "%{IPV6}".repeat(40) } }, "patterns", /too long/);
  refused(grok, { pattern: "%{INT:x:money}" }, "pattern", /`money` is no type/);
  refused(grok, { pattern: "%{INT:x:int:y}" }, "pattern", /too many parts/);
  refused(grok, { pattern: "%{INT:}" }, "pattern", /names no field/);
  refused(grok, { pattern: "%{INT}" }, "pattern", /names no field/);
  refused(grok, { pattern: "(%{INT:x}" }, "pattern", /not a regular expression/);
  refused(grok, { pattern: "%{INT:x}", time_format: "%E" }, "time_format", /%E/);
});
