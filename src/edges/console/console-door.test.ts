// EventFlow's console as its users know it: what is typed, what is answered.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import iconv from "iconv-lite";
import { setLang } from "#base/lang.ts";
import { quietLog } from "../http/testing.ts";
import { until } from "#test/cli/run-dure.ts";
import { testConsole } from "./testing.ts";
import type { TestConsole } from "./testing.ts";

setLang("en");

/** The lines between each <begin> and <end>. */
function answersIn(text: string): string[][] {
  const answers: string[][] = [];
  for (const line of text.replaceAll("\r", "").split("\n")) {
    if (line === "<begin>") answers.push([]);
    else if (line !== "<end>" && line !== "") answers.at(-1)?.push(line);
  }
  assert.equal(text.split("<begin>").length, text.split("<end>").length, "each begin has its end");
  return answers;
}

async function typed(console: TestConsole, ...lines: readonly string[]): Promise<string[][]> {
  return answersIn(await console.say(lines.map((line) => `${line}\n`).join("")));
}

const rows = (answer: readonly string[] | undefined): string[] => answer?.slice(3, -1).map((line) => line.replaceAll(/ {2,}/g, " | ")) ?? [];

test("console: a day of an EventFlow user", async () => {
  await using console = await testConsole();
  const answers = await typed(
    console,
    "set task process:etl:python3 etl.py --at 10:30,process:load:cat",
    "set flow share:etl:load",
    "set group 야간:etl|load",
    "act 야간",
    "shw task",
    "set stdin etl:see http://10.0.0.1:80/a,b|c",
    `set stdin load:{"at":"10:00","b":[1,2]}`,
    "set schedule 1,2 * * * 0:etl:run at ##DATE_TIME##: now",
    "shw schedule",
    "set conf kill wait time:7,scheduler run:True",
    "shw conf -k kill wait time,scheduler run",
    "shw group -t load",
    "trm etl",
    "shw task -s TRM",
    "shw stdin etl",
    "del group 야간:etl",
    "shw group",
    "q",
  );
  assert.deepEqual(answers[0], ["OK : etl set to add", "OK : load set to add"]);
  assert.deepEqual(answers[1], ["OK : share:etl:load set to add"]);
  assert.deepEqual(answers[3], ["OK : 야간 set to act"]);
  assert.deepEqual(rows(answers[4]), ["process | etl | ACT | OK | 1 | 20261123093000 | 4711", "process | load | ACT | OK | 1 | 20261123093000 | 4711"]);
  assert.deepEqual(console.world.sent, [{ to: "etl", message: "see http://10.0.0.1:80/a,b|c" }, { to: "load", message: `{"at":"10:00","b":[1,2]}` }]);
  assert.deepEqual(rows(answers[8]), ["1,2 * * * 0 | etl | run at ##DATE_TIME##: now"]);
  assert.deepEqual(rows(answers[10]), ["kill wait time | 7 | Y", "scheduler run | True | Y"]);
  assert.deepEqual(rows(answers[11]), ["야간 | etl,load"]);
  assert.deepEqual(rows(answers[13]), ["process | etl | TRM | OK | 0 | - | -"]);
  assert.deepEqual(rows(answers[14]), ["etl | 0 | 2 | 0"]);
  assert.deepEqual(rows(answers[16]), ["야간 | load"]);
  assert.deepEqual(answers[17], ["BYE"]);
  assert.deepEqual(console.world.config.processes["etl"], { command: "python3 etl.py --at 10:30", start: "manual", ack: "stderr-echo" });
  assert.deepEqual(console.world.config.flows, [{ type: "share", from: "etl", to: "load", ack: "stderr-echo" }]);
  assert.deepEqual([...new Set(console.world.audited.map(({ caller }) => `${caller.edge} ${caller.address}`))], ["console 127.0.0.1"]);
});

test("console: flows go pair by pair, and the others stay", async () => {
  await using console = await testConsole();
  const answers = await typed(console, "set task process:a:x,process:b:x,process:c:x,process:d:x", "set flow broad:a|b:c|d", "set flow broad:a:c", "del flow broad:a:d", "shw flow", "shw flow -f b -t c", "del flow broad:a:d");
  assert.match(answers[2]?.[0] ?? "", /^NOK : broad:a:c: there is a flow broad:a:c already/);
  assert.deepEqual(answers[3], ["OK : broad:a:d set to del"]);
  assert.deepEqual(rows(answers[4]).sort(), ["broad | a | c", "broad | b | c", "broad | b | d"]);
  assert.deepEqual(rows(answers[5]), ["broad | b | c"]);
  assert.match(answers[6]?.[0] ?? "", /^NOK : broad:a:d: there is no flow broad:a:d/);
});

test("console: a program comes with its task, and is gone with one that is refused", async () => {
  await using console = await testConsole();
  const [taken, refused] = await typed(console, "set task process:etl:python3 etl.py:etl.py:aGVsbG8=", 'set task process:b:"./x":x:not-base64');
  assert.deepEqual(taken, ["OK : etl set to add, with etl.py"]);
  assert.deepEqual(console.world.uploads, [{ process: "etl", file: "etl.py", bytes: 5 }]);
  assert.match(refused?.[0] ?? "", /^NOK : b: /);
  assert.deepEqual(Object.keys(console.world.config.processes), ["etl"]);
});

for (const [line, words] of [
  ["frobnicate", /^NOK : there is no such command/],
  ["shw", /^NOK : write it so: shw conf\|task\|flow/],
  ["set flow share:etl", /^NOK : write it so: set flow broad/],
  ["set flow other:etl:etl", /^NOK : other:etl:etl: `other` is no type/],
  ["act", /^NOK : write it so: act name/],
  ["act nobody", /^NOK : nobody: there is no process `nobody`/],
  ["set conf no such thing:1", /^NOK : no such thing: there is no setting/],
  ["shw task -q x", /^NOK : write it so/],
  ["del schedule x:y", /^NOK : x:y: there is no such schedule/],
  ["set stdin", /^NOK : write it so: set stdin task:message/],
  ["", /^act name/],
  ["hlp", /^act name/],
  ["set hlp", /^set conf key:value/],
  ["shw conf hlp", /^shw conf/],
  ["set flow hlp", /^set flow broad/],
  ["hlp set stdin", /^set stdin task:message/],
  ["hlp act", /^act name/],
] as const) test(`console: answered in words: ${line === "" ? "an empty line" : line}`, async () => {
  await using console = await testConsole();
  const [answer] = await typed(console, line);
  assert.match(answer?.[0] ?? "", words);
});

test("console: a terminal of code page 949 is answered in it", async () => {
  await using console = await testConsole();
  const bytes = iconv.encode("set task process:야간:x\r\nset stdin 야간:한글 메시지\r\nshw task -t 야간\r\n", "cp949");
  const text = iconv.decode(await console.sayBytes(bytes), "cp949");
  assert.match(text, /^<begin>\r\nOK : 야간 set to add\r\n<end>\r\n/);
  assert.match(text, /process {2}야간 {2}TRM/);
  assert.deepEqual(console.world.sent, [{ to: "야간", message: "한글 메시지" }]);
});

test("console: what telnet negotiates, and what was rubbed out, is no part of a line", async () => {
  await using console = await testConsole();
  const bytes = Buffer.concat([Buffer.from([255, 251, 31, 255, 250, 31, 0, 80, 0, 24, 255, 240, 255, 253, 3]), Buffer.from("shx\x08w readd\x7fy\r\0q\r\n")]);
  const answers = answersIn((await console.sayBytes(bytes)).toString());
  assert.deepEqual([answers[0]?.[1]?.trim(), answers[1]], ["NAME  READY", ["BYE"]]);
});

for (const [what, text] of [
  ["a web page", "POST / HTTP/1.1\r\nhost: x\r\n\r\nset task process:evil:sh\nact evil\n"],
  ["TLS", "\u0016\u0003\u0001\u0002\0\u0001\nact all\n"],
  ["what is no text", "\0\u0001\0\nact all\n"],
  ["a line without an end", `${"GET ".padEnd(2_000_000, "x")}\nact all\n`],
] as const) test(`console: ${what} is turned away`, async () => {
  await using console = await testConsole();
  const text2 = await console.say(text);
  assert.equal(console.world.audited.length, 0);
  assert.equal(Object.keys(console.world.config.processes).length, 0);
  if (text2 !== "") assert.match(text2, /^<begin>\r?\nNOK : .*\r?\n<end>\r?\n$/); // The connection is closed over what nobody reads.
});

test("console: an upload of megabytes passes, a message of so many does not", async () => {
  await using console = await testConsole();
  const program = Buffer.alloc(6_000_000, 7).toString("base64");
  assert.match(await console.say(`set task process:big:./x:x:${program}\n`), /OK : big set to add, with x/);
  assert.equal(console.world.uploads[0]?.bytes, 6_000_000);
});

test("console: kill says BYE and stops the agent", async () => {
  await using console = await testConsole();
  assert.deepEqual(answersIn(await console.say("kill\nact all\n")), [["BYE"]]);
  await until(() => console.world.stoppedBy.length === 1, "the agent is asked to end");
});

test("console: another user of this machine logs in, by password or token, and may what his role may", async () => {
  const callers: Readonly<Record<string, object>> = { s1: { name: "kim", role: "operator", edge: "console" }, dure_t: { name: "token:ci", role: "viewer", edge: "console" } };
  const ended: string[] = [];
  const access = {
    async login({ name, password, edge }: { name: string; password: string; edge: string }) {
      if (name !== "kim" || password !== "right" || edge !== "console") throw new (await import("#kernel/commands/failure.ts")).CommandFailure("UNAUTHENTICATED", { message: "name or password is wrong" });
      return { secret: "s1" };
    },
    authenticate: async ({ cookie, bearer }: { cookie?: string; bearer?: string }) => callers[cookie ?? bearer ?? ""],
    logout: async (secret: string) => void ended.push(secret),
  };
  await using console = await testConsole({ access, isLoginNeeded: true });
  console.world.config.processes["etl"] = { command: "x" };
  const answers = answersIn((await console.sayBytes(Buffer.from("act etl\nlogin kim\nwrong\nlogin kim\nright\nact etl\ndel task etl\nkill\n"))).toString("latin1").replaceAll(/ÿ[ûü]\u0001/g, ""));
  assert.match(answers[0]?.[0] ?? "", /^NOK : log in first/);
  assert.deepEqual(answers[1], ["Password:"]);
  assert.match(answers[2]?.[0] ?? "", /^NOK : name or password is wrong/);
  assert.deepEqual(answers.slice(4, 6), [["OK : kim logged in (operator)"], ["OK : etl set to act"]]);
  assert.match(answers[6]?.[0] ?? "", /^NOK : etl: `processes.remove` needs the role admin/);
  assert.match(answers[7]?.[0] ?? "", /^NOK : stopping the agent needs the role admin/);
  await until(() => ended.length === 1, "his login has ended with the connection");
  const [token, act] = answersIn(await console.say("token dure_t\nact etl\n"));
  assert.deepEqual([token, act?.[0]?.includes("needs the role operator")], [["OK : token:ci logged in (viewer)"], true]);
  assert.equal(answersIn(await console.say("token x\n".repeat(20))).length, 5, "who guesses on has to connect anew");
  assert.equal(console.world.stoppedBy.length, 0);
});

test("console: a user of the machine who is not the agent's has to log in", { skip: process.platform !== "linux" && "only Linux tells whose a connection is" }, async () => {
  await using console = await testConsole({ peerUser: async () => (process.getuid?.() ?? 0) + 1 });
  assert.match(await console.say("act all\n"), /NOK : log in first: this agent is of the user /);
  await using gone = await testConsole({ peerUser: async () => undefined });
  assert.match(await gone.say("act all\n"), /NOK : log in first: it cannot be told/);
});

test("console: a thousand are answered while others read nothing or say nothing", async () => {
  const warned: string[] = [];
  await using console = await testConsole({ log: { ...quietLog, warn: (words) => void warned.push(words) } });
  for (let index = 0; index < 400; index += 1) console.world.config.processes[`process-of-a-long-name-${index}`] = { command: "x" };
  const slow = await Promise.all(Array.from({ length: 100 }, () => connected(console)));
  for (const socket of slow) {
    socket.pause();
    socket.write("shw task\n".repeat(20));
  }
  const halfOpen = await Promise.all(Array.from({ length: 100 }, () => connected(console)));
  for (const socket of halfOpen) socket.write("shw ta");
  const answers = await Promise.all(Array.from({ length: 900 }, () => console.say("shw ready -t process-of-a-long-name-7\nq\n")));
  assert.deepEqual([new Set(answers.map((text) => answersIn(text).length)), warned], [new Set([2]), []]);
  for (const socket of [...slow, ...halfOpen]) socket.destroy();
});

async function connected({ door }: TestConsole): Promise<Socket> {
  const socket = connect({ port: door.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}
