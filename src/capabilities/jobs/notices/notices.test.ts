// Notices of jobs: written with the job's end, delivered as jobs of their own, whatever the receiver does meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { until } from "#test/cli/run-dure.ts";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import { WAIT_MS, startEngine } from "../testing.ts";

const RULES = `
  import { defineRule } from "dure/rule";
  export function tell(args, { notify }) { notify("hook", { subject: "주문\\n완료", text: "길동", data: { order: 7 } }); notify("hook", "둘째"); return 1; }
  export function tellAndFail(args, { notify }) { notify("hook", "never"); throw new Error("펑"); }
  export const tellTwice = defineRule({ attempts: 2, backoff: { first: "1ms", most: "1ms" }, run: (args, { notify, attempt }) => { notify("hook", "attempt " + attempt); if (attempt === 1) throw new Error("again"); } });
  export function tellNobody(args, { notify }) { notify("nobody", "hello"); }
  export function badNotice(args, { notify }) { notify("hook", { text: "no subject" }); }
  export function slow() { return new Promise(() => {}); }
`;

test("notices: what a rule asks for is sent once it has succeeded, and what failed for good is told", async () => {
  await using hook = await receiver();
  await using jobs = await engine([webhook(hook.url, { on: ["job.failed"] })]);
  const [told, failed] = [await jobs.run("a:tell"), await jobs.run("a:tellAndFail")];
  assert.deepEqual([told.state, failed.state], ["succeeded", "failed"]);
  await jobs.run("a:tellTwice");
  await hook.until(4);
  const got = hook.got.map(({ body }) => [body["subject"], body["data"]]);
  const [[subject, data]] = got.filter(([, each]) => (each as { rule?: string } | null)?.rule !== undefined) as [[string, Record<string, unknown>]];
  assert.match(subject, /a:tellAndFail$/);
  assert.deepEqual([data["id"], data["kind"], data["message"]], [failed.id, "Error", "펑"]);
  assert.deepEqual(got.filter(([, each]) => (each as { rule?: string } | null)?.rule === undefined), [["주문 완료", { order: 7 }], ["둘째", null], ["attempt 2", null]]);
  assert.deepEqual(hook.got.slice(0, 2).map(({ headers }) => headers["webhook-id"]), [`${told.id}.1`, `${told.id}.2`]);
});

test("notices: a receiver that cannot be reached has them as soon as it is there; one that refuses leaves dead letters, which can be replayed", async () => {
  await using hook = await receiver();
  hook.answer(503, 500, 400);
  await using jobs = await engine([webhook(hook.url)]);
  const { id } = await jobs.run("a:tellTwice");
  const notice = await jobs.engine.wait(`${id}.1`, WAIT_MS);
  assert.deepEqual([notice.rule, notice.state, notice.attempt, notice.error?.kind], ["@notifiers:hook", "failed", 3, "REFUSED"]);
  assert.deepEqual(jobs.events.filter(({ name }) => name === "notice.failed").map(({ data }) => [data["notifier"], data["job"]]), [["hook", `${id}.1`]]);
  const [{ as } = { as: "" }] = await jobs.engine.replay({ ids: [`${id}.1`] }, "test");
  assert.deepEqual([(await jobs.engine.wait(as, WAIT_MS)).state, (await jobs.engine.wait(as, WAIT_MS)).result], ["succeeded", '"200"']);
  assert.deepEqual((await jobs.engine.notifiers()).map(({ name, address, waiting, delivered }) => [name, address, waiting, delivered]), [["hook", new URL(hook.url).origin, 0, 1]]);
});

test("notices: a Python rule tells somebody, too; one that is none is an error of the rule", async () => {
  await using hook = await receiver();
  await using jobs = await engine([webhook(hook.url)], {}, "from dure import context\n\ndef tell(arg):\n    context.notify('hook', '주문 완료', data={'order': 7})\n    return 1\n\ndef bad(arg):\n    context.notify('hook', '')\n");
  const told = await jobs.run("p:tell");
  assert.equal(told.state, "succeeded", JSON.stringify(told.error));
  await hook.until(1);
  assert.deepEqual(hook.got.map(({ body }) => [body["subject"], body["data"]]), [["주문 완료", { order: 7 }]]);
  assert.match((await jobs.run("p:bad")).error?.message ?? "", /a notice has a subject/);
});

test("notices: what a rule calls secret stands in none, whichever language it is written in", async () => {
  await using hook = await receiver();
  await using jobs = await startEngine(
    {
      "s.ts": `import { defineRule } from "dure/rule"; export const tell = defineRule({ secrets: ["card.number", "pin"], run: ({ card, pin }, { notify }) => { notify("hook", { subject: "paid with " + card.number, text: "pin " + pin + "\\n" + JSON.stringify(card), data: { card, list: [pin, "x" + card.number], [card.number]: 1, fine: 7 } }); } });`,
      "q.py": "from dure import rule, context\n\n@rule(secrets=['card.number', 'pin'])\ndef tell(arg):\n    card, pin = arg['card'], arg['pin']\n    context.notify('hook', 'paid with ' + card['number'], text='pin %s\\n%s' % (pin, card), data={'card': card, 'list': [pin, 'x' + card['number']], card['number']: 1, 'fine': 7})\n",
    },
    { timeoutMs: null, notifiers: [webhook(hook.url)] },
  );
  for (const name of ["s:tell", "q:tell"]) {
    const record = await jobs.run(name, { card: { number: "4111-2222-3333" }, pin: 90210 });
    assert.equal(record.state, "succeeded", JSON.stringify(record.error));
  }
  await hook.until(2);
  for (const { body } of hook.got) {
    assert.doesNotMatch(JSON.stringify(body), /4111-2222|90210/);
    assert.match(String(body["subject"]), /^paid with ••••••$/);
    assert.equal((body["data"] as { fine: number }).fine, 7);
  }
});

test("notices: they wait for no rule that takes for ever, and need no worker", async () => {
  await using hook = await receiver();
  await using jobs = await engine([webhook(hook.url)], { workers: 1, slots: 1 });
  const slow = await jobs.submit("a:slow");
  await until(async () => (await jobs.engine.show(slow)).state === "running", "it runs");
  await jobs.submit("a:slow");
  await jobs.engine.notify([{ id: "one", notifier: "hook", from: "test", notice: { subject: "s", text: "t", atMs: 1, host: "h", data: null } }]);
  assert.equal((await jobs.engine.wait("one", WAIT_MS)).state, "succeeded");
  await jobs.engine.notify([{ id: "one", notifier: "hook", from: "test", notice: { subject: "s", text: "t", atMs: 1, host: "h", data: null } }]);
  await jobs.engine.notify([{ id: "two", notifier: "hook", from: "test", notice: { subject: "s", text: "t", atMs: 1, host: "h", data: null } }]);
  await jobs.engine.wait("two", WAIT_MS);
  assert.deepEqual(hook.got.map(({ headers }) => headers["webhook-id"]), ["one", "two"], "the same one again is none");
});

test("notices: one for a notifier that the config does not have is a dead letter; one that is none fails its rule; none is submitted as a job", async () => {
  await using jobs = await engine([]);
  const { id } = await jobs.run("a:tellNobody");
  assert.equal((await jobs.engine.show(`${id}.1`)).state, "queued", "nothing takes it while nobody is to be told");
  await jobs.engine.apply({ ...jobs.plan, notifiers: [webhook("http://127.0.0.1:9/")] });
  const record = await jobs.engine.wait(`${id}.1`, WAIT_MS);
  assert.deepEqual([record.state, record.error?.kind], ["failed", "NO_NOTIFIER"]);
  const bad = await jobs.run("a:badNotice");
  assert.match(bad.error?.message ?? "", /a notice has a subject/);
  await assert.rejects(jobs.submit("@notifiers:hook"), (error) => error instanceof CommandFailure && error.code === "NOT_FOUND");
});

test("notices: a notifier is tried at once, and says what came of it", async () => {
  await using hook = await receiver();
  hook.answer(401);
  await using jobs = await engine([webhook(hook.url)]);
  const refused = await jobs.engine.tryNotifier("hook", "test");
  assert.deepEqual([refused.isDelivered, /answered 401/.test(refused.said)], [false, true]);
  assert.deepEqual([(await jobs.engine.tryNotifier("hook", "test")).said], ["200"]);
  await assert.rejects(jobs.engine.tryNotifier("hok", "test"), (error) => error instanceof CommandFailure && error.hint === "Did you mean hook?");
});

async function receiver() {
  const server = await startHttpReceiver();
  const taken = () => server.received.filter((_, index) => (statuses[index] ?? 200) === 200).map(({ headers, body }) => ({ headers, body: JSON.parse(body) as Record<string, unknown> }));
  const statuses: number[] = [];
  return {
    url: `${server.url}/hooks/secret-path`,
    /** What was answered with 200. */
    get got() {
      return taken();
    },
    /** The first requests are answered so. */
    answer(...given: number[]): void {
      statuses.push(...given);
      server.replies.push(...given.map((status) => ({ status })));
    },
    async until(count: number): Promise<void> {
      await until(() => count <= taken().length, `${count} notices came`);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function webhook(url: string, given: Partial<NotifierPlan> = {}): NotifierPlan {
  return { name: "hook", target: { type: "webhook", url, headers: {}, tls: { isVerified: true } }, on: [], timeoutMs: 10_000, attempts: 5, backoff: { firstMs: 1, mostMs: 10 }, concurrency: 1, rate: null, place: { file: "dure.yml", line: 1, column: 1 }, ...given };
}

async function engine(notifiers: readonly NotifierPlan[], given: Partial<JobsPlan> = {}, python?: string) {
  const jobs = await startEngine({ "a.ts": RULES, ...(python === undefined ? {} : { "p.py": python }) }, { timeoutMs: null, killAfterMs: 100, notifiers, ...given });
  return { ...jobs, submit: async (rule: string): Promise<string> => (await jobs.submit([{ rule }]))[0] ?? "" };
}
