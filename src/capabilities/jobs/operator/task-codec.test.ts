import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import iconv from "iconv-lite";
import type { NewJob, Outcome, QueuedJob } from "#sdk/queue.ts";
import { taskText } from "./log-lines.ts";
import { taskCodec } from "./task-codec.ts";

const NOW_MS = 1_487_750_000_120;
const DONE: Outcome & { type: "succeeded" } = { type: "succeeded", result: '"done"', text: "done" };

function codec({ dataBytesMax = 1 << 20 }: { readonly dataBytesMax?: number } = {}) {
  const access: string[] = [];
  const warned: string[] = [];
  const made = taskCodec({ from: "queue:ITSBOX.D.MSG_IN", dataBytesMax, now: () => NOW_MS, log: { warn: (message, fields) => warned.push(`${message} ${JSON.stringify(fields)}`) }, access: (line) => access.push(taskText(line)) });
  const read = (message: unknown) => made.read(Buffer.isBuffer(message) ? message : Buffer.from(typeof message === "string" ? message : JSON.stringify(message)));
  const job = (message: unknown): NewJob => {
    const reading = read(message);
    assert.equal(reading.do, "run");
    return reading.job;
  };
  const reply = (message: unknown, outcome: Parameters<typeof made.answer>[1] = DONE): string | undefined => made.answer(queued(job(message)), outcome);
  const refusal = (message: unknown): Record<string, unknown> => {
    const reading = read(message);
    assert.equal(reading.do, "answer");
    return JSON.parse(reading.body ?? "null") as Record<string, unknown>;
  };
  return { read, job, reply, refusal, access, warned, made };
}

function queued(job: NewJob): QueuedJob {
  return { ...job, id: "1", createdMs: NOW_MS, priority: 4, attempt: 1, losses: 0 };
}

const TASK = { time: "123456789", client_channel_id: "ABCD1234", company_code: "1", location: "2", direction: "1", op_code: { module: "test.module", class: "TestClass", function: "callme" }, op_data: { arg1: "argument1", arg2: "argument2" } } as const;

test("envelope: the old task message is a job of its rule, with its data as it was written", () => {
  const { job } = codec();
  assert.deepEqual(job(TASK), { rule: "test.module:TestClass.callme", data: '{"arg1":"argument1","arg2":"argument2"}', envelope: JSON.stringify(TASK), labels: { company: "1", channel: "ABCD1234" }, from: "queue:ITSBOX.D.MSG_IN" });
  assert.equal(job({ ...TASK, op_code: { module: "m", function: "f" } }).rule, "m:f");
  assert.equal(job({ ...TASK, op_code: { module: "m", class: "", function: "f" } }).rule, "m:f", "an empty class is none");
  assert.equal(job({ ...TASK, op_data: ["a", 1] }).data, '["a",1]');
  assert.equal(job({ ...TASK, op_data: null }).data, "null");
});

test("envelope: the reply is the request with four fields replaced, in its order, and all else as it was", () => {
  const { reply } = codec();
  const message = '{"zeta": 12345678901234567890, "time":"1", "direction":"1","location":"2", "2": 1.0, "1": {"a" : [1e2]}, "op_code":{"module":"m","function":"f"},\n "op_data":{} , "msg":"old"}';
  assert.equal(reply(message), '{"zeta": 12345678901234567890,"time":"1487750000","direction":"2","location":"2","2": 1.0,"1": {"a" : [1e2]},"op_code":{"module":"m","function":"f"},"op_data":{},"msg":"done","success":"1"}');
});

for (const [name, outcome, expected] of [
  ["a result in words", DONE, { success: "1", msg: "done" }],
  ["no result", { type: "succeeded", result: "null" }, { success: "1", msg: "" }],
  ["a result that says nothing of its text", { type: "succeeded", result: '{"a":1}' }, { success: "1", msg: '{"a":1}' }],
  ["an exception", { type: "failed", error: { kind: "ValueError", message: "없는 지역: kr" } }, { success: "2", msg: "없는 지역: kr" }],
  ["a cancellation", { type: "cancelled", by: "admin" }, { success: "2", msg: "cancelled by admin" }],
] as const)
  test(`envelope: ${name} is said as the old operator did`, () => {
    const { success, msg, time, direction } = JSON.parse(codec().reply(TASK, outcome) ?? "") as Record<string, unknown>;
    assert.deepEqual({ success, msg, time, direction }, { ...expected, time: "1487750000", direction: "2" });
  });

test('envelope: `reply: "2"` is silent, whatever comes of it', () => {
  const { reply, read } = codec();
  assert.equal(reply({ ...TASK, reply: "2" }), undefined);
  assert.equal(reply(`{"reply":"\\u0032",${JSON.stringify(TASK).slice(1)}`), undefined);
  assert.notEqual(reply({ ...TASK, reply: "1" }), undefined);
  assert.notEqual(reply({ ...TASK, reply: 2 }), undefined, "flags are text");
  assert.deepEqual(read({ direction: "1", location: "2", reply: "2" }), { do: "answer", body: undefined });
});

for (const [name, message, expected] of [
  ["a reply passes on", { ...TASK, direction: "2" }, "forward"],
  ["a flag that is a number is not the flag", { ...TASK, direction: 1 }, "forward"],
  ["one for elsewhere is dropped", { ...TASK, location: "1" }, "drop"],
  ["a place that is a number is elsewhere", { ...TASK, location: 2 }, "drop"],
  ["a reply for elsewhere passes on", { direction: "2", location: "1" }, "forward"],
] as const)
  test(`envelope: ${name}`, () => {
    const { read, access } = codec();
    assert.deepEqual(read(message), { do: expected });
    assert.deepEqual(access, [], "nothing is said of it");
  });

for (const key of ["direction", "location", "op_code", "op_data"] as const)
  test(`envelope: without ${key} it is answered, and the reply names it`, () => {
    const { [key]: _, ...message } = TASK;
    const { refusal, access } = codec();
    const reply = refusal(message);
    assert.equal(reply["success"], "2");
    assert.equal(reply["msg"], `missing key: ${key}`);
    assert.equal(reply["company_code"], "1");
    assert.match(access[0] ?? "", /^\[TASK\] 1 ABCD1234 ".*" False True - - 0\.000$/);
  });

for (const [name, code, said] of [
  ["no module", { function: "f" }, "missing key: module (in op_code)"],
  ["no function", { module: "m" }, "missing key: function (in op_code)"],
  ["a text", "m.f", "op_code must be an object: {module, class, function}"],
  ["a module that is a number", { module: 1, function: "f" }, "op_code: module is not a name"],
  ["a path", { module: "../../etc", function: "f" }, "op_code: module is not a name"],
  ["a colon in the module", { module: "m:A.b", function: "f" }, "op_code: module is not a name"],
  ["a class within the function", { module: "m", function: "A.b" }, "op_code: function is not a name"],
  ["an endless name", { module: "m", function: "f".repeat(1000) }, "op_code: function is not a name"],
] as const)
  test(`envelope: an op_code with ${name} is refused with what is wrong`, () => assert.equal(codec().refusal({ ...TASK, op_code: code })["msg"], said));

test("envelope: `fuction`, as the old README writes it, is read as `function`, and said once", () => {
  const { job, warned } = codec();
  const message = { ...TASK, op_code: { module: "test.module", class: "TestClass", fuction: "callme" } };
  for (let time = 0; time < 3; time++) assert.equal(job(message).rule, "test.module:TestClass.callme");
  assert.equal(warned.length, 1);
  assert.equal(job({ ...TASK, op_code: { module: "m", fuction: "wrong", function: "right" } }).rule, "m:right");
});

test("envelope: the old README's own example lacks a comma: it is dropped, and the log says where", () => {
  const { read, access, warned } = codec();
  const example = `{
    "time" : "123456789",
    "direction" : "1",
    "op_code" : {"module":"test.module", "class":"TestClass", "fuction":"callme"}
    "op_data" : {"arg1":"argument1", "arg2":"argument2"}
  }`;
  assert.deepEqual(read(example), { do: "drop" });
  assert.deepEqual(access, ['[TASK] - - "-:-:-" False False - - 0.000']);
  assert.match(warned[0] ?? "", /line 5, column 5: a comma is missing before \\"op_data\\"/);
});

for (const [name, body] of [
  ["nothing", ""],
  ["a list", "[]"],
  ["a number", "1"],
  ["null", "null"],
  ["a text", '"stop"'],
  ["words", "stop all"],
  ["half of it", JSON.stringify(TASK).slice(0, -5)],
  ["NaN", '{"direction":NaN}'],
  ["a hundred thousand brackets", `{"direction":"1","op_data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ["broken UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ["UTF-16", Buffer.from(JSON.stringify(TASK), "utf16le")],
] as const)
  test(`envelope: ${name} is dropped with one line in the access log`, () => {
    const { read, access } = codec();
    assert.deepEqual(read(typeof body === "string" ? Buffer.from(body) : body), { do: "drop" });
    assert.deepEqual(access, ['[TASK] - - "-:-:-" False False - - 0.000']);
  });

test("envelope: Korean is kept; who writes ASCII is answered in ASCII, who writes UTF-8 in UTF-8, who writes CP949 in ASCII", () => {
  const { reply, job, warned } = codec();
  const said: Outcome & { type: "succeeded" } = { type: "succeeded", result: '"안녕"', text: "안녕" };
  const korean = { ...TASK, op_data: { 이름: "길동" } };
  assert.match(reply(korean, said) ?? "", /"op_data":\{"이름":"길동"\}.*"msg":"안녕"/);
  assert.match(reply(TASK, said) ?? "", /"msg":"\\uc548\\ub155"/);
  const old = iconv.encode(JSON.stringify(korean), "cp949");
  assert.equal(job(old).data, '{"이름":"길동"}');
  const answer = reply(old, said) ?? "";
  assert.match(answer, /^[\0-\x7f]+$/);
  assert.deepEqual((JSON.parse(answer) as Record<string, unknown>)["op_data"], { 이름: "길동" });
  assert.equal(warned.length, 1);
});

test("envelope: a mark at its beginning, lone surrogates, keys twice and keys with escapes do no harm", () => {
  const { job, reply } = codec();
  assert.equal(job(`\ufeff${JSON.stringify(TASK)}`).rule, "test.module:TestClass.callme");
  assert.equal(job(`{"op_d\\u0061ta":[1],${JSON.stringify(TASK).slice(1, -1)},"op_data":[2]}`).data, "[2]", "the last one counts");
  assert.match(reply({ ...TASK, x: "\ud800" }) ?? "", /"x":"\\ud800"/);
  const hostile = `{"__proto__":{"direction":"2"},"constructor":{"prototype":1},"tim\\u0065":"5","time":"6",${JSON.stringify(TASK).slice(1)}`;
  const answer = reply(hostile) ?? "";
  assert.equal(answer.split('"time":').length, 2, "said once");
  assert.ok(answer.startsWith('{"__proto__":{"direction":"2"},"constructor":{"prototype":1},"time":"1487750000"'));
});

test("envelope: data and messages that are too large are refused, and not looked into", () => {
  const { refusal } = codec({ dataBytesMax: 1000 });
  assert.match(String(refusal({ ...TASK, op_data: "x".repeat(2000) })["msg"]), /op_data has 2002 bytes/);
  assert.match(String(refusal({ ...TASK, op_data: "길".repeat(500) })["msg"]), /op_data has 1502 bytes/);
  assert.match(String(refusal({ ...TASK, op_data: "x".repeat(200_000) })["msg"]), /the message has \d+ bytes/);
});

const anyEnvelope = fc.record(
  { time: fc.anything(), direction: fc.constantFrom("1", "1", "1", "2", 1, null), location: fc.constantFrom("2", "2", "2", "1", 2), reply: fc.constantFrom("1", "2", 2, null), success: fc.json(), msg: fc.anything(), op_code: fc.oneof(fc.record({ module: fc.string(), class: fc.option(fc.string()), function: fc.string() }, { requiredKeys: [] }), fc.anything()), op_data: fc.jsonValue(), company_code: fc.anything(), client_channel_id: fc.string({ unit: "binary" }), ["__proto__"]: fc.jsonValue() },
  { requiredKeys: [] },
);

test("envelope: whatever it holds, what is echoed means what was sent, in its order", () => {
  fc.assert(
    fc.property(anyEnvelope, fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), fc.constantFrom(undefined, 2, "\t"), (known, others, space) => {
      let text: string | undefined;
      try {
        text = JSON.stringify({ ...others, ...known }, undefined, space);
      } catch {
        return; // A cycle, or a number without end: nobody can send it.
      }
      const { read, made } = codec();
      const sent = JSON.parse(text) as Record<string, unknown>;
      const reading = read(text);
      if (reading.do === "drop" || reading.do === "forward") return;
      const body = reading.do === "answer" ? reading.body : made.answer(queued(reading.job), { type: "succeeded", result: "null", text: "끝" });
      if (sent["reply"] === "2") return assert.equal(body, undefined);
      assert.ok(body !== undefined && !body.includes("\n"));
      const got = JSON.parse(body) as Record<string, unknown>;
      const order = [...Object.keys(sent), ...["success", "msg", "time", "direction"].filter((key) => !Object.hasOwn(sent, key))];
      assert.deepEqual(Object.keys(got), order);
      for (const key of Object.keys(sent)) if (!["success", "msg", "time", "direction"].includes(key)) assert.deepEqual(got[key], sent[key]);
      assert.equal(got["direction"], "2");
    }),
    { numRuns: 1000 },
  );
});

test("envelope: no bytes make it throw, and each message ends in one of four ways", () => {
  const { read } = codec();
  const pieces = fc.array(fc.constantFrom('{"', '":"', '"', "{", "}", "[", "]", ",", ":", "\\", '"direction":"1"', '"location":"2"', '"op_code":', '{"module":"m","function":"f"}', '"op_data":', "null", "1e9", "\ud800", "길", "\u0000"), { maxLength: 30 }).map((parts) => Buffer.from(parts.join("")));
  fc.assert(fc.property(fc.oneof(pieces, fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))), (body) => assert.ok(["run", "forward", "drop", "answer"].includes(read(body).do))), { numRuns: 3000 });
});
