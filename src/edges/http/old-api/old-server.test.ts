// EventFlow's HTTP API as its clients know it, and what they and others must not do with it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { setLang } from "#base/lang.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { quietLog } from "../testing.ts";
import { OldWorld } from "../../console/testing.ts";
import { openOldApi } from "./old-server.ts";
import type { OldApiParts } from "./old-server.ts";

setLang("en");

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
}

async function testApi(more: Partial<Omit<OldApiParts, "plan">> & { readonly access?: object } = {}) {
  const world = new OldWorld();
  const { access = { authenticate: async () => undefined }, ...parts } = more;
  const api = await openOldApi({ plan: { host: "127.0.0.1", port: 0 }, log: quietLog, lead: async () => ({ table: world.table, access: access as never }), ...parts });
  const ask = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const given = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const sent = request({ host: "127.0.0.1", port: api.port, method, path: path.startsWith("/") ? path : `/api/v1/${path}`, headers: { ...(body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(given)) }), ...headers }, agent: false });
    sent.end(given);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of answer.setEncoding("utf8") as AsyncIterable<string>) text += part;
    return { status: answer.statusCode ?? 0, text, body: JSON.parse(text) as Answer["body"] };
  };
  return { world, api, ask, [Symbol.asyncDispose]: () => api.close() };
}

test("old API: a day of an EventFlow client", async () => {
  await using here = await testApi();
  const { ask, world } = here;
  const made = await ask("POST", "tasks", { TASKS: [{ TYPE: "process", NAME: "etl", COMMAND: "python3 etl.py", FILE_NAME: "etl.py", ENC_DATA: "aGVsbG8=" }, { TYPE: "process", NAME: "a:b", COMMAND: "x" }, { NAME: "c" }, { TYPE: "process", NAME: "load", COMMAND: "cat" }] });
  assert.deepEqual(made.body["RESULTS"]?.map(({ RESULT }) => RESULT), ["OK", "NOK", "NOK", "OK"]);
  assert.deepEqual(world.uploads, [{ process: "etl", file: "etl.py", bytes: 5 }]);
  assert.deepEqual((await ask("PUT", "tasks/etl/status", { STATUS: "act" })).body, { RESULTS: [{ RESULT: "OK", MESSAGE: "etl set to act" }] });
  const listed = await ask("GET", "tasks?STATUS=ACT");
  assert.equal(listed.text, `{\n    "TASKS": [\n        {\n            "TYPE": "process",\n            "NAME": "etl",\n            "STATUS": "ACT",\n            "ACT-STATUS": "OK",\n            "ACT-COUNT": "1",\n            "ACT-TIME": "20261123093000",\n            "PID": "4711"\n        }\n    ]\n}\n`);
  assert.deepEqual((await ask("GET", "tasks", { TASK: "load,x" })).body["TASKS"]?.map(({ NAME }) => NAME), ["load"]);
  assert.deepEqual((await ask("GET", "tasks/etl")).body, listed.body);
  assert.deepEqual((await ask("GET", "tasks/etl/status")).body["STATUS"]?.[0]?.["STDOUT"], "done");
  assert.deepEqual((await ask("GET", "tasks/etl/ready")).body, { READY: [{ NAME: "etl", READY: "Y" }] });
  await ask("PUT", "tasks/etl/queue/stdin", { MESSAGE: `{"at":"10:00","b":"x|y,z"}` });
  assert.deepEqual(world.sent, [{ to: "etl", message: `{"at":"10:00","b":"x|y,z"}` }]);
  assert.deepEqual((await ask("GET", "tasks/etl/queue/stdin")).body, { QUEUES: [{ NAME: "etl", ERROR: "0", "BROADCASTING STDIN": "2", "SHARING STDIN": "0" }] });
  assert.equal((await ask("DELETE", "tasks/etl/queue")).body["RESULTS"]?.[0]?.["RESULT"], "OK");

  assert.equal((await ask("POST", "flows", { FLOWS: [{ FLOW_TYPE: "broad", FLOW_FROM: "etl", FLOW_TO: "load,etl" }] })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.equal((await ask("GET", "flows")).body["FLOWS"]?.length, 2);
  assert.equal((await ask("DELETE", "flows", { FLOWS: [{ FLOW_TYPE: "broad", FLOW_FROM: "etl", FLOW_TO: "etl" }] })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.deepEqual((await ask("GET", "flows")).body, { FLOWS: [{ FLOW_TYPE: "broad", FLOW_FROM: "etl", FLOW_TO: "load" }] });

  await ask("POST", "groups", { GROUPS: [{ GROUP: "night", TASK: "etl|load" }] });
  assert.deepEqual((await ask("GET", "groups?TASK=load")).body, { GROUPS: [{ GROUP_NAME: "night", TASK_LIST: "etl,load" }] });
  assert.equal((await ask("PUT", "groups", { GROUP: "night", STATUS: "trm" })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.equal(world.started.size, 0);
  await ask("DELETE", "groups", { GROUPS: [{ GROUP: "night" }] });
  assert.deepEqual((await ask("GET", "groups")).body, { GROUPS: [] });

  await ask("POST", "schedules", { SCHEDULES: [{ TIME_FORMAT: "1,2 * * * *", TASK: "etl", MESSAGE: "a" }, { TIME_FORMAT: "1,2 * * * *", TASK: "etl", MESSAGE: "b" }] });
  assert.equal((await ask("GET", "schedules?TIME_FORMAT=1,2%20*%20*%20*%20*")).body["SCHEDULES"]?.length, 2);
  await ask("DELETE", "schedules", { SCHEDULES: [{ TIME_FORMAT: "1,2 * * * *", TASK: "etl", MESSAGE: "a" }] });
  assert.deepEqual((await ask("GET", "schedules")).body["SCHEDULES"], [{ TIME_FORMAT: "1,2 * * * *", TASK: "etl", MESSAGE: "b" }]);

  assert.deepEqual((await ask("PUT", "configs", { CONFIGS: [{ KEY: "kill wait time", VALUE: "7" }] })).body["RESULTS"], [{ RESULT: "OK", MESSAGE: "kill wait time set to 7" }]);
  assert.deepEqual((await ask("GET", "configs", { KEY: "kill wait time" })).body, { CONFIGS: [{ KEY: "kill wait time", VALUE: "7", CHANGEABLE: "Y" }] });
  assert.deepEqual((await ask("GET", "global_queue")).body, { GLOBAL_QUEUE: [{ DATETIME: "20261123093000", DIRECTION: "stdin -> etl", MESSAGE: "한 줄" }] });
  assert.equal((await ask("POST", "recovery", { RECOVERY: [{ TASK: "etl", MESSAGE: "x" }] })).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.deepEqual((await ask("GET", "recovery")).body, { RECOVERY: [{ NAME: "etl-x-20261123093000", START_TIME: "20261123093000", END_TIME: "TIME_OUT" }] });
  assert.equal((await ask("DELETE", "tasks/load")).body["RESULTS"]?.[0]?.["RESULT"], "OK");
});

for (const [what, method, path, body, headers, status] of [
  ["another path", "GET", "nothing", undefined, {}, 404],
  ["a name of every object", "GET", "constructor", undefined, {}, 404],
  ["a task that is none", "GET", "tasks/nobody", undefined, {}, 404],
  ["no JSON", "POST", "tasks", "{", {}, 400],
  ["no list", "POST", "tasks", { TASKS: 5 }, {}, 400],
  ["a filter that is none", "GET", "tasks?COLOR=red", undefined, {}, 400],
  ["a page of a browser", "GET", "tasks", undefined, { origin: "http://evil.example" }, 403],
  ["a page of this machine", "PUT", "tasks/etl/status", { STATUS: "act" }, { "sec-fetch-site": "same-site" }, 403],
  ["a name that points here (DNS rebinding)", "GET", "tasks", undefined, { host: "evil.example" }, 403],
  ["a token that is none", "GET", "tasks", undefined, { authorization: "Bearer dure_x" }, 401],
  ["a body that is too long", "PUT", "configs", `{"CONFIGS":"${"x".repeat(1_100_000)}"}`, {}, 400],
  ["a broken address", "GET", "/api/v1/%E0%A4%A", undefined, {}, 404],
] as const) test(`old API: refused with ${status}: ${what}`, async () => {
  await using here = await testApi();
  const answer = await here.ask(method, path, body, headers);
  assert.deepEqual([answer.status, answer.body["RESULTS"]?.[0]?.["RESULT"]], [status, "NOK"]);
});

test("old API: the shutdown code ends this listener alone, and is told to admins", async () => {
  await using here = await testApi();
  const code = (await here.ask("GET", "configs?KEY=flask%20shutdown%20code")).body["CONFIGS"]?.[0]?.["VALUE"] ?? "";
  assert.match(code, /^\/[A-Za-z0-9]{20}$/);
  assert.equal((await here.ask("GET", code)).status, 200);
  assert.equal(here.api.shutdownCode(), undefined);
  await assert.rejects(here.ask("GET", "tasks"));
});

test("old API: another user of this machine logs in, once, and may what his role may", async () => {
  let logins = 0;
  const access = {
    async login({ name, password }: { name: string; password: string }) {
      logins += 1;
      if (name !== "kim" || password !== "옳은:것") throw new CommandFailure("UNAUTHENTICATED", { message: "name or password is wrong" });
      return { secret: "s1" };
    },
    authenticate: async ({ cookie, bearer }: { cookie?: string; bearer?: string }) => ((cookie ?? bearer) === "s1" ? { name: "kim", role: "viewer", edge: "http" } : undefined),
  };
  await using here = await testApi({ access, isLoginNeeded: true });
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  assert.equal((await here.ask("GET", "tasks")).status, 401);
  assert.equal((await here.ask("GET", "tasks", undefined, basic("kim:wrong"))).status, 401);
  for (let times = 0; times < 3; times += 1) assert.equal((await here.ask("GET", "tasks", undefined, basic("kim:옳은:것"))).status, 200);
  assert.equal(logins, 2);
  assert.match((await here.ask("DELETE", "tasks/x", undefined, basic("kim:옳은:것"))).body["RESULTS"]?.[0]?.["MESSAGE"] ?? "", /needs the role admin/);
  assert.deepEqual((await here.ask("GET", "configs?KEY=flask%20shutdown%20code", undefined, basic("kim:옳은:것"))).body["CONFIGS"]?.[0]?.["VALUE"], "-");
});

test("old API: who is slow to say what he wants is sent away", async () => {
  await using here = await testApi({ limits: { headersMs: 200, requestMs: 200 } });
  for (const head of ["GET /api/v1/tasks HTTP/1.1\r\nhost:", "POST /api/v1/tasks HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{"]) {
    const socket = connect(here.api.port, "127.0.0.1").on("error", () => {});
    socket.write(head);
    socket.resume();
    await once(socket, "close");
  }
});

test("old API: whatever is sent, there is an answer in JSON", async () => {
  await using here = await testApi();
  const word = fc.constantFrom("tasks", "flows", "groups", "schedules", "configs", "recovery", "status", "queue", "stdin", "etl", "%00", "..", "한");
  const key = fc.constantFrom("TASKS", "FLOWS", "GROUPS", "GROUP", "STATUS", "TASK", "MESSAGE", "SCHEDULES", "CONFIGS", "RECOVERY", "TYPE", "NAME", "COMMAND", "FILE_NAME", "ENC_DATA", "__proto__", "KEY", "VALUE", "FLOW_TYPE", "FLOW_FROM", "FLOW_TO", "TIME_FORMAT");
  const { body } = fc.letrec((tie) => ({ body: fc.oneof({ maxDepth: 4 }, fc.string(), fc.constantFrom(null, 1, true, "act", "broad", "a|b"), fc.array(tie("body"), { maxLength: 3 }), fc.dictionary(key, tie("body"), { maxKeys: 4 })) }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"), fc.array(word, { minLength: 1, maxLength: 4 }), body, async (method, path, sent) => {
      const answer = await here.ask(method, path.map(encodeURI).join("/"), JSON.stringify(sent) ?? "");
      assert.ok(answer.status < 500, `${method} ${path.join("/")} ${JSON.stringify(sent)}: ${answer.text}`);
    }),
    { numRuns: 300 },
  );
});
