import assert from "node:assert/strict";
import { test } from "node:test";
import { createRegistry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import { shownPlace, tells } from "./notifiers-plan.ts";
import type { NotifierPlan } from "./notifiers-plan.ts";

const MAIL = "{ server: 'smtp://u:p%40ss@mail.example.com', from: 'Dure <d@example.com>', to: 'a@example.com, b@example.com' }";

test("notifiers: of a config that has nothing else are a plan whose notices alone are delivered", async () => {
  const { plan, problems } = await check(`notifiers:\n  chat: { webhook: https://chat.example.com/hooks/x, on: job.failed }\n  밤: { mail: ${MAIL}, on: ["pipeline.*", process.failed], rate: 30/h, lang: ko }\n  broker: { amqp: { url: 'amqps://u:p@10.0.0.5/v', routing_key: alarms, tls: { ca: ca.pem } } }\n`);
  assert.deepEqual(problems, []);
  assert.deepEqual([plan?.jobs?.isForNoticesOnly, plan?.jobs?.workers], [true, 0]);
  const [chat, night, broker] = plan?.jobs?.notifiers ?? [];
  assert.deepEqual([chat?.target, chat?.on, chat?.attempts], [{ type: "webhook", url: "https://chat.example.com/hooks/x", headers: {}, tls: { isVerified: true } }, ["job.failed"], 20]);
  assert.deepEqual([night?.name, night?.lang, night?.rate], ["밤", "ko", { count: 30, perMs: 3_600_000 }]);
  assert.deepEqual(night?.target, { type: "mail", server: "smtp://u:p%40ss@mail.example.com", from: "Dure <d@example.com>", to: ["a@example.com", "b@example.com"], cc: [], tls: { isVerified: true, isRequired: true } });
  assert.deepEqual(broker?.target, { type: "amqp", url: "amqps://u:p@10.0.0.5/v", exchange: "", routingKey: "alarms", tls: { isVerified: true, caFile: "/srv/ca.pem" } });
});

test("notifiers: which events are told, and what is shown of where to", () => {
  const on = (...names: string[]) => ({ on: names });
  assert.deepEqual(["job.failed", "job.lost", "jobs.failed"].map((name) => tells(on("job.*"), name)), [true, true, false]);
  assert.deepEqual([tells(on("*"), "a.b"), tells(on("job.failed"), "job.failed"), tells(on(), "job.failed")], [true, true, false]);
  const target: NotifierPlan["target"] = { type: "amqp", url: "amqp://u:secret@10.0.0.5/v", exchange: "x", routingKey: "k", tls: { isVerified: true } };
  assert.equal(shownPlace({ target }), "amqp://10.0.0.5 x k");
});

for (const [what, written, found] of [
  ["no way", "{ on: job.failed }", ["DURE205 2:3"]],
  ["two ways", `{ webhook: https://a.example.com, mail: ${MAIL} }`, ["DURE205 2:46"]],
  ["a word that is no option", "{ webhok: https://a.example.com }", ["DURE205 2:3", "DURE207 2:8"]],
  ["an address that is none", "{ webhook: chat.example.com }", ["DURE205 2:8"]],
  ["an address that nobody has set", "{ webhook: \"${env:NOT_SET}\" }", ["DURE110 2:18"]],
  ["an event that there is not", "{ webhook: https://a.example.com, on: [job.failed, job.faild] }", ["DURE201 2:57"]],
  ["a mail without receivers", "{ mail: { server: smtp://m.example.com, from: a@b, to: [] } }", ["DURE205 2:61"]],
  ["a header's line end", "{ mail: { server: smtp://m.example.com, from: \"a@b\\nbcc: c@d\", to: e@f } }", ["DURE205 2:52"]],
  ["a broker without a queue", "{ amqp: { url: amqp://m.example.com } }", ["DURE205 2:8"]],
  ["a list", "[https://a.example.com]", ["DURE201 2:6"]],
] as const)
  test(`notifiers: ${what} is refused at its place, and nothing of the secrets is said`, async () => {
    const { problems, plan } = await check(`notifiers:\n  a: ${written}\n`);
    assert.equal(plan, undefined);
    assert.deepEqual(problems.map(({ code, place }) => `${code} ${place.line}:${place.column}`), found, JSON.stringify(problems.map(({ text }) => text.en)));
  });

async function check(text: string) {
  return checkConfig({ file: "/srv/dure.yml", text, registry: createRegistry({}), env: {} });
}
