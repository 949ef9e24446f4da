// Many notices at once, for a receiver that is away and comes back, while the config changes under them: each arrives, none twice, and jobs of users wait for none.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import { startEngine, until } from "../testing.ts";

const COUNT = Number(process.env["DURE_NOTICES"] ?? 1000);

test(`notices: ${COUNT} at once, the receiver away, then back, the config read anew meanwhile: all arrive, none twice, and jobs go on beside them`, { timeout: 240_000 }, async (context) => {
  const came: string[] = [];
  let isAway = true;
  let tried = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      tried += 1;
      if (isAway) return void response.writeHead(503).end();
      came.push(String(request.headers["webhook-id"]));
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const hook = (given: Partial<NotifierPlan> = {}): NotifierPlan => ({ name: "hook", target: { type: "webhook", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers: {}, tls: { isVerified: true } }, on: [], timeoutMs: 10_000, attempts: 1000, backoff: { firstMs: 20, mostMs: 100 }, concurrency: 4, rate: null, place: { file: "dure.yml", line: 1, column: 1 }, ...given });
  await using jobs = await startEngine({ "a.mjs": "export const one = () => 1;" }, { notifiers: [hook()], limits: { workersMax: 10, slotsMax: 100, queuedMax: 100_000, dataBytesMax: 1 << 20, resultBytesMax: 1 << 20 } });
  const ids = Array.from({ length: COUNT }, (_, at) => `n${String(at).padStart(6, "0")}`);
  for (let at = 0; at < COUNT; at += 200) await jobs.engine.notify(ids.slice(at, at + 200).map((id) => ({ id, notifier: "hook", from: "test", notice: { subject: id, text: "", atMs: 1, host: "h", data: null } })));
  await until(() => 20 < tried, "it is tried");
  assert.equal((await jobs.run("a:one")).state, "succeeded", "a job goes on while they wait");
  // Another place of it, other headers: what is under way ends or is sent again. Gone for a moment: they wait for nobody, and are dead letters that can be replayed.
  await jobs.engine.apply({ ...jobs.plan, notifiers: [hook({ concurrency: 8, timeoutMs: 9000 })] });
  isAway = false;
  await until(() => COUNT / 10 < came.length, "some came");
  await jobs.engine.apply({ ...jobs.plan, notifiers: [hook({ concurrency: 2 })] });
  assert.equal((await jobs.run("a:one")).state, "succeeded");
  await until(async () => (await jobs.engine.notifiers())[0]?.delivered === COUNT, "all are delivered");
  const twice = came.length - new Set(came).size;
  assert.deepEqual([...new Set(came)].toSorted(), ids);
  assert.equal(twice, 0, `${twice} came twice`);
  context.diagnostic(`${tried} attempts; ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);
});

test("notices: a notifier that goes while its notices wait leaves dead letters, and none is lost when it comes back", { timeout: 120_000 }, async (context) => {
  const came = new Set<string>();
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      came.add(String(request.headers["webhook-id"]));
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const plan = (name: string, port: number): NotifierPlan => ({ name, target: { type: "webhook", url: `http://127.0.0.1:${port}/`, headers: {}, tls: { isVerified: true } }, on: [], timeoutMs: 10_000, attempts: 1000, backoff: { firstMs: 20, mostMs: 50 }, concurrency: 2, rate: null, place: { file: "dure.yml", line: 1, column: 1 } });
  const { port } = server.address() as AddressInfo;
  await using jobs = await startEngine({ "a.mjs": "export const one = () => 1;" }, { notifiers: [plan("hook", 9), plan("other", port)] });
  const ids = Array.from({ length: 50 }, (_, at) => `n${at}`);
  await jobs.engine.notify(ids.map((id) => ({ id, notifier: "hook", from: "test", notice: { subject: id, text: "", atMs: 1, host: "h", data: null } })));
  await jobs.engine.apply({ ...jobs.plan, notifiers: [plan("other", port)] });
  for (const id of ids) assert.equal((await jobs.engine.wait(id, 60_000)).error?.kind, "NO_NOTIFIER");
  await jobs.engine.apply({ ...jobs.plan, notifiers: [plan("hook", port), plan("other", port)] });
  const replayed = await jobs.engine.replay({ ids }, "test");
  for (const { as } of replayed) assert.equal((await jobs.engine.wait(as, 60_000)).state, "succeeded");
  assert.equal(came.size, ids.length);
});
