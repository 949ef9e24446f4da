import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parsed, refused } from "./parts/testing.ts";
import { syslog } from "./syslog.ts";

const su = { pri: 34, facility: "auth", facility_code: 4, severity: "crit", severity_code: 2 };
const local4 = { pri: 165, facility: "local4", facility_code: 20, severity: "notice", severity_code: 5 };
const EVENT = "2026-09-21T14:13:20.000Z"; // The batch's own time.
const lines: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ["<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", { ...su, host: "mymachine", ident: "su", message: "'su root' failed for lonvick on /dev/pts/8" }, "2026-10-11T22:14:15.000Z"],
  ["<165>Aug 24 05:34:00 10.1.2.3 sched[0]: That's All Folks!", { ...local4, host: "10.1.2.3", ident: "sched", pid: "0", message: "That's All Folks!" }, "2026-08-24T05:34:00.000Z"],
  ["Dec 31 22:14:15 web-1 sshd[123]: Accepted publickey for 홍길동", { host: "web-1", ident: "sshd", pid: "123", message: "Accepted publickey for 홍길동" }, "2026-12-31T22:14:15.000Z"],
  ["Jan  1 00:00:00 web-1 kernel: [ 12.3] up: yes", { host: "web-1", ident: "kernel", message: "[ 12.3] up: yes" }, "2027-01-01T00:00:00.000Z"],
  ["Jan 1 00:00:01 web-1 kernel: unpadded", { host: "web-1", ident: "kernel", message: "unpadded" }, "2027-01-01T00:00:01.000Z"],
  ["<34>Oct 11 22:14:15 sshd[7]: no host", { ...su, ident: "sshd", pid: "7", message: "no host" }, "2026-10-11T22:14:15.000Z"],
  ["<34>Oct 11 22:14:15 fe80::1 no ident here: none", { ...su, host: "fe80::1", message: "no ident here: none" }, "2026-10-11T22:14:15.000Z"],
  ["2026-05-01T12:00:00.123456+02:00 host cron[7]: run", { host: "host", ident: "cron", pid: "7", message: "run" }, "2026-05-01T10:00:00.123Z"],
  ["<34>2026-05-01T12:00:00Z host app: x", { ...su, host: "host", ident: "app", message: "x" }, "2026-05-01T12:00:00.000Z"],
  ["<34>Use the BFG!", { ...su, message: "Use the BFG!" }, EVENT],
  ["<34>", { ...su, message: "" }, EVENT],
  ["<34>Oct 99 22:14:15 h su: x", { ...su, time: "Oct 99 22:14:15", host: "h", ident: "su", message: "x" }, EVENT],
  ["<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed", { ...su, host: "mymachine.example.com", ident: "su", msgid: "ID47", message: "'su root' failed" }, "2003-10-11T22:14:15.003Z"],
  ['<165>1 2026-08-24T05:14:15.000003-07:00 host app 8710 - [a@1 k="v ] \\"q\\" \\\\ \\n" k="2" k="3"][b@2] 안녕', { ...local4, host: "host", ident: "app", pid: "8710", extradata: { "a@1": { k: ['v ] "q" \\ \\n', "2", "3"] }, "b@2": {} }, message: "안녕" }, "2026-08-24T12:14:15.000Z"],
  ['<165>1 - - - - - [x __proto__="1"]', { ...local4, extradata: { x: JSON.parse('{"__proto__":"1"}') as unknown } }, EVENT],
  ["<165>1 - - - - - -", { ...local4 }, EVENT],
  ["<165>1 - - - - - - ", { ...local4, message: "" }, EVENT],
];
for (const [line, record, time] of lines) {
  test(line, async () => {
    const { records, times, counts } = await parsed(syslog, { time_zone: "UTC" }, `${line}\r\n`);
    assert.deepEqual(records, [record]);
    assert.deepEqual(times, [time]);
    assert.equal(counts.get("lines_unmatched_total"), undefined);
  });
}

test("lines of all kinds in one batch, each by what it is", async () => {
  const { records, times } = await parsed(syslog, { time_zone: "UTC" }, lines.map(([line]) => `${line}\n`).join(""));
  assert.deepEqual(records, lines.map(([, record]) => record));
  assert.deepEqual(times, lines.map(([, , time]) => time));
});

test("what is no syslog stays as a message", async () => {
  const odd = ["", "hello", "<192>Oct 11 22:14:15 h su: x", "<>x", "<abc>x", "<12", "a b c d", "<34>1 ", "<34>1 - - -", "<34>1 - - - - - [", '<34>1 - - - - - [a b="c]', "<34>1 - - - - - [a]x", "<34>1 - - - - - [a b]", "<34>1 - - - - - x y", "Oct 11 22:14:15"];
  const { records, counts } = await parsed(syslog, {}, odd.map((line) => `${line}\n`).join(""));
  assert.deepEqual(records, odd.map((line) => ({ message: line })));
  assert.equal(counts.get("lines_unmatched_total"), odd.length);
});

test("times without a zone are of the zone given, and the time may stay", async () => {
  const { records, times } = await parsed(syslog, { time_zone: "Asia/Seoul", keep_time: true }, "Jan  1 09:00:00 h a: x\nJan  1 09:00:01 h a: y\n");
  assert.deepEqual(times, ["2027-01-01T00:00:00.000Z", "2027-01-01T00:00:01.000Z"]);
  assert.deepEqual(records[1], { time: "Jan  1 09:00:01", host: "h", ident: "a", message: "y" });
});

test("types, and a field of records", async () => {
  const { records } = await parsed(syslog, { types: { pid: "integer" }, key: "log", time_zone: "UTC" }, [{ log: "<34>Oct 11 22:14:15 h su[12]: x\n", from: "p" }, { log: "odd" }]);
  assert.deepEqual(records, [{ from: "p", ...su, host: "h", ident: "su", pid: 12, message: "x" }, { log: "odd" }]);
});

test("whatever the line, it makes a record that holds its text", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom("<34>", "1 ", "- ", "Oct 11 22:14:15 ", "2026-05-01T12:00:00Z ", "h ", "su[1]: ", "su: ", "[a b=\"", "\"]", "x"), fc.string()), { maxLength: 9 }), async (parts) => {
      const line = parts.join("").replace(/[\r\n]/g, "");
      const { records, counts } = await parsed(syslog, {}, `${line}\n`);
      assert.equal(records.length, 1);
      if (counts.has("lines_unmatched_total")) assert.deepEqual(records, [{ message: line }]);
      else if (records[0]?.["message"] !== undefined) assert.ok(line.endsWith(String(records[0]["message"])));
    }),
    { numRuns: 300 },
  ));

test("wrong options are refused where they stand", () => {
  refused(syslog, { time_zone: "Mars/Olympus" }, "time_zone", /Mars/);
});
