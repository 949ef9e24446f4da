// The old operator's users: messages to the old queues at a real RabbitMQ, from Node and from Python's pika, answered as they always were.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { connect } from "amqplib";
import { Connection } from "rabbitmq-client";
import { WebSocket } from "ws";
import type { ChannelModel, Channel } from "amqplib";
import { folder, until } from "#test/cli/run-dure.ts";
import type { Folder, RunningDure } from "#test/cli/run-dure.ts";
import { freePort } from "#test/servers/free-port.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import type { RabbitMq } from "#test/servers/rabbitmq.ts";

const WITHIN_MS = 60_000;
const skip = noRabbitMq;
const PIKA = spawnSync("/usr/bin/python3", ["-c", "import pika"], { timeout: WITHIN_MS });
const noPika = PIKA.status === 0 ? false : "python3-pika is not installed";

const TASK = { time: "123456789", client_channel_id: "ABCD1234", company_code: "1", location: "2", direction: "1", op_code: { module: "test.module", class: "TestClass", function: "callme" }, op_data: { arg1: "길동" } };
const ORDER = { time: "123456789", location: "2", direction: "1", client_channel_id: "page-1", op_action: "info", op_target: "worker", op_detail: "all" };

let server: RabbitMq;
let home: Folder;
let socketPort = 0;
let agent: RunningDure;
let model: ChannelModel;
let channel: Channel;

before(async () => {
  if (skip !== false) return;
  server = await startRabbitMq();
  home = folder();
  socketPort = await freePort();
  mkdirSync(home.file("rules", "test"), { recursive: true });
  writeFileSync(home.file("rules", "test", "module.py"), "import time\n\nclass TestClass(object):\n    @staticmethod\n    def callme(arg):\n        return {'echo': arg['arg1']}\n    @staticmethod\n    def nothing(arg): pass\n    @staticmethod\n    def boom(arg): raise ValueError('잘못된 값')\n    @staticmethod\n    def slow(arg): time.sleep(arg['s']); return 'slept'\n");
  writeFileSync(home.file("dure.yml"), `agent: { data_dir: ./state }\nhttp: false\njobs:\n  rules: ./rules\n  queue: amqp://guest:guest@127.0.0.1:${server.port}/\n  operator: { logs: { dir: ./logs }, websocket: { port: ${socketPort}, open: true } }\n`);
  model = await connect(`amqp://guest:guest@127.0.0.1:${server.port}/`);
  channel = await model.createChannel();
  // As the Communicator made them; what waits in them is not to be lost.
  for (const name of ["ITSBOX.D.MSG_IN", "ITSBOX.D.MSG_OUT", "ITSBOX.D.MGMT_IN", "ITSBOX.D.MGMT_OUT"]) await channel.assertQueue(name, { durable: true });
  send("MGMT_IN", { ...ORDER, client_channel_id: "sent while it was down" });
  agent = home.spawn(["run", home.file("dure.yml")], {});
  assert.equal((await next("MGMT_OUT"))["client_channel_id"], "sent while it was down");
});

after(async () => {
  if (skip !== false) return;
  await model.close();
  agent.child.kill("SIGTERM");
  await agent.ended;
  await home[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function send(queue: string, message: unknown): void {
  channel.sendToQueue(`ITSBOX.D.${queue}`, Buffer.from(typeof message === "string" ? message : JSON.stringify(message)));
}

async function next(queue: string): Promise<Record<string, unknown>> {
  let text = "";
  await until(async () => {
    const message = await channel.get(`ITSBOX.D.${queue}`, { noAck: true });
    text = message === false ? "" : message.content.toString("utf8");
    return text !== "";
  }, `an answer in ${queue}`);
  return JSON.parse(text) as Record<string, unknown>;
}

async function order(op_action: string, op_target: string, op_detail = ""): Promise<Record<string, unknown>> {
  send("MGMT_IN", { ...ORDER, op_action, op_target, op_detail });
  return next("MGMT_OUT");
}

/** Of the workers there are, the lowest first. */
async function pids(): Promise<readonly number[]> {
  const { workers } = (await order("info", "worker", "all"))["msg"] as { workers: { pid: number }[] };
  return workers.map(({ pid }) => pid).toSorted((one, other) => one - other);
}

/** As an old page connects, which cannot log in. */
function opened(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${socketPort}/operator/mgmt`);
  return new Promise((resolve, reject) => socket.once("open", () => resolve(socket)).once("error", reject));
}

async function ask(message: object): Promise<Record<string, unknown>> {
  send("MSG_IN", message);
  return next("MSG_OUT");
}

test("old clients: a task is run, and its reply echoes all else", { skip }, async () => {
  const { time, ...reply } = await ask({ ...TASK, "모르는 필드": { a: ["1"] } });
  const { time: _time, ...echo } = TASK;
  assert.deepEqual(reply, { ...echo, "모르는 필드": { a: ["1"] }, direction: "2", success: "1", msg: "{'echo': '길동'}" });
  assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 60);
});

test("old clients: `fuction` is understood, nothing is an empty text, an exception is its text", { skip }, async () => {
  const misspelt = await ask({ ...TASK, op_code: { module: "test.module", class: "TestClass", fuction: "callme" } });
  assert.equal(misspelt["success"], "1");
  assert.deepEqual(misspelt["op_code"], { module: "test.module", class: "TestClass", fuction: "callme" });
  const call = (name: string, data: unknown = {}) => ask({ ...TASK, op_code: { module: "test.module", class: "TestClass", function: name }, op_data: data });
  const [nothing, boom] = [await call("nothing"), await call("boom")];
  assert.deepEqual([nothing["success"], nothing["msg"]], ["1", ""]);
  assert.equal(boom["success"], "2");
  assert.match(String(boom["msg"]), /잘못된 값/);
});

test("old clients: a missing key, a rule that is none: success 2, and why", { skip }, async () => {
  const { op_code: _code, ...without } = TASK;
  for (const [message, why] of [[without, /op_code/], [{ ...TASK, op_code: { module: "test.module", class: "TestClass", function: "__init__" } }, /no rule/], [{ ...TASK, op_code: { module: "os", function: "system" } }, /no rule/]] as const) {
    const { success, msg } = await ask(message);
    assert.equal(success, "2");
    assert.match(String(msg), why);
  }
});

test("old clients: the other direction passes unchanged; elsewhere, silent and unreadable ones are answered by nobody", { skip }, async () => {
  const outbound = { ...TASK, direction: "2", client_channel_id: "passes" };
  for (const message of [outbound, { ...TASK, location: "1" }, { ...TASK, reply: "2" }, "no JSON at all", '{"direction":"1","location":"2","op_code"']) send("MSG_IN", message);
  assert.deepEqual(await next("MSG_OUT"), outbound);
  // One more task behind them: what would have been answered before it is seen here.
  assert.equal((await ask({ ...TASK, client_channel_id: "last" }))["client_channel_id"], "last");
  const { messageCount } = await channel.checkQueue("ITSBOX.D.MSG_IN");
  assert.equal(messageCount, 0);
});

test("old clients: hostile messages are answered with why, or dropped as documented; none stops the next one", { skip }, async () => {
  const code = { module: "test.module", class: "TestClass", function: "callme" };
  const cp949 = Buffer.concat([Buffer.from('{"direction":"1","location":"2","client_channel_id":"cp949","op_code":{"module":"test.module","class":"TestClass","function":"callme"},"op_data":{"arg1":"'), Buffer.from([0xb1, 0xe6, 0xb5, 0xbf]), Buffer.from('"}}')]);
  const dropped: readonly (string | Buffer)[] = ["", " ", "null", "1", '"text"', "[]", "[[[", "{", "[".repeat(100_000), '{"a":'.repeat(100_000), Buffer.from([0xff, 0xfe, 0xfd]), Buffer.alloc(1000), Buffer.from(JSON.stringify(TASK), "utf16le"), "{}}", JSON.stringify(TASK).slice(0, -1), `${JSON.stringify(TASK)}{}`, "NaN", `{"direction":"1","location":"2","op_code":${JSON.stringify(code)},"op_data":${"[".repeat(50_000)}${"]".repeat(50_000)}}`];
  const answered: readonly (readonly [string | Buffer, RegExp | string])[] = [
    ["{}", /missing key/],
    [JSON.stringify({ ...TASK, op_code: null }), /op_code must be an object/],
    [JSON.stringify({ ...TASK, op_code: [] }), /op_code must be an object/],
    [JSON.stringify({ ...TASK, op_code: "os.system" }), /op_code must be an object/],
    [JSON.stringify({ ...TASK, op_code: { ...code, function: 7 } }), /./],
    [JSON.stringify({ ...TASK, op_code: { ...code, function: {} } }), /./],
    [JSON.stringify({ ...TASK, op_code: { ...code, module: "../test/module" } }), /not a name|no rule/],
    [JSON.stringify({ ...TASK, op_code: { ...code, function: "x".repeat(100_000) } }), /not a name|no rule/],
    [JSON.stringify({ ...TASK, op_code: { module: "__proto__", function: "constructor" } }), /no rule/],
    [JSON.stringify({ ...TASK, op_data: "x".repeat(3_000_000) }), /bytes|large/],
    [cp949, "{'echo': '길동'}"],
    [`\ufeff${JSON.stringify(TASK)}`, "{'echo': '길동'}"],
    [JSON.stringify({ ...TASK, client_channel_id: "\ud800", op_data: { arg1: "\ud800" } }), /./],
    [JSON.stringify({ ...TASK, time: { a: [1] }, company_code: ["x"], reply: { a: 1 }, priority: "NaN" }), "{'echo': '길동'}"],
  ];
  for (const body of dropped) channel.sendToQueue("ITSBOX.D.MSG_IN", Buffer.from(body as string));
  const last = await ask({ ...TASK, client_channel_id: "after the dropped" });
  assert.deepEqual([last["client_channel_id"], last["success"]], ["after the dropped", "1"], JSON.stringify(last).slice(0, 500));
  for (const [body, why] of answered) {
    channel.sendToQueue("ITSBOX.D.MSG_IN", Buffer.from(body as string));
    const { msg, success } = await next("MSG_OUT");
    if (typeof why === "string") assert.deepEqual([success, msg], ["1", why]);
    else assert.match(String(msg), why, String(body).slice(0, 200));
    assert.equal((await ask({ ...TASK, client_channel_id: "behind it" }))["client_channel_id"], "behind it");
  }
  assert.equal((await channel.checkQueue("ITSBOX.D.MSG_IN")).messageCount, 0);
});

test("old clients: workers are started, shown and stopped from the management queue", { skip }, async () => {
  const started = await order("start", "worker", "3(40)");
  assert.equal(started["success"], "1");
  assert.match(String(started["msg"]), /3.*40/);
  const info = (await order("info", "worker", "all"))["msg"] as { workers: unknown[]; total: { thread: { total: number } } };
  assert.deepEqual([info.workers.length, info.total.thread.total], [5, 130]);
  const before = await pids();
  for (const [detail, why] of [["200", /too many workers/], ["1(1000)", /too many threads/], ["0", /begin at 1/], ["all", /already running/], ["three", /worker count/], ["", /need a worker count/]] as const) {
    const refused = await order("start", "worker", detail);
    assert.deepEqual([refused["success"], why.test(String(refused["msg"]))], ["2", true], `${detail}: ${String(refused["msg"])}`);
  }
  assert.deepEqual(await pids(), before, "what is over the cap changes nothing");
  assert.equal((await order("stop", "worker", "count=1"))["success"], "1");
  assert.deepEqual(await pids(), before.slice(1), "the lowest pid");
  assert.equal((await order("stop", "worker", `pid=${before[3]}`))["success"], "1");
  assert.equal((await order("stop", "worker", `pid=${before[3]}`))["success"], "2");
  assert.equal((await order("stop", "worker", "count=9"))["success"], "2");
  assert.equal((await order("stop", "worker", "count=1"))["success"], "1");
  assert.equal((await pids()).length, 2);
  assert.equal((await order("fly", "worker"))["success"], "2");
});

test("old clients: stopping all workers lets what runs end; what waits is run once there are some again", { skip }, async () => {
  const count = 24;
  for (let at = 0; at < count; at += 1) send("MSG_IN", { ...TASK, client_channel_id: `drained-${at}`, op_code: { module: "test.module", class: "TestClass", function: "slow" }, op_data: { s: 0.3 } });
  await until(async () => ((await order("info", "worker", "all"))["msg"] as { total: { thread: { active: number } } }).total.thread.active !== 0, "some of them run");
  assert.equal((await order("stop", "worker", "all"))["success"], "1");
  const { status } = ((await order("info", "worker", "all"))["msg"] as { total: { status: string } }).total;
  assert.equal(status, "Down");
  assert.equal((await order("start", "worker", "all"))["success"], "1");
  const answers: unknown[] = [];
  while (answers.length < count) {
    const { client_channel_id: id, success } = await next("MSG_OUT");
    assert.equal(success, "1");
    answers.push(id);
  }
  assert.deepEqual(new Set(answers), new Set(Array.from({ length: count }, (_, at) => `drained-${at}`)), "each once");
});

test("old clients: `stop management` is answered, then closes the WebSocket; the queue opens it again", { skip }, async () => {
  const socket = await opened();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const told = new Promise<string>((resolve) => socket.once("message", (bytes) => resolve(String(bytes))));
  socket.send(JSON.stringify({ ...ORDER, op_action: "stop", op_target: "management", op_detail: "" }));
  assert.deepEqual([(JSON.parse(await told) as { success: string }).success, await closed], ["1", 1001]);
  await until(() => opened().then((again) => (again.terminate(), false), () => true), "nobody listens there");
  assert.equal((await order("stop", "management"))["success"], "2");
  assert.equal((await order("start", "management"))["success"], "1");
  await until(() => opened().then((again) => (again.close(), true), () => false), "it listens again");
  assert.equal((await order("start", "management"))["success"], "2");
});

test("old clients: a worker that is killed loses no task", { skip }, async () => {
  send("MSG_IN", { ...TASK, client_channel_id: "survives", op_code: { module: "test.module", class: "TestClass", function: "slow" }, op_data: { s: 1 } });
  let pid = 0;
  await until(async () => {
    send("MGMT_IN", ORDER);
    const { workers } = (await next("MGMT_OUT"))["msg"] as { workers: { pid: number; active_tasks: { message: string }[] }[] };
    pid = workers.find(({ active_tasks: tasks }) => tasks.some(({ message }) => message.includes("survives")))?.pid ?? 0;
    return pid !== 0;
  }, "the task runs");
  process.kill(pid, "SIGKILL");
  const { client_channel_id: channelId, success, msg } = await next("MSG_OUT");
  assert.deepEqual([channelId, success, msg], ["survives", "1", "slept"]);
});

test("old clients: another client of Node sends, confirmed, and is answered, in the old queue and where it asks to be", { skip }, async () => {
  const rabbit = new Connection({ url: `amqp://guest:guest@127.0.0.1:${server.port}/`, noDelay: true });
  const publisher = rabbit.createPublisher({ confirm: true });
  try {
    // The client knows JSON, and sends it with its type.
    await publisher.send("ITSBOX.D.MSG_IN", { ...TASK, client_channel_id: "rabbitmq-client" });
    const { client_channel_id: channelId, success, msg } = await next("MSG_OUT");
    assert.deepEqual([channelId, success, msg], ["rabbitmq-client", "1", "{'echo': '길동'}"]);
    const answers = await rabbit.queueDeclare({ exclusive: true });
    await publisher.send({ routingKey: "dure.jobs", type: "test.module:TestClass.callme", replyTo: answers.queue, correlationId: "7", durable: true }, { arg1: "길동" });
    await until(async () => 0 < (await rabbit.queueDeclare({ queue: answers.queue, passive: true })).messageCount, "the answer has come");
    const answer = await rabbit.basicGet({ queue: answers.queue, noAck: true });
    assert.ok(answer !== undefined);
    assert.equal(answer.correlationId, "7");
    assert.deepEqual(answer.body, { type: "succeeded", result: '{"echo":"길동"}', text: "{'echo': '길동'}" });
  } finally {
    await publisher.close();
    await rabbit.close();
  }
});

test("old clients: Python's pika sends and is answered", { skip: skip || noPika }, () => {
  const program = `
import json, pika, sys
connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", ${server?.port}))
channel = connection.channel()
channel.basic_publish("", "ITSBOX.D.MSG_IN", json.dumps(${JSON.stringify({ ...TASK, client_channel_id: "pika" })}))
for method, properties, body in channel.consume("ITSBOX.D.MSG_OUT", auto_ack=True, inactivity_timeout=60):
    sys.stdout.write(body.decode("utf-8"))
    break
connection.close()`;
  const { stdout, stderr, status } = spawnSync("/usr/bin/python3", ["-c", program], { encoding: "utf8", timeout: WITHIN_MS });
  assert.equal(status, 0, stderr);
  const { client_channel_id: channelId, success, msg } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual([channelId, success, msg], ["pika", "1", "{'echo': '길동'}"]);
});

test("old clients: the access log has the old lines; `stop all` answers, then ends", { skip }, async () => {
  send("MGMT_IN", { ...ORDER, op_action: "stop", op_target: "all", op_detail: "" });
  const { success } = await next("MGMT_OUT");
  assert.equal(success, "1");
  await agent.ended;
  const access = readFileSync(home.file("logs", "operator_access.log"), "utf8");
  assert.match(access, /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\]]*\] \[TASK\] 1 ABCD1234 "test\.module:TestClass:callme" True True \d+ \d+ \d+\.\d{3}$/m);
  assert.match(access, /\[TASK\] - - "-:-:-" False False - - \d+\.\d{3}$/m);
  assert.match(access, /\[MGMT\] - - "start:worker:3\(40\)" True True - - \d+\.\d{3}$/m);
});
