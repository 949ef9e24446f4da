import assert from "node:assert/strict";
import { test } from "node:test";
import { noPrometheus, promtoolSays, startPrometheus } from "#test/servers/prometheus.ts";
import { until } from "#test/cli/run-dure.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { ask, testRoom } from "./testing.ts";

const METRICS: readonly MetricSnapshot[] = [{ name: "things_total", type: "counter", help: "가.", series: [{ labels: { pipeline: "웹" }, value: 3 }] }];

test("condition: health is open to all, and says nothing but that it answers", async () => {
  await using room = await testRoom();
  const [get, head] = [await ask(room, "/health", { role: null }), await ask(room, "/health", { role: null, method: "HEAD" })];
  assert.deepEqual([get.status, await get.json(), head.status, await head.text()], [200, { status: "ok" }, 200, ""]);
});

test("condition: ready names each part, and is 503 while one is not; why is for those who may know", async () => {
  let reason: string | undefined = "웹: failed";
  const ready = async () => [{ name: "pipelines", isReady: reason === undefined, ...(reason === undefined ? {} : { reason }) }, { name: "store", isReady: true }];
  await using shut = await testRoom({ ready, plan: { areMetricsOpen: false } });
  await using open = await testRoom({ ready });
  const stranger = await ask(shut, "/ready", { role: null });
  assert.deepEqual([stranger.status, await stranger.json()], [503, { isReady: false, parts: [{ name: "pipelines", isReady: false }, { name: "store", isReady: true }] }]);
  for (const answer of [await ask(shut, "/ready", { role: "viewer" }), await ask(open, "/ready", { role: null })])
    assert.deepEqual([answer.status, await answer.json()], [503, { isReady: false, parts: [{ name: "pipelines", isReady: false, reason: "웹: failed" }, { name: "store", isReady: true }] }]);
  reason = undefined;
  assert.deepEqual([(await ask(shut, "/ready", { role: null })).status, (await ask(shut, "/ready", { role: null, method: "HEAD" })).status], [200, 200]);
});

test("condition: metrics are shown to all, or to whoever may ask for them", async () => {
  await using open = await testRoom({ metrics: async () => METRICS });
  await using shut = await testRoom({ metrics: async () => METRICS, plan: { areMetricsOpen: false } });
  const plain = await ask(open, "/metrics", { role: null });
  assert.deepEqual([plain.status, plain.headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  const openMetrics = await ask(open, "/metrics", { role: null, headers: { accept: "application/openmetrics-text; version=1.0.0" } });
  assert.deepEqual([openMetrics.headers.get("content-type"), (await openMetrics.text()).endsWith("# EOF\n")], ["application/openmetrics-text; version=1.0.0; charset=utf-8", true]);
  assert.equal((await ask(shut, "/metrics", { role: null })).status, 401);
});

test("condition: while it cannot be told who asks, each part is named all the same, and metrics are unavailable", async () => {
  const asking = (): Promise<void> => Promise.reject(new CommandFailure("UNAVAILABLE", { message: "the store is not there" }));
  await using room = await testRoom({ asking, plan: { areMetricsOpen: false }, ready: async () => [{ name: "store", isReady: false, reason: "canary" }] });
  const [ready, metrics] = [await ask(room, "/ready"), await ask(room, "/metrics")];
  assert.deepEqual([ready.status, await ready.json()], [503, { isReady: false, parts: [{ name: "store", isReady: false }] }]);
  assert.deepEqual([metrics.status, ((await metrics.json()) as { error: { code: string } }).error.code], [503, "UNAVAILABLE"]);
});

test("condition: a part that fails to answer is a failure that is said, not a stack", async () => {
  await using room = await testRoom({ metrics: () => Promise.reject(new Error("s3cret")), ready: () => Promise.reject(new Error("s3cret")) });
  for (const path of ["/metrics", "/ready"]) {
    const answer = await ask(room, path, { role: null });
    const text = await answer.text();
    assert.equal(answer.status, 500);
    assert.match(text, /"code":"FAILED"/);
    assert.doesNotMatch(text, /s3cret|\.ts/);
  }
});

test("condition: a real Prometheus reads the metrics", { skip: noPrometheus }, async () => {
  await using room = await testRoom({ metrics: async () => METRICS });
  assert.equal(promtoolSays(await (await ask(room, "/metrics", { role: null })).text()), "");
  await using prometheus = await startPrometheus(`127.0.0.1:${room.door.port}`);
  await until(async () => (await prometheus.query("things_total")).length === 1, "it has scraped");
  assert.deepEqual([await prometheus.query("things_total"), await prometheus.scrapeErrors()], [[{ labels: { pipeline: "웹" }, value: "3" }], [""]]);
});
