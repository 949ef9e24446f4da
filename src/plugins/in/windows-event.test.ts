// wevtutil is played by a script that answers from recorded events, in UTF-16 as the real one does with /uni:true.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { z } from "zod";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import type { ChildEnd } from "./parts/child.ts";
import { windowsEvent } from "./windows-event.ts";
import { commandLine } from "./windows-event/ask-log.ts";
import { eventFrom, eventTexts } from "./windows-event/event-xml.ts";
import { failureOf } from "./windows-event/failure.ts";

const never = new AbortController().signal;
const skip = process.platform === "win32" ? "needs a script in the place of wevtutil" : false;
type Options = z.input<(typeof windowsEvent)["options"]>;

const SERVICE = (id: number) =>
  `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control Manager' Guid='{555908d1-a6d7-4695-8e1e-26931d2012f4}' EventSourceName='Service Control Manager'/><EventID Qualifiers='16384'>7036</EventID><Version>0</Version><Level>4</Level><Task>0</Task><Opcode>0</Opcode><Keywords>0x8080000000000000</Keywords><TimeCreated SystemTime='2026-03-02T01:23:45.6789012Z'/><EventRecordID>${id}</EventRecordID><Correlation/><Execution ProcessID='812' ThreadID='4242'/><Channel>System</Channel><Computer>DESKTOP-한글</Computer><Security/></System><EventData><Data Name='param1'>Windows Update</Data><Data Name='param2'>중지됨</Data><Binary>770075</Binary></EventData><RenderingInfo Culture='ko-KR'><Message>Windows Update 서비스가 중지됨 상태로 들어갔습니다.\r\n둘째 줄 &lt;끝&gt; &#x1F600;</Message><Level>정보</Level><Task></Task><Opcode></Opcode><Channel></Channel><Provider>Microsoft-Windows-Service Control Manager</Provider><Keywords><Keyword>클래식</Keyword></Keywords></RenderingInfo></Event>`;
const OLD = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="MyApp"/><EventID>1</EventID><Level>2</Level><TimeCreated SystemTime="2026-03-02T01:23:45Z"/><EventRecordID>9</EventRecordID><Channel>Application</Channel><Computer>PC</Computer><Security UserID="S-1-5-18"/></System><EventData><Data>첫째 &amp; 둘째</Data><Data></Data></EventData></Event>`;
const CLEARED = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Eventlog'/><EventID>104</EventID><EventRecordID>3</EventRecordID><Channel>System</Channel></System><UserData><LogFileCleared xmlns='http://manifests.microsoft.com/win/2004/08/windows/eventlog'><SubjectUserName>관리자</SubjectUserName><Channel>System</Channel><Channel>둘</Channel><BackupPath></BackupPath></LogFileCleared></UserData></Event>`;

test("windows event: a rendered event in Korean", () => {
  const event = eventFrom(SERVICE(41));
  assert.equal(event?.timeMs, Date.UTC(2026, 2, 2, 1, 23, 45, 678));
  assert.deepEqual(event?.record, {
    channel: "System",
    provider: "Service Control Manager",
    event_id: 7036,
    record_id: 41,
    level: 4,
    level_text: "정보",
    task: 0,
    opcode: 0,
    keywords: "0x8080000000000000",
    computer: "DESKTOP-한글",
    pid: 812,
    tid: 4242,
    message: "Windows Update 서비스가 중지됨 상태로 들어갔습니다.\r\n둘째 줄 <끝> 😀",
    data: { param1: "Windows Update", param2: "중지됨", Binary: "770075" },
  });
});

test("windows event: values without names, data of the user, no message", () => {
  const old = eventFrom(OLD)?.record;
  assert.deepEqual([old?.["data"], old?.["user"], old?.["message"]], [["첫째 & 둘째", ""], "S-1-5-18", undefined]);
  assert.deepEqual(eventFrom(CLEARED)?.record["user_data"], { LogFileCleared: { SubjectUserName: "관리자", Channel: ["System", "둘"], BackupPath: "" } });
});

test("windows event: names that every object has are names", () => {
  const event = "<Event><System><EventRecordID>1</EventRecordID></System><UserData><constructor>&constructor;</constructor><toString>a</toString><toString>b</toString></UserData></Event>";
  assert.deepEqual(eventFrom(event)?.record["user_data"], { constructor: "&constructor;", toString: ["a", "b"] });
});

for (const odd of ["", "<Event></Event>", "<Event><System></Event>", "<Event><System><EventRecordID>1</EventRecordID></System></Evnt>", `<Event>${"<a>".repeat(100)}</Event>`, "<Event><System>a < b<EventRecordID>1</EventRecordID></System></Event>"]) {
  test(`windows event: no event is made of ${odd.slice(0, 60)}`, () => assert.equal(eventFrom(odd), undefined));
}

test("windows event: whatever the message, it comes out as it was; whatever the text, nothing is thrown", () => {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.nat(), (message, cut) => {
      const text = `<Event><System><EventRecordID>5</EventRecordID></System><RenderingInfo><Message>${escaped(message)}</Message></RenderingInfo></Event>`;
      assert.equal(eventFrom(text)?.record["message"], message);
      const torn = SERVICE(1) + SERVICE(2);
      const whole = [...eventTexts(torn.slice(0, cut % torn.length))];
      assert.ok(whole.every((one) => eventFrom(one) !== undefined));
      eventFrom(torn.slice(cut % torn.length));
    }),
  );
});

test("windows event: the command line", () => {
  assert.deepEqual(commandLine({ channel: "System", after: 41, where: "Level<=3", locale: "ko-KR" }), ["wevtutil", "qe", "System", "/q:*[System[(EventRecordID>41) and (Level<=3)]]", "/f:RenderedXml", "/rd:false", "/c:200", "/uni:true", "/l:ko-KR"]);
  assert.deepEqual(commandLine({ channel: "A/B", after: undefined, where: "x", locale: "ko" }), ["wevtutil", "qe", "A/B", "/q:*", "/f:Xml", "/rd:true", "/c:1", "/uni:true"]);
});

const PLAYER = `#!${process.execPath}
const { readFileSync, existsSync } = require("node:fs");
const [verb, channel, ...options] = process.argv.slice(2);
const option = (name) => options.find((one) => one.startsWith("/" + name + ":")).slice(name.length + 2);
if (!existsSync(__dirname + "/" + channel)) { process.stderr.write(Buffer.from("c1f6c1a4c7d120c3a4b3ceC0bb20c3a3c0bb20bcf620bef8bdc0b4cfb4d92e0a", "hex")); process.exit(5); }
let events = readFileSync(__dirname + "/" + channel, "utf8").split("\\u0001").filter((one) => one !== "");
const after = Number(/EventRecordID>(\\d+)/.exec(option("q"))?.[1] ?? 0);
const id = (one) => Number(/<EventRecordID>(\\d+)/.exec(one)[1]);
events = events.filter((one) => after < id(one));
if (option("rd") === "true") events.reverse();
process.stdout.write(Buffer.from("\\ufeff" + events.slice(0, Number(option("c"))).map((one) => one + "\\r\\n").join(""), "utf16le"));
`;

function play(context: TestContext) {
  const dir = join(context.dataDir, "bin");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "wevtutil"), PLAYER, { mode: 0o755 });
  const before = process.env["PATH"];
  process.env["PATH"] = `${dir}:${before}`;
  return {
    log: (channel: string, events: readonly string[]) => writeFileSync(join(dir, channel), events.join("\u0001")),
    [Symbol.dispose]: () => void (process.env["PATH"] = before),
  };
}

/** The numbers of all events there are; commits as a pipeline does. */
async function read(context: TestContext, options: Options = {}): Promise<unknown[]> {
  const input = await windowsEvent.open(windowsEvent.options.parse({ channel: "System", ...options }), { ...context, mode: "test" });
  const got: unknown[] = [];
  for (;;) {
    const delivery = await input.read(never);
    if (delivery === undefined) break;
    got.push(...recordsOf(delivery.batch).map((record) => record["record_id"]));
    for (const [key, value] of Object.entries(delivery.positions ?? {})) context.store.set(key, value);
    delivery.batch.release();
  }
  await input.close();
  assert.equal(context.pool.usedBytes, 0);
  return got;
}
const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

test("windows event: goes on exactly behind the last record, by log", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.log("System", numbers(1, 450).map(SERVICE));
  player.log("Application", [OLD]);
  assert.deepEqual((await read(context, { channel: ["System", "Application"] })).toSorted((a, b) => Number(a) - Number(b)), [...numbers(1, 450), 9].toSorted((a, b) => a - b));
  assert.deepEqual(Object.fromEntries(context.store), { "windows-event:System": 450, "windows-event:Application": 9 });
  player.log("System", numbers(1, 452).map(SERVICE));
  assert.deepEqual(await read(context), [451, 452]);
  assert.deepEqual(await read(context), []);
});

test("windows event: a start at the end, and a log that was cleared", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.log("System", numbers(1, 7).map(SERVICE));
  assert.deepEqual(await read(context, { start: "end" }), []);
  context.store.set("windows-event:System", 5);
  assert.deepEqual(await read(context, { start: "end" }), [6, 7]);
  player.log("System", numbers(1, 2).map(SERVICE));
  assert.deepEqual(await read(context), [1, 2]);
  assert.ok(context.said.some(({ message }) => message.includes("was cleared")));
});

test("windows event: an event that is not understood is left out, counted, and not asked for again", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.log("System", [SERVICE(1), "<Event><System><EventRecordID>2</EventRecordID></System><b></Event>", SERVICE(3)]);
  assert.deepEqual(await read(context), [1, 3]);
  assert.equal(context.counts.get("windows_event_left_out_total"), 1);
  assert.deepEqual(await read(context), []);
});

test("windows event: a log that cannot be read is said, and does not stop the others", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.log("System", [SERVICE(1)]);
  assert.deepEqual(await read(context, { channel: ["Nowhere", "System"] }), [1]);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1);
  assert.ok(context.said.some(({ fields }) => fields["line"] === "지정한 채널을 찾을 수 없습니다."), "in the console's code page");
  const error = context.said.find(({ level }) => level === "warn")?.fields["error"] as { message?: string; hint?: string };
  assert.match(`${error.message} ${error.hint}`, /may not read the log \(wevtutil ended with 5\) .*Event Log Readers/);
});

const failures: readonly [ChildEnd, RegExp][] = [
  [{ code: 15007, endedBy: null }, /^there is no such log \(wevtutil ended with 15007\) .*wevtutil el/],
  [{ code: 15001, endedBy: null }, /^`where` is not a condition .* XPath/],
  [{ code: 77, endedBy: null }, /^wevtutil ended with 77 Try it by hand: wevtutil qe "System"/],
  [{ code: null, endedBy: "SIGKILL" }, /^wevtutil ended by SIGKILL Try it by hand/],
  [{ code: null, endedBy: null, error: new Error("spawn wevtutil ENOENT") }, /^wevtutil was not started: spawn wevtutil ENOENT .*on Windows only/],
];
for (const [end, wanted] of failures) {
  test(`windows event: a failure says what to do: ${end.code ?? end.endedBy ?? "not started"}`, () => {
    const { message, hint } = failureOf(end, "System");
    assert.match(`${message} ${hint}`, wanted);
  });
}

test("windows event: a stop ends the waiting", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.log("System", [SERVICE(1)]);
  const input = await windowsEvent.open(windowsEvent.options.parse({ channel: "System", poll: "1h" }), context);
  const stop = new AbortController();
  (await input.read(stop.signal))?.batch.release();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
  await input.close();
});

test("windows event: what dure validate says, and options that are refused", async () => {
  const before = process.env["PATH"];
  process.env["PATH"] = "/no-such-folder";
  try {
    const said = await windowsEvent.checkEnvironment?.(windowsEvent.options.parse({}), { configDir: "/", signal: never });
    assert.match(said?.[0]?.en ?? "", /^wevtutil is not found/);
  } finally {
    process.env["PATH"] = before;
  }
  for (const odd of [{ channel: "/lf" }, { channel: [] }, { locale: "ko KR" }, { poll: "1ms" }]) assert.equal(windowsEvent.options.safeParse(odd).success, false, JSON.stringify(odd));
});

test("windows event: what was answered while a read ended is asked for again by the next one", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.log("System", numbers(1, 20).map(SERVICE));
  const input = await windowsEvent.open(windowsEvent.options.parse({ channel: "System" }), { ...context, mode: "test" });
  const hold = context.pool.take(context.pool.limitBytes - 64);
  const stop = new AbortController();
  const room = context.pool.room.bind(context.pool);
  // The answer is there, and there is no room for it.
  Object.assign(context.pool, { room: (bytes: number, signal: AbortSignal) => (stop.abort(), room(bytes, signal)) });
  assert.equal(await input.read(stop.signal), undefined);
  hold.release();
  const delivery = await input.read(never);
  assert.deepEqual(delivery === undefined ? [] : recordsOf(delivery.batch).map((record) => record["record_id"]), numbers(1, 20));
  delivery?.batch.release();
  await input.close();
});
