// EventFlow as its users know it, with real programs: what its console and its HTTP API promise, one promise after the other.
import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { oldTable } from "#edges/console/old-table.ts";
import { folder, until } from "../cli/run-dure.ts";
import { processesWithArgument } from "../faults/processes-with.ts";
import { ConsoleUser, OldUser } from "./old-user.ts";

const onUnix = { timeout: 240_000, skip: process.platform === "win32" && "the tests stop agents by signals" };
const NODE = process.execPath;
const job = (name: string): string => `set task process:${name}:"${NODE} job.mjs ${name}"`;
const numbered = (count: number, name = "n"): string[] => Array.from({ length: count }, (_, number) => `${name}${number}`);
/** More than pipes hold. */
const PRINTED = 8000;
/** What EventFlow could not say. */
const HARD = ["http://10.0.0.1:80/a,b|c", '{"at":"10:00","list":["a","b"],"or":"x|y"}', "10:20:30", ",", "|", ":", "한글, 값: 가|나", "'one' \"two\"", "a\\:b\\\\"];

test("two stages: each line once, in its order, whatever stands in it", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  await user.does(job("extract"), job("load"), "set flow broad:extract:load", "act all");
  const lines = [...HARD, ...numbered(150)];
  for (const line of lines) await user.does(`set stdin extract:${line}`);
  assert.deepEqual(await user.got("load", lines.length), lines.map((line) => `extract<${line}>`));
  assert.deepEqual(user.file("extract.got"), lines);
  for (const line of HARD) assert.equal((await user.ask("PUT", "tasks/extract/queue/stdin", { MESSAGE: line })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.deepEqual((await user.got("load", lines.length + HARD.length)).slice(lines.length), HARD.map((line) => `extract<${line}>`));
  await user.agent.stop();
  assert.equal(user.file("load.got").length, lines.length + HARD.length);
});

test("broad gives all consumers all lines, share each line to one of them", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  await user.does(...["source", "left", "right", "one", "two"].map(job), "set flow broad:source:left|right,share:source:one|two", "set group all-five:source|left|right|one|two", "act all-five");
  const lines = numbered(300);
  for (const line of lines) await user.does(`set stdin source:${line}`);
  const printed = lines.map((line) => `source<${line}>`);
  assert.deepEqual(await user.got("left", 300), printed);
  assert.deepEqual(await user.got("right", 300), printed);
  await until(() => 300 <= user.file("one.got").length + user.file("two.got").length, "all have been shared out");
  const [one, two] = [user.file("one.got"), user.file("two.got")];
  assert.deepEqual([...one, ...two].toSorted(), printed.toSorted());
  assert.ok(0 < one.length && 0 < two.length, `${one.length} and ${two.length}`);
  const inOrder = (got: readonly string[]): boolean => got.every((line, index) => index === 0 || printed.indexOf(got[index - 1] ?? "") < printed.indexOf(line));
  assert.ok(inOrder(one) && inOrder(two));
  await user.agent.stop();
});

test("a consumer that dies over an event gets it again before all others, and one alert is posted; in skip mode it is put aside", onUnix, async () => {
  await using here = folder();
  await using announcer = await alertServer();
  const user = await OldUser.arrive(here);
  await user.does(`set conf announcer run:True,announcer dst port:${announcer.port},announcer alert api:/alerts/of/us`, job("etl"), "act etl");
  await user.does("set stdin etl:first", "set stdin etl:die, 10:30 | x", "set stdin etl:behind");
  await until(() => 1 <= announcer.posts.length, "an alert has been posted");
  here.write("healed", "");
  await until(() => user.file("etl.got").includes("behind"), "what stood behind it has come"); // It may have died more than once until then.
  const got = user.file("etl.got");
  assert.equal(got[0], "first");
  assert.equal(got.at(-1), "behind");
  assert.ok(got.slice(1, -1).every((line) => line === "die, 10:30 | x") && 4 <= got.length, JSON.stringify(got));
  const deaths = got.length - 3;
  await until(() => deaths <= announcer.posts.length, "an alert for each death");
  assert.equal(announcer.posts.length, deaths);
  const [{ path, body }] = announcer.posts as [Post];
  assert.equal(path, "/alerts/of/us");
  assert.deepEqual(Object.keys(body).toSorted(), ["data", "type"]);
  assert.equal(body.type, "job");
  assert.deepEqual(Object.keys(body.data).toSorted(), ["datetime", "jobName", "message", "stdin"]);
  assert.equal(body.data["jobName"], "etl");
  assert.equal(body.data["stdin"], "die, 10:30 | x");
  assert.match(body.data["message"] ?? "", /^Traceback \(most recent call last\):\n {2}ValueError: die, 10:30 \| x/);
  assert.match(body.data["datetime"] ?? "", /^\d{4}-?\d\d-?\d\d/);

  // Skip mode: what it died over does not come again.
  const before = announcer.posts.length;
  await user.does("set conf error data file skip:True");
  rmSync(here.file("healed"));
  await user.does("set stdin etl:die once", "set stdin etl:after");
  assert.deepEqual((await user.got("etl", got.length + 2)).slice(got.length), ["die once", "after"]);
  assert.equal((await user.stdin("etl"))["ERROR"], "1");
  await until(() => before < announcer.posts.length, "an alert of it, too");
  assert.equal(announcer.posts.at(-1)?.body.data["stdin"], "die once");
  await user.agent.stop();
});

test("what dies at once is started again and again, later each time: ACT-COUNT grows, ACT-STATUS is ABN; trm ends that", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  await user.does(`set task process:bad:"echo x >> bad.starts; echo no luck >&2; exit 9"`, "act bad");
  await until(async () => {
    const { STATUS, "ACT-STATUS": well, "ACT-COUNT": count } = await user.task("bad");
    return STATUS === "ACT" && well === "ABN" && 3 <= Number(count);
  }, "it is counted, and not well");
  await user.does("trm bad");
  const { STATUS, "ACT-COUNT": count, PID } = await user.task("bad");
  assert.deepEqual({ STATUS, count, PID }, { STATUS: "TRM", count: "0", PID: "-" });
  const starts = user.file("bad.starts").length;
  assert.ok(3 <= starts && starts < 10, `${starts} starts`);
  await user.agent.stop();
});

test("trm ends all that a task has started, within its wait, also who will not", { ...onUnix, skip: process.platform !== "linux" && "looks into /proc" }, async () => {
  await using here = folder();
  const mark = String(200_000_000 + process.pid);
  here.write("tree.sh", `trap '' TERM\nsetsid sh -c "trap '' TERM; while :; do sleep ${mark}; done" &\nsleep ${mark} &\nwhile :; do sleep ${mark}; done\n`);
  const user = await OldUser.arrive(here);
  await user.does("set conf kill wait time:1", "set task process:tree:sh tree.sh", "act tree");
  await until(() => 3 <= processesWithArgument(mark).length, "the tree stands");
  assert.equal((await user.ask("PUT", "tasks/tree/status", { STATUS: "trm" })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  await until(() => processesWithArgument(mark).length === 0, "nobody is left");
  assert.equal((await user.task("tree"))["STATUS"], "TRM");
  await user.agent.stop();
});

test("a full queue has its producer wait, and nothing is lost; over a restart, and by sav and lad, queues come back", onUnix, async () => {
  await using here = folder();
  here.write("count.mjs", `for (let n = 0; n < ${PRINTED}; n += 1) if (!process.stdout.write(\`line \${n} \${"x".repeat(100)}\\n\`)) await new Promise((go) => process.stdout.once("drain", go));\nsetTimeout(() => {}, 2 ** 30);`);
  const user = await OldUser.arrive(here);
  await user.does("set conf max cmd queue size:7", `set task process:count:"${NODE} count.mjs"`, job("slow"), "set flow broad:count:slow", "act count");
  const waiting = async (): Promise<number> => Number((await user.stdin("slow"))["BROADCASTING STDIN"]);
  await until(async () => 7 <= (await waiting()), "the queue is full");
  const { "ACT-STATUS": status, "ACT-COUNT": count } = await user.task("count");
  assert.deepEqual([status, count], ["OK", "1"]);
  await user.does("trm count");
  const held = await waiting();
  assert.ok(held < PRINTED / 2, `the producer was not held up: ${held} wait`); // What one read had brought is taken whole.
  await user.agent.stop();
  await user.startAgain();
  assert.equal(await waiting(), held);
  await user.does("act slow");
  assert.deepEqual((await user.got("slow", held)).map((line) => line.slice(0, -101)), Array.from({ length: held }, (_, n) => `line ${n}`));
  await user.does("trm slow", "act count,slow");
  const all = await user.got("slow", held + PRINTED);
  assert.deepEqual(all.slice(-PRINTED).map((line) => line.slice(0, -101)), Array.from({ length: PRINTED }, (_, n) => `line ${n}`));
  await user.does("trm all", "del flow broad:count:slow", "set conf max cmd queue size:100", "del task_queue slow", ...HARD.map((line) => `set stdin slow:${line}`), "sav slow", "del task_queue slow");
  assert.equal((await user.stdin("slow"))["BROADCASTING STDIN"], "0");
  await user.does("lad all");
  assert.equal((await user.stdin("slow"))["BROADCASTING STDIN"], String(HARD.length));
  const before = user.file("slow.got").length;
  await user.does("act slow");
  assert.deepEqual((await user.got("slow", before + HARD.length)).slice(before), HARD);
  assert.deepEqual(await user.say("kill"), ["BYE"]);
  await user.agent.logged(/agent ended/);
});

test("schedules: */n, lists and Sunday as 0 are taken, ##DATE_TIME## is the minute, and what is no time is refused", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  await user.does(job("etl"), "act etl", "set schedule * * * * *:etl:run ##DATE_TIME##, at 10:00 | x", "set schedule */5 * * * *:etl:five", "set schedule 0,30 1,2 * * 0:etl:sunday", "set schedule 5 4 1,15 */2 *:etl:no");
  for (const wrong of ["61 * * * *", "* * * *", "* * * * 9", "a * * * *", "*/0 * * * *", ""]) assert.match((await user.say(`set schedule ${wrong}:etl:x`)).join("\n"), /^NOK : /, wrong);
  const rows = (await user.ask("GET", "schedules")).body["SCHEDULES"] ?? [];
  assert.deepEqual(rows.map((row) => row["TIME_FORMAT"]), ["* * * * *", "*/5 * * * *", "0,30 1,2 * * 0", "5 4 1,15 */2 *"]);
  assert.match((await user.say("shw schedule -f 0,30 1,2 * * 0"))[3] ?? "", /^0,30 1,2 \* \* 0 +etl +sunday$/, "a time that has commas");
  await until(() => user.file("etl.got").some((line) => line.startsWith("run ")), "the minute comes", 90_000);
  assert.match(user.file("etl.got").find((line) => line.startsWith("run ")) ?? "", /^run \d{12}00, at 10:00 \| x$/);
  await user.does("del schedule * * * * *:etl");
  assert.equal((await user.ask("DELETE", "schedules", { SCHEDULES: [{ TIME_FORMAT: "0,30 1,2 * * 0", TASK: "etl" }] })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.equal(((await user.ask("GET", "schedules")).body["SCHEDULES"] ?? []).length, 2);
  await user.agent.stop();
});

test("recovery: a run of its own beside the task; FAIL when it does not come up, TIME_OUT when it takes too long", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  await user.does("set conf recovery time out:1", job("etl"), `set task process:bad:"exit 7"`, "act etl", "set recovery etl:2026-11-22, 10:00", "set recovery bad:x");
  assert.equal((await user.ask("POST", "recovery", { RECOVERY: [{ TASK: "etl", MESSAGE: "hold" }] })).status, 200);
  const ends = async (): Promise<Record<string, string>> => Object.fromEntries(((await user.ask("GET", "recovery")).body["RECOVERY"] ?? []).map((row) => [(row["NAME"] ?? "").replace(/-\d{14}$/, ""), row["END_TIME"] ?? ""]));
  await until(async () => !Object.values(await ends()).includes("-"), "all have ended");
  const all = await ends();
  assert.equal(all["bad-x"], "FAIL");
  assert.match(all["etl-2026-11-22, 10:00"] ?? "", /^\d{14}$/);
  assert.ok(user.file("etl.got").includes("2026-11-22, 10:00"));
  await user.agent.stop();
});

test("the console and the HTTP API say the same", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  await user.does(job("a"), job("b"), job("끝"), "set flow share:a:b|끝", "set group g|h:a|b", "set schedule 0 2 * * *:a:x, y", "set stdin b:waits", "act a", "set stdin a:한 줄");
  await until(async () => (await user.stdin("a"))["SHARING STDIN"] === "1", "it has been worked on");
  for (const [shown, path, list, columns] of [
    ["shw conf", "configs", "CONFIGS", ["KEY", "VALUE", "CHANGEABLE"]],
    ["shw task", "tasks", "TASKS", ["TYPE", "NAME", "STATUS", "ACT-STATUS", "ACT-COUNT", "ACT-TIME", "PID"]],
    ["shw task -s TRM", "tasks?STATUS=TRM", "TASKS", ["TYPE", "NAME", "STATUS", "ACT-STATUS", "ACT-COUNT", "ACT-TIME", "PID"]],
    ["shw flow", "flows", "FLOWS", ["FLOW_TYPE", "FLOW_FROM", "FLOW_TO"]],
    ["shw flow -t 끝", `flows?FLOW_TO=${encodeURIComponent("끝")}`, "FLOWS", ["FLOW_TYPE", "FLOW_FROM", "FLOW_TO"]],
    ["shw group", "groups", "GROUPS", ["GROUP_NAME", "TASK_LIST"]],
    ["shw schedule", "schedules", "SCHEDULES", ["TIME_FORMAT", "TASK", "MESSAGE"]],
    ["shw global_queue", "global_queue", "GLOBAL_QUEUE", ["DATETIME", "DIRECTION", "MESSAGE"]],
    ["shw recovery", "recovery", "RECOVERY", ["NAME", "START_TIME", "END_TIME"]],
    ["shw stdin b", "tasks/b/queue/stdin", "QUEUES", ["NAME", "ERROR", "BROADCASTING STDIN", "SHARING STDIN"]],
    ["shw ready a", "tasks/a/ready", "READY", ["NAME", "READY"]],
    ["shw status a", "tasks/a/status", "STATUS", ["NAME", "STATUS", "ACT-STATUS", "STATE", "REASON"]],
  ] as const) {
    const { status, body } = await user.ask("GET", path);
    assert.equal(status, 200, path);
    assert.deepEqual(await user.say(shown), oldTable([...columns], body[list] ?? []), shown);
  }
  // What is refused is refused in the same words.
  for (const [line, method, path, body] of [
    ["act nobody", "PUT", "tasks/nobody/status", { STATUS: "act" }],
    ["trm nobody", "PUT", "tasks/nobody/status", { STATUS: "trm" }],
    ["del task nobody", "DELETE", "tasks/nobody", undefined],
    ["set stdin nobody:x", "PUT", "tasks/nobody/queue/stdin", { MESSAGE: "x" }],
    ["del task_queue nobody", "DELETE", "tasks/nobody/queue", undefined],
    ["set task process:a:x", "POST", "tasks", { TASKS: [{ TYPE: "process", NAME: "a", COMMAND: "x" }] }],
    ["set task nothing:c:x", "POST", "tasks", { TASKS: [{ TYPE: "nothing", NAME: "c", COMMAND: "x" }] }],
    ["set flow share:a:b", "POST", "flows", { FLOWS: [{ FLOW_TYPE: "share", FLOW_FROM: "a", FLOW_TO: "b" }] }],
    ["set flow broad:a:nobody", "POST", "flows", { FLOWS: [{ FLOW_TYPE: "broad", FLOW_FROM: "a", FLOW_TO: "nobody" }] }],
    ["set flow odd:a:b", "POST", "flows", { FLOWS: [{ FLOW_TYPE: "odd", FLOW_FROM: "a", FLOW_TO: "b" }] }],
    ["del flow broad:a:b", "DELETE", "flows", { FLOWS: [{ FLOW_TYPE: "broad", FLOW_FROM: "a", FLOW_TO: "b" }] }],
    ["set group g:nobody", "POST", "groups", { GROUPS: [{ GROUP: "g", TASK: "nobody" }] }],
    ["del group nobody", "DELETE", "groups", { GROUPS: [{ GROUP: "nobody" }] }],
    ["set conf kill wait time:soon", "PUT", "configs", { CONFIGS: [{ KEY: "kill wait time", VALUE: "soon" }] }],
    ["set conf nothing:1", "PUT", "configs", { CONFIGS: [{ KEY: "nothing", VALUE: "1" }] }],
    ["set conf dump dir:/x", "PUT", "configs", { CONFIGS: [{ KEY: "dump dir", VALUE: "/x" }] }],
    ["set schedule 99 * * * *:a:x", "POST", "schedules", { SCHEDULES: [{ TIME_FORMAT: "99 * * * *", TASK: "a", MESSAGE: "x" }] }],
    ["set recovery nobody:x", "POST", "recovery", { RECOVERY: [{ TASK: "nobody", MESSAGE: "x" }] }],
  ] as const) {
    const said = await user.say(line);
    const { body: answer } = await user.ask(method, path, body);
    assert.deepEqual((answer["RESULTS"] ?? []).map(({ RESULT, MESSAGE }) => `${RESULT} : ${MESSAGE}`), said, line);
    assert.match(said.join("\n"), /^NOK : /, line);
  }
  await user.agent.stop();
});

test("what is set stands in the config's file, and is there after a restart; an upload runs, and del takes all of it away", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  const program = Buffer.from(`console.log("uploaded " + process.argv[2]); setTimeout(() => {}, 2 ** 30);\n`);
  await user.does(`set task process:up:${NODE} run.mjs first:run.mjs:${program.toString("base64")}`, "act up");
  const uploaded = await user.ask("POST", "tasks", { TASKS: [{ TYPE: "process", NAME: "web", COMMAND: `${NODE} run.mjs second`, FILE_NAME: "run.mjs", ENC_DATA: program.toString("base64") }] });
  assert.equal(uploaded.body["RESULTS"]?.[0]?.["RESULT"], "OK", uploaded.text);
  await user.ask("PUT", "groups", { GROUP: "none", STATUS: "act" });
  await user.does("act web", "set group night:up|web");
  const lastOf = async (name: string): Promise<string | undefined> => (await user.ask("GET", `tasks/${name}/status`)).body["STATUS"]?.[0]?.["STDOUT"];
  await until(async () => (await lastOf("up")) === "uploaded first" && (await lastOf("web")) === "uploaded second", "both have printed");
  assert.equal((await user.ask("PUT", "groups", { GROUP: "night", STATUS: "trm" })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.equal((await user.task("web"))["STATUS"], "TRM");
  await user.does("act night");
  await user.agent.stop();
  await user.startAgain();
  await until(async () => (await user.task("up"))["PID"] !== "-" && (await user.task("web"))["PID"] !== "-", "both run again: act outlives the agent");
  await user.does("del task up,web");
  assert.deepEqual((await user.ask("GET", "tasks")).body["TASKS"], []);
  assert.deepEqual((await user.ask("GET", "groups")).body["GROUPS"], []);
  await user.agent.stop();
});

test("what twenty people change at the same time is all there", onUnix, async () => {
  await using here = folder();
  const user = await OldUser.arrive(here);
  const names = numbered(20, "t");
  await user.does(`set task ${names.map((name) => `process:${name}:"true"`).join(",")}`);
  const people = await Promise.all(names.map(() => ConsoleUser.connect(user.consolePort)));
  const all = async (line: (name: string) => string): Promise<void> => {
    const said = await Promise.all(people.map((person, index) => person.say(line(names[index] ?? ""))));
    for (const each of said) assert.match(each.join("\n"), /^OK : /);
  };
  const groups = async () => (await user.ask("GET", "groups")).body["GROUPS"] ?? [];
  await all((name) => `set group night:${name}`);
  assert.deepEqual((await groups())[0]?.["TASK_LIST"]?.split(",").toSorted(), names.toSorted());
  await all((name) => `set schedule 0 2 * * *:t0:for ${name}`);
  assert.equal((await user.ask("GET", "schedules")).body["SCHEDULES"]?.length, 20);
  const consumers = names.slice(1);
  await user.does(`set flow broad:t0:${consumers.join("|")}`);
  await all((name) => (name === "t0" ? "set group day:t0" : `del flow broad:t0:${name}`));
  assert.deepEqual((await user.ask("GET", "flows")).body["FLOWS"], []);
  await all((name) => `del group night:${name}`);
  assert.deepEqual((await groups()).map((row) => row["GROUP_NAME"]), ["day"]);
  for (const person of people) person.close();
  await user.agent.stop();
});

interface Post {
  readonly path: string;
  readonly body: { readonly type: string; readonly data: Readonly<Record<string, string>> };
}

/** A central server that takes alerts. */
async function alertServer(): Promise<{ readonly port: number; readonly posts: Post[] } & AsyncDisposable> {
  const posts: Post[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request.setEncoding("utf8") as AsyncIterable<string>) text += part;
    if (request.url === "/alerts/of/us") posts.push({ path: request.url, body: JSON.parse(text) as Post["body"] }); // The machine's figures are posted, too.
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    posts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
