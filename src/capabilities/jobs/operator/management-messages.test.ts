import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ManagementAnswer, ManagementOrder } from "../jobs.ts";
import { managementText } from "./log-lines.ts";
import { answerOrder } from "./management-messages.ts";

const NOW_MS = 1_487_750_000_120;
const ORDER = { time: "123456789", location: "2", direction: "1", client_channel_id: "WS-1", op_action: "start", op_target: "worker", op_detail: "3(40)" } as const;

/** Carries nothing out: says what it was told. */
async function ask(message: unknown, manage: (order: ManagementOrder) => Promise<ManagementAnswer> = async () => ({ message: "done" })) {
  const orders: ManagementOrder[] = [];
  const access: string[] = [];
  let isEnded = false;
  const body = Buffer.isBuffer(message) ? message : Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
  const answer = await answerOrder(body, {
    manage: (order) => (orders.push(order), manage(order)),
    end: () => (isEnded = true),
    now: () => NOW_MS,
    log: { warn() {} },
    access: (line) => access.push(managementText(line)),
  });
  return { reply: answer.body === undefined ? undefined : (JSON.parse(answer.body) as Record<string, unknown>), answer, orders, access, isEnded: () => isEnded };
}

test("orders: an old message is carried out and answered in its own envelope", async () => {
  const { reply, orders, access } = await ask(ORDER);
  assert.deepEqual(orders, [{ action: "start", target: "worker", detail: "3(40)" }]);
  assert.deepEqual(reply, { ...ORDER, time: "1487750000", direction: "2", success: "1", msg: "done" });
  assert.deepEqual(access, ['[MGMT] - - "start:worker:3(40)" True True - - 0.000']);
});

test("orders: `info` puts the object itself into msg", async () => {
  const info = { workers: [], total: {} } as unknown as NonNullable<ManagementAnswer["info"]>;
  assert.deepEqual((await ask(ORDER, async () => ({ message: "{}", info }))).reply?.["msg"], info);
});

test("orders: what cannot be done is answered with what was wrong and what would be right", async () => {
  const { reply, access } = await ask({ ...ORDER, op_target: "moon" }, async () => Promise.reject(new CommandFailure("INVALID", { message: "unknown target: moon", hint: "Write worker." })));
  assert.equal(reply?.["success"], "2");
  assert.equal(reply?.["msg"], "unknown target: moon. Write worker.");
  assert.deepEqual(access, ['[MGMT] - - "start:moon:3(40)" False True - - 0.000']);
});

test("orders: `stop all` is answered first; the end comes when the answer is on its way", async () => {
  const { reply, answer, isEnded } = await ask({ ...ORDER, op_action: "stop", op_target: "all", op_detail: "" }, async () => ({ message: "stopping", isEnd: true }));
  assert.equal(reply?.["success"], "1");
  assert.equal(isEnded(), false);
  answer.after?.();
  assert.equal(isEnded(), true);
});

test("orders: `stop all` without a reply, as stop_operator sent it, ends all the same", async () => {
  const { reply, answer, isEnded } = await ask({ ...ORDER, op_action: "stop", op_target: "all", reply: "2" }, async () => ({ message: "stopping", isEnd: true }));
  assert.equal(reply, undefined);
  answer.after?.();
  assert.equal(isEnded(), true);
});

for (const [name, message, said] of [
  ["no action", { direction: "1", location: "2" }, "missing key: op_action"],
  ["no direction", { location: "2", op_action: "info" }, "missing key: direction"],
  ["an action that is a number", { ...ORDER, op_action: 1 }, "op_action must be text"],
  ["a detail that is a number", { ...ORDER, op_detail: 3 }, "op_detail must be text"],
] as const)
  test(`orders: a message with ${name} is not carried out, and says why`, async () => {
    const { reply, orders } = await ask(message);
    assert.equal(reply?.["msg"], said);
    assert.deepEqual(orders, []);
  });

for (const [name, message, body] of [
  ["a reply passes on", { ...ORDER, direction: "2" }, JSON.stringify({ ...ORDER, direction: "2" })],
  ["one for elsewhere is dropped", { ...ORDER, location: "1" }, undefined],
  ["no JSON is dropped", "stop all", undefined],
  ["a huge one is dropped", { ...ORDER, op_detail: "9".repeat(100_000) }, undefined],
] as const)
  test(`orders: ${name}`, async () => {
    const { answer, orders } = await ask(message);
    assert.equal(answer.body, body);
    assert.deepEqual(orders, []);
  });

test("orders: whatever comes, it is answered or dropped, and never thrown", () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.record({ direction: fc.constantFrom("1", 1, "2"), location: fc.constant("2"), op_action: fc.anything(), op_target: fc.anything(), op_detail: fc.anything() }, { requiredKeys: [] })), async (message) => {
      let text: string;
      try {
        text = typeof message === "string" ? message : (JSON.stringify(message) ?? "");
      } catch {
        return;
      }
      await ask(text, async () => Promise.reject(new Error("no")));
    }),
  ));
