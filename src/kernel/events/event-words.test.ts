// Every event that the agent publishes has words in both languages.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventText } from "./event-words.ts";

const SOURCE = join(import.meta.dirname, "..", "..");

test("event words: each event that is published has them, and a name that is none has none", () => {
  const names = new Set<string>();
  for (const file of readdirSync(SOURCE, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    for (const [, call = ""] of readFileSync(join(SOURCE, file), "utf8").matchAll(/publish\(((?:[^()]|\([^()]*\))*)/g)) for (const [, name = ""] of call.matchAll(/"([a-z-]+\.[a-z-]+)"/g)) names.add(name);
  }
  assert.ok(["agent.started", "pipeline.failed", "pipeline.resumed", "config.reload-failed", "output.recovered"].every((name) => names.has(name)), [...names].join(" "));
  assert.deepEqual([...names, "config.applied", "config.reverted", "events.gap"].filter((name) => !/[가-힣]/.test(eventText(name)?.ko ?? "") || eventText(name)?.en === ""), []);
  for (const name of ["constructor", "pipeline.nothing"]) assert.equal(eventText(name), undefined);
});
