import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonMap } from "#base/json.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { JobEngine, ManagementOrder } from "./jobs.ts";
import { answerMessage } from "./raw-message.ts";

const SEED = { time: "123456789", client_channel_id: "ABCD1234", company_code: "1", location: "2", direction: "1", op_code: { module: "test.module", class: "TestClass", fuction: "callme" }, op_data: { arg1: "길동" }, 모름: [1] };

/** An engine that says what it was asked. */
function engine(asked: unknown[] = []): JobEngine {
  return {
    submit: async (jobs: readonly { readonly rule: string }[]) => {
      asked.push(jobs);
      if (jobs[0]?.rule.includes("nothing") === true) throw new CommandFailure("NOT_FOUND", { message: "there is no rule nothing" });
      return [{ id: "j1", isNew: true }];
    },
    wait: async () => ({ state: "succeeded", result: '{"a":1}', text: "안녕, 길동" }),
    manage: async (order: ManagementOrder) => {
      asked.push(order);
      return order.target === "all" ? { message: "Stop the operator", isEnd: true } : order.action === "info" ? { message: "", info: { workers: [] } } : { message: "started" };
    },
  } as unknown as JobEngine;
}

const ask = (message: unknown, mayEnd = true, asked: unknown[] = []) => answerMessage(typeof message === "string" ? message : JSON.stringify(message), { engine: engine(asked), by: "test", mayEnd, waitMs: 1 });
const replyTo = async (message: unknown, mayEnd = true) => jsonMap((await ask(message, mayEnd)).reply ?? "");

test("raw message: the old manual's task is run, and all else of it comes back", async () => {
  const asked: unknown[] = [];
  const { reply = "" } = await ask(SEED, true, asked);
  const { time, ...rest } = jsonMap(reply);
  const { time: _sent, ...echoed } = SEED;
  assert.match(String(time), /^\d{10}$/);
  assert.deepEqual(rest, { ...echoed, direction: "2", success: "1", msg: "안녕, 길동" });
  assert.deepEqual(asked, [[{ rule: "test.module:TestClass.callme", data: '{"arg1":"길동"}', from: "test", labels: { company: "1", channel: "ABCD1234" }, envelope: JSON.stringify(SEED) }]]);
});

test("raw message: what is missing, or cannot be done, is said in the reply", async () => {
  const { op_code: _code, ...without } = SEED;
  for (const [message, said] of [
    [without, "missing key: op_code"],
    [{ ...SEED, op_code: { class: "A", function: "b" } }, "missing key: module (in op_code)"],
    [{ ...SEED, op_code: { module: "a" } }, "missing key: function (in op_code)"],
    [{ ...SEED, op_code: { module: "nothing", function: "b" } }, "there is no rule nothing"],
  ] as const) {
    const { success, msg } = await replyTo(message);
    assert.deepEqual({ success, msg }, { success: "2", msg: said });
  }
});

test("raw message: what asks for no reply, is not for the operator or is no message has none", async () => {
  for (const message of [{ ...SEED, reply: "2" }, { ...SEED, direction: "2" }, { ...SEED, location: "1" }, "not json", "[1]", "null"]) assert.deepEqual(await ask(message), {});
});

test("raw message: only who may end the agent ends it", async () => {
  const stop = { location: "2", direction: "1", op_action: "stop", op_target: "all", op_detail: "" };
  assert.equal((await ask(stop)).isEnd, true);
  assert.equal((await ask(stop, false)).isEnd, undefined);
  assert.equal((await replyTo(stop, false))["success"], "2");
  assert.equal((await ask({ ...stop, reply: "2" }, false)).isEnd, undefined);
});

test("raw message: whatever is sent, it is answered or not, and never thrown at", () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.dictionary(fc.constantFrom("direction", "location", "reply", "op_code", "op_data", "op_action", "op_target", "op_detail", "__proto__"), fc.oneof(fc.constantFrom("1", "2", "stop"), fc.jsonValue())).map((message) => JSON.stringify(message))), async (text) => {
      const { reply } = await ask(text);
      if (reply !== undefined) assert.ok(["1", "2"].includes(String(jsonMap(reply)["success"])));
    }),
  ));
