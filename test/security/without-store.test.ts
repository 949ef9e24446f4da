// An agent whose store cannot be had: its pipelines run and can be looked at, nobody gets in, and no change is made that nobody could read of.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { runningAgent } from "./running-agent.ts";

const CONFIG = "pipelines:\n  a:\n    - in.FakeData: { type: people, count: 0, rate: 20 }\n    - out.Null\n";

test("without a store: what cannot be written down is not done, and says why", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using agent = await runningAgent({ config: CONFIG, prepare: (here) => void mkdirSync(here.file("data", "dure.db"), { recursive: true }) });
  const stateOf = async (): Promise<string> => ((await agent.local("pipelines.list")) as { pipelines: { state: string }[] }).pipelines[0]?.state ?? "";
  assert.equal(await stateOf(), "running");
  await assert.rejects(agent.local("pipelines.pause", { name: "a" }), { code: "UNAVAILABLE" });
  assert.equal(await stateOf(), "running");
  await assert.rejects(agent.local("pipelines.tap", { pipeline: "a", step: "1" }), { code: "UNAVAILABLE" });
  await assert.rejects(agent.local("users.open-setup"), { code: "UNAVAILABLE", message: /the store is not there/ });
  const login = await agent.post("/api/login", { name: "hong", password: "correct horse" });
  assert.deepEqual([login.status, ((await login.json()) as { error: { code: string } }).error.code], [503, "UNAVAILABLE"]);
  const known = await agent.fetch("/api/pipelines", { headers: { authorization: `Bearer dure_${"A".repeat(43)}` } });
  assert.equal(known.status, 503);
  assert.equal((await agent.fetch("/health")).status, 200);
  assert.equal((await agent.fetch("/ready")).status, 503);
});
