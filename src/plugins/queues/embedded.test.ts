import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { queueConformance } from "#sdk/conformance/queue.ts";
import type { JobStore } from "#sdk/job-store.ts";
import type { Delivery } from "#sdk/queue.ts";
import { openEmbeddedQueue } from "./embedded.ts";
import type { EmbeddedOptions } from "./embedded.ts";

queueConformance({
  name: "embedded",
  knowsTwins: true,
  canPick: true,
  async fresh() {
    const home = folder();
    const opened = [await openEmbeddedQueue({ file: home.file })];
    return {
      queue: opened[0] as JobStore,
      async again() {
        for (const queue of opened.splice(0)) await queue.close();
        const queue = await openEmbeddedQueue({ file: home.file });
        opened.push(queue);
        return queue;
      },
      async [Symbol.asyncDispose]() {
        for (const queue of opened) await queue.close();
        home[Symbol.dispose]();
      },
    };
  },
});

test("embedded: what a killed agent had leased is queued again, with one loss", async () => {
  using home = folder();
  const first = await openEmbeddedQueue({ file: home.file });
  await first.publish([{ rule: "a:b", data: "1", from: "test" }]);
  await new Promise<Delivery>((take) => first.consume({ slots: 1, name: "one", take, lost: () => {} }));
  await first.close(); // Nothing of the lease is given back, as after kill -9.
  await using second = await store({ file: home.file });
  const { job } = await new Promise<Delivery>((take) => second.consume({ slots: 1, name: "two", take, lost: () => {} }));
  assert.deepEqual({ attempt: job.attempt, losses: job.losses }, { attempt: 2, losses: 1 });
});

test("embedded: an outcome that the file does not take is a failure that says so; those beside it, and all after it, are recorded", async () => {
  using home = folder();
  await (await openEmbeddedQueue({ file: home.file })).close();
  const database = new DatabaseSync(home.file);
  database.exec(`CREATE TRIGGER refuses BEFORE UPDATE ON dure_jobs WHEN NEW.result = '"wrong"' BEGIN SELECT RAISE(ABORT, 'no such result'); END`);
  database.exec(`CREATE TRIGGER refuses_record BEFORE INSERT ON dure_jobs WHEN NEW.data = '"wrong"' BEGIN SELECT RAISE(ABORT, 'no such job'); END`);
  database.close();
  await using queue = await store({ file: home.file });
  const states: string[] = [];
  queue.onState(({ is }) => void states.push(is));
  queue.consume({ slots: 3, name: "me", take: (delivery) => void delivery.settle({ type: "succeeded", result: delivery.job.data === "2" ? '"wrong"' : "1" }), lost: () => {} });
  const jobs = await queue.publish([1, 2, 3, 4, 5, 6, 7].map((n) => ({ rule: "a:b", data: String(n), from: "test" })));
  const records = await Promise.all(jobs.map(({ id }) => queue.whenEnded(id, 60_000)));
  assert.deepEqual(records.map((record) => record?.state), ["succeeded", "failed", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded"]);
  assert.deepEqual([records[1]?.error?.kind, records[1]?.error?.message], ["NOT_RECORDED", "what came of it cannot be recorded: no such result"]);
  await assert.rejects(queue.publish([{ rule: "a:b", data: '"wrong"', from: "test" }]), /no such job/);
  // Of a broker's jobs: the one at fault costs the others' records nothing.
  const foreign = ["1", '"wrong"', "3"].map((data, index) => ({ id: `f${index}`, rule: "a:b", data, from: "test", priority: 4, createdMs: 1, attempt: 1, losses: 0 }));
  const told = foreign.map(({ id }) => new Promise((tell) => void queue.onceEnded([id], (_id, outcome) => tell(outcome))));
  for (const job of foreign) queue.recordEnd(job, { type: "succeeded", result: job.data });
  await Promise.all(told);
  assert.deepEqual(await Promise.all(foreign.map(async ({ id }) => (await queue.show(id))?.state)), ["succeeded", undefined, "succeeded"]);
  assert.deepEqual(states, [], "nothing is wrong with the file");
});

test("embedded: what became of a broker's job is in its record after kill -9, and so is how often it was lost", { timeout: 60_000 }, async () => {
  using home = folder();
  const child = spawn(process.execPath, ["--input-type=module", "--eval", `
    import { openEmbeddedQueue } from ${JSON.stringify(import.meta.resolve("./embedded.ts"))};
    const queue = await openEmbeddedQueue({ file: process.argv[1] });
    const job = (id, losses) => ({ id, rule: "a:b", data: "1", from: "test", priority: 4, createdMs: 1, attempt: 1, losses });
    for (let number = 0; number < 100; number += 1) queue.recordEnd(job("ended" + number, 0), { type: "succeeded", result: String(number) });
    queue.recordBegun(job("begun", 1), "me");
    await Promise.resolve();
    process.kill(process.pid, "SIGKILL");
  `, home.file], { stdio: ["ignore", "inherit", "inherit"] });
  await new Promise((resolve) => child.once("exit", resolve));
  await using queue = await store({ file: home.file });
  const records = await Promise.all(Array.from({ length: 100 }, (_, number) => queue.show(`ended${number}`)));
  assert.deepEqual(records.map((record) => [record?.state, record?.result]), records.map((_, number) => ["succeeded", String(number)]));
  assert.deepEqual([(await queue.show("begun"))?.state, queue.lossesOf("begun"), queue.lossesOf("ended1")], ["sent", 2, 0]);
  // Over and over, while what was before is being written: nothing is kept twice, and nothing stays behind.
  for (let round = 0; round < 20; round += 1) {
    queue.recordEnd({ id: `more${round}`, rule: "a:b", data: "1", from: "test", priority: 4, createdMs: 1, attempt: 1, losses: 0 }, { type: "succeeded", result: "1" });
    await queue.list({ limit: 1 });
  }
  await queue.close();
  assert.deepEqual([0, 1].map((turn) => existsSync(`${home.file}-records.${turn}`)), [false, false]);
  await using again = await store({ file: home.file });
  assert.equal((await again.list({ states: ["succeeded"], limit: 1000 })).jobs.length, 120);
});

test("embedded: a queue that was full once is not said to be blocked", async () => {
  using home = folder();
  await using queue = await store({ file: home.file, queuedMax: 1 });
  const job = { rule: "a:b", data: "1", from: "test" };
  await queue.publish([job]);
  await assert.rejects(queue.publish([job]), /is full/);
  assert.equal(queue.state.is, "open");
});

test("embedded: a lease that nobody extends is taken back, and its holder told; what he settles then counts for nothing", async () => {
  using home = folder();
  await using queue = await store({ file: home.file, leaseMs: 200 });
  await queue.publish([{ rule: "a:b", data: "1", from: "test" }]);
  const taken: Delivery[] = [];
  const lost = Promise.withResolvers<Delivery>();
  const second = Promise.withResolvers<Delivery>();
  queue.consume({ slots: 2, name: "me", take: (delivery) => void (taken.push(delivery) === 2 && second.resolve(delivery)), lost: lost.resolve });
  const gone = await lost.promise;
  assert.equal(gone, taken[0]);
  const again = await second.promise;
  assert.equal(again.job.losses, 1);
  assert.equal(await gone.settle({ type: "succeeded", result: "1" }), false);
  again.extend(60_000);
  assert.equal(await again.settle({ type: "succeeded", result: "2" }), true);
  assert.equal((await queue.show(again.job.id))?.result, "2");
});

for (const [what, jumpMs] of [["an hour back", -3_600_000], ["an hour forward", 3_600_000], ["a day back", -86_400_000], ["a day forward", 86_400_000]] as const) {
  test(`embedded: when the clock is set ${what}, leases last, retries come when they were to come, and a job for a moment waits for that moment`, { timeout: 60_000 }, async (context) => {
    using home = folder();
    await using queue = await store({ file: home.file, leaseMs: 2000 });
    const real = Date.now;
    let byMs = 0;
    context.mock.method(Date, "now", () => real() + byMs);
    const takenOf = new Map<string, Delivery[]>();
    const lost: Delivery[] = [];
    const extended = setInterval(() => [...takenOf.values()].flat().forEach((delivery) => delivery.extend(2000)), 100);
    context.after(() => clearInterval(extended));
    queue.consume({ slots: 10, name: "me", lost: (delivery) => void lost.push(delivery), take(delivery) {
      const name = JSON.parse(delivery.job.data) as string;
      takenOf.set(name, [...(takenOf.get(name) ?? []), delivery]);
      if (name === "retry" && delivery.job.attempt === 1) void delivery.settle({ type: "retry", afterMs: 1500, error: { kind: "Error", message: "again" } });
    } });
    const publish = (name: string, more: object = {}) => queue.publish([{ rule: "a:b", data: JSON.stringify(name), from: "test", ...more }]);
    const isTaken = async (name: string, count = 1): Promise<void> => {
      while ((takenOf.get(name)?.length ?? 0) < count) await new Promise((go) => setTimeout(go, 10)); // Bounded by the test's own time.
    };
    await publish("held");
    await publish("retry");
    await publish("later", { runAtMs: real() + 86_400_000 * 3 });
    await publish("at", { runAtMs: real() + 1_800_000 });
    await isTaken("held");
    await isTaken("retry");
    byMs = jumpMs;
    await isTaken("retry", 2);
    if (0 < jumpMs) await isTaken("at");
    await publish("new");
    await isTaken("new");
    await new Promise((go) => setTimeout(go, 3000)); // Longer than a lease.
    assert.deepEqual([lost.length, takenOf.get("held")?.length, takenOf.has("later"), takenOf.has("at")], [0, 1, false, 0 < jumpMs]);
    assert.equal(await takenOf.get("held")?.[0]?.settle({ type: "succeeded", result: "1" }), true);
    byMs = 0;
    await publish("back again");
    await isTaken("back again");
  });
}

test("embedded: a full queue refuses, and takes again when there is room", async () => {
  using home = folder();
  await using queue = await store({ file: home.file, queuedMax: 2 });
  const jobs = (count: number) => Array.from({ length: count }, (_, n) => ({ rule: "a:b", data: String(n), from: "test" }));
  await queue.publish(jobs(2));
  await assert.rejects(queue.publish(jobs(1)), /full: 2 jobs wait/);
  const { jobs: waiting } = await queue.list({ limit: 10 });
  await queue.cancel([waiting[0]?.id ?? ""], "test");
  await queue.publish(jobs(1));
});

test("embedded: lists by state, rule, label, time and words, in pages, and knows its history", async () => {
  using home = folder();
  await using queue = await store({ file: home.file });
  const published = await queue.publish([
    { rule: "a:one", data: '{"이름":"홍길동"}', from: "test", labels: { company: "1" } },
    { rule: "a:two", data: '{"name":"kim"}', from: "test", labels: { company: "둘째" } },
    { rule: "a:one", data: '{"name":"Lee"}', from: "test", runAtMs: Date.now() + 1e6 },
  ]);
  const [one, two, three] = published.map(({ id }) => id);
  const ids = async (query: Parameters<JobStore["list"]>[0]): Promise<readonly string[]> => (await queue.list(query)).jobs.map(({ id }) => id);
  assert.deepEqual(await ids({ limit: 10 }), [three, two, one]);
  assert.deepEqual(await ids({ limit: 10, order: "oldest", rule: "a:one" }), [one, three]);
  assert.deepEqual(await ids({ limit: 10, states: ["delayed"] }), [three]);
  assert.deepEqual(await ids({ limit: 10, states: ["queued"] }), [two, one]);
  assert.deepEqual(await ids({ limit: 10, text: "길동" }), [one]);
  assert.deepEqual(await ids({ limit: 10, text: "LEE" }), [three]);
  assert.deepEqual(await ids({ limit: 10, text: "company 둘째" }), [two]);
  assert.deepEqual(await ids({ limit: 10, text: "nobody" }), []);
  assert.deepEqual(await ids({ limit: 10, labels: { company: "1" } }), [one]);
  assert.deepEqual(await ids({ limit: 10, rule: "no:such" }), []);
  const first = await queue.list({ limit: 2 });
  assert.deepEqual(await ids({ limit: 2, after: first.next ?? "" }), [one]);
  queue.consume({ slots: 1, name: "me", take: (delivery) => void delivery.settle(delivery.job.attempt === 1 ? { type: "retry", afterMs: 0, error: { kind: "Error", message: "처음은 실패" } } : { type: "succeeded", result: '{"답":"결과물"}' }), lost: () => {} });
  const record = await queue.whenEnded(one ?? "", 60_000);
  assert.deepEqual(record?.marks.map(({ kind }) => kind), ["queued", "started", "failed", "started", "succeeded"]);
  assert.equal(record?.attempt, 2);
  await queue.whenEnded(two ?? "", 60_000);
  assert.deepEqual((await queue.counts()).toSorted((a, b) => (a.rule + a.state < b.rule + b.state ? -1 : 1)), [{ rule: "a:one", state: "delayed", count: 1 }, { rule: "a:one", state: "succeeded", count: 1 }, { rule: "a:two", state: "succeeded", count: 1 }]);
});

test("embedded: a search that ends early says where to go on, and finds the same with the index as without it", { timeout: 100_000 }, async () => {
  using home = folder();
  await using queue = await store({ file: home.file, lookedAtMax: 1000 });
  const words = ["홍길동전화", "결제 실패", "Refund 42", "배송지 변경", "timeout"];
  const last = ":15999}"; // An id may have the digits.
  const all = await queue.publish(Array.from({ length: 16_000 }, (_, number) => ({ rule: "a:b", data: JSON.stringify({ text: words[number % words.length], number }), from: "test" })));
  const expected = (isIt: (number: number) => boolean): readonly string[] => all.flatMap(({ id }, number) => (isIt(number) ? [id] : []));
  const found = async (text: string, order: "newest" | "oldest"): Promise<{ readonly ids: readonly string[]; readonly pages: number }> => {
    const ids: string[] = [];
    let [after, pages]: [string | undefined, number] = [undefined, 0];
    do {
      const page: Awaited<ReturnType<JobStore["list"]>> = await queue.list({ text, order, limit: 1000, ...(after === undefined ? {} : { after }) });
      ids.push(...page.jobs.map(({ id }) => id));
      after = page.next;
      pages += 1;
      assert.ok(page.isPartial !== true || after !== undefined, "who finds only some is told how to find more");
    } while (after !== undefined);
    return { ids, pages };
  };
  const holds = async (): Promise<void> => {
    for (const [text, isIt] of [["길동", (number: number) => number % 5 === 0], [last, (number) => number === 15_999], ["REFUND 42", (number) => number % 5 === 2], ["실패 결제", (number) => number % 5 === 1]] as [string, (number: number) => boolean][]) {
      assert.deepEqual((await found(text, "oldest")).ids, expected(isIt), text);
      assert.deepEqual((await found(text, "newest")).ids, expected(isIt).toReversed(), text);
    }
  };
  await holds();
  assert.ok(1 < (await found(last, "newest")).pages, "it did end early");
  await indexed(home.file, all.length);
  await holds();
  assert.equal((await found(last, "newest")).pages, 1, "the index knows where it is");
});

test("embedded: what has ended can be replayed, with other data, and forgotten", async () => {
  using home = folder();
  await using queue = await store({ file: home.file });
  const [{ id } = assert.fail()] = await queue.publish([{ rule: "a:one", data: "1", from: "test", key: "k" }]);
  assert.deepEqual(await queue.replay([id], "admin"), []);
  const seen: string[] = [];
  queue.consume({ slots: 1, name: "me", take: (delivery) => void (seen.push(delivery.job.data), delivery.settle({ type: "failed", error: { kind: "E", message: "m" } })), lost: () => {} });
  await queue.whenEnded(id, 60_000);
  assert.equal((await queue.depth())?.failed, 1);
  const [{ as } = assert.fail()] = await queue.replay([id], "admin", { data: "2" });
  const again = await queue.whenEnded(as, 60_000);
  assert.deepEqual([seen, again?.replayOf, (await queue.show(id))?.replayedAs], [["1", "2"], id, as]);
  // Of the two dead letters one is replayed: nobody has to look after it any more. To replay it once more changes nothing in that.
  assert.equal((await queue.depth())?.failed, 1);
  const [{ as: third } = assert.fail()] = await queue.replay([id], "admin");
  await queue.whenEnded(third, 60_000);
  assert.equal((await queue.depth())?.failed, 2);
  assert.deepEqual(await queue.counts(), [{ rule: "a:one", state: "failed", count: 3 }]);
  assert.deepEqual((await queue.forget([id, as, third, "nobody"])).map((gone) => gone.id), [id, as, third]);
  assert.equal((await queue.depth())?.failed, 0);
  assert.equal(await queue.show(id), undefined);
  assert.deepEqual(await queue.counts(), []);
});

test("embedded: jobs whose words are indexed are forgotten by the hundred, and those that end after them are recorded", { timeout: 100_000 }, async () => {
  using home = folder();
  await using queue = await store({ file: home.file, keepMax: 100, sweepMs: 100 });
  const held: Delivery[] = [];
  queue.consume({ slots: 1000, name: "me", take: (delivery) => void (delivery.job.data.includes("late") ? held.push(delivery) : delivery.settle({ type: "succeeded", result: "1" })), lost: () => assert.fail("no lease expires here") });
  const jobs = await queue.publish(Array.from({ length: 600 }, (_, number) => ({ rule: "a:b", data: JSON.stringify(`number ${number}`), from: "test" })));
  await Promise.all(jobs.map(({ id }) => queue.whenEnded(id, 60_000)));
  await indexed(home.file, 600);
  const [late] = await queue.publish([{ rule: "a:b", data: '"late"', from: "test" }]);
  assert.equal((await queue.forget(jobs.slice(-5).map(({ id }) => id))).length, 5);
  assert.equal(await held[0]?.settle({ type: "succeeded", result: '"in time"' }), true);
  assert.deepEqual([(await queue.show(late?.id ?? ""))?.state, (await queue.show(late?.id ?? ""))?.result], ["succeeded", '"in time"']);
  const left = async (): Promise<number> => (await queue.counts()).reduce((sum, { count }) => sum + count, 0);
  for (const end = performance.now() + 60_000; 100 < (await left()); await new Promise((go) => setTimeout(go, 20))) assert.ok(performance.now() < end, `${await left()} are kept`);
  assert.deepEqual((await queue.list({ text: "number 3", limit: 1000 })).jobs.filter(({ id }) => id === jobs[3]?.id), [], "nor are they found");
});

test("embedded: words that came to a job after it was indexed are found", { timeout: 100_000 }, async () => {
  using home = folder();
  await using queue = await store({ file: home.file });
  const [waiting] = await queue.publish([{ rule: "a:b", data: "1", from: "test" }]);
  const foreign = { id: "sent-away", rule: "a:b", data: "1", from: "test", priority: 4, createdMs: 1, attempt: 1, losses: 0 };
  queue.recordSent([foreign]);
  await queue.list({ limit: 1 });
  await indexed(home.file, 2);
  await queue.cancel([waiting?.id ?? ""], "김운영");
  queue.recordAnswer("sent-away", { type: "succeeded", result: '"배송완료"' });
  await queue.forget([]);
  const found = async (text: string): Promise<readonly string[]> => (await queue.list({ text, limit: 10 })).jobs.map(({ id }) => id);
  for (const end = performance.now() + 60_000; (await found("김운영")).length + (await found("배송완료")).length < 2; await new Promise((go) => setTimeout(go, 20))) assert.ok(performance.now() < end, "both are found");
  assert.deepEqual([await found("김운영"), await found("배송완료")], [[waiting?.id], ["sent-away"]]);
});

test("embedded: what came of a broker's job is recorded with the moment it happened, though it is written later", { timeout: 60_000 }, async (context) => {
  using home = folder();
  await using queue = await store({ file: home.file });
  let nowMs = 1_000_000;
  context.mock.method(Date, "now", () => nowMs);
  const job = { id: "one", rule: "a:b", data: "1", from: "test", priority: 4, createdMs: nowMs, attempt: 1, losses: 0 };
  queue.recordBegun(job, "me");
  nowMs += 30;
  queue.recordEnd(job, { type: "succeeded", result: "1" });
  nowMs += 170;
  const record = await queue.whenEnded("one", 60_000);
  assert.deepEqual([record?.startedMs, record?.endedMs, record?.marks.find(({ kind }) => kind === "succeeded")?.atMs], [1_000_000, 1_000_030, 1_000_030]);
});

test("embedded: a clock that was set while a transaction had to be undone makes no retry late", { timeout: 60_000 }, async (context) => {
  using home = folder();
  await (await openEmbeddedQueue({ file: home.file })).close();
  const database = new DatabaseSync(home.file);
  database.exec(`CREATE TRIGGER refuses BEFORE INSERT ON dure_jobs WHEN NEW.data = '"wrong"' BEGIN SELECT RAISE(ABORT, 'no such job'); END`);
  database.close();
  const real = Date.now;
  let byMs = 0;
  context.mock.method(Date, "now", () => real() + byMs);
  await using queue = await store({ file: home.file });
  const held: Delivery[] = [];
  queue.consume({ slots: 2, name: "me", take: (delivery) => void held.push(delivery), lost: () => {} });
  const [first] = await queue.publish(["1", "2"].map((data) => ({ rule: "a:b", data, from: "test" })));
  const again = { type: "retry", afterMs: 50_000, error: { kind: "E", message: "once more" } } as const;
  await held[0]?.settle(again);
  byMs = -3_600_000;
  const [, wrong] = await Promise.allSettled([held[1]?.settle(again), queue.publish([{ rule: "a:b", data: '"wrong"', from: "test" }])]);
  assert.equal(wrong.status, "rejected", "the transaction was undone");
  const { runAtMs = 0 } = (await queue.show(first?.id ?? "")) ?? {};
  assert.ok(runAtMs <= Date.now() + 50_000, `it is due in ${runAtMs - Date.now()} ms`);
});

test("embedded: a dead letter that was replayed counts no more, whatever becomes of it, also in a file of the first version", async () => {
  using home = folder();
  const first = await openEmbeddedQueue({ file: home.file });
  const foreign = (id: string) => ({ id, rule: "a:b", data: "1", from: "test", priority: 4, createdMs: 1, attempt: 1, losses: 0 });
  const failed = { type: "failed", error: { kind: "Error", message: "no" } } as const;
  const dead = async (queue: JobStore): Promise<number | undefined> => {
    await queue.list({ limit: 1 }); // What is known of a broker's jobs is written.
    await queue.forget([]);
    return (await queue.depth())?.failed;
  };
  for (const id of ["one", "two", "three"]) first.recordEnd(foreign(id), failed);
  assert.equal(await dead(first), 3);
  await first.replay(["one", "two"], "test");
  assert.equal(await dead(first), 1);
  first.recordEnd(foreign("one"), { type: "succeeded", result: "1" }); // It came again all the same, and went well.
  assert.equal(await dead(first), 1);
  first.recordEnd(foreign("one"), failed);
  assert.equal(await dead(first), 1);
  await first.close();
  const database = new DatabaseSync(home.file);
  database.exec("DROP TABLE dure_job_claims; DELETE FROM dure_job_tally WHERE state = 7; PRAGMA user_version = 1");
  database.close();
  await using queue = await store({ file: home.file });
  assert.equal(await dead(queue), 1);
  await queue.forget(["one", "two"]);
  assert.equal(await dead(queue), 1);
  await queue.forget(["three"]);
  assert.equal(await dead(queue), 0);
});

test("embedded: a time beyond all dates, whoever asks for it, is one that is read again", async () => {
  using home = folder();
  const first = await openEmbeddedQueue({ file: home.file });
  const held: Delivery[] = [];
  const taken = Promise.withResolvers<void>();
  first.consume({ slots: 5, name: "me", take: (delivery) => void (held.push(delivery), held.length === 5 && taken.resolve()), lost: () => {} });
  await first.publish(Array.from({ length: 5 }, () => ({ rule: "a:b", data: "1", from: "test" })));
  await taken.promise;
  const afters = [1e18, 9.1e15, Infinity, Number.MAX_SAFE_INTEGER, 86_400_000.5];
  await Promise.all(held.map((delivery, index) => delivery.settle({ type: index % 2 === 0 ? "retry" : "released", afterMs: afters[index] ?? 0, error: { kind: "Error", message: "later" } })));
  await first.publish([1e18, Infinity, Date.now() + 86_400_000.5].map((runAtMs) => ({ rule: "a:b", data: "1", from: "test", runAtMs })));
  const is = async (queue: JobStore): Promise<void> => {
    const { jobs } = await queue.list({ limit: 100 });
    assert.deepEqual(jobs.map(({ state, runAtMs = Number.NaN }) => [state, Number.isNaN(new Date(runAtMs).getTime())]), Array.from({ length: 8 }, () => ["delayed", false]));
  };
  await is(first);
  await first.close();
  const database = new DatabaseSync(home.file);
  database.exec("UPDATE dure_jobs SET due_ms = 1000000000000000000 WHERE seq = 1"); // As it was written once.
  database.close();
  await using queue = await store({ file: home.file });
  await is(queue);
});

test("embedded: a file of another program is left alone, and said", async () => {
  using home = folder();
  writeFileSync(home.file, "not a database, and longer than a header of one would be: ".repeat(50));
  await assert.rejects(openEmbeddedQueue({ file: home.file }), /damaged|another program/);
});

/** Until the words of so many jobs are in the index. */
async function indexed(file: string, count: number): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true });
  const to = database.prepare("SELECT value FROM dure_job_facts WHERE name = 'indexed_to'");
  for (const end = performance.now() + 60_000; (to.get() as { value: number }).value < count; await new Promise((go) => setTimeout(go, 20))) assert.ok(performance.now() < end, "the index comes after");
  database.close();
}

async function store(options: EmbeddedOptions): Promise<JobStore & AsyncDisposable> {
  const queue = await openEmbeddedQueue(options);
  return Object.assign(queue, { [Symbol.asyncDispose]: () => queue.close() });
}

function folder(): Disposable & { readonly file: string } {
  const dir = mkdtempSync(join(tmpdir(), "dure-queue-"));
  return { file: join(dir, "jobs.db"), [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}
