import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { jsonSchema, writeSchema } from "./editor-schema.ts";
import { fixtureRegistry } from "./testing.ts";

const GOOD: readonly unknown[] = [
  { pipelines: { 웹: ["in.FakeData", { "out.File": { path: "a", rotate_size: "10MB" } }] } },
  {
    agent: { log: { level: "debug" } },
    vars: { a: 1 },
    "x-anchors": [1],
    pipelines: { p: { steps: [{ "in.FileTail": "a.log" }, { "out.Stdout": null }], retry: { first: "1s" } } },
  },
  {
    pipelines: {
      p: [
        { "in.FakeData": { count: "${env:COUNT}" } },
        { failover: { outputs: ["out.Stdout"], last: { "out.File": { path: "x" } }, start_by: "ip" } },
        { sleep: "1s" },
      ],
    },
  },
  [{ task: [{ "in.MySQLTail": null, ip: "x" }] }],
  { jobs: "./rules", schedules: [{ cron: "* * * * *", job: "a:b", data: { a: [1] } }] },
  {
    processes: { etl: "python3 etl.py", load: ["python3", "load.py", 1], db: { command: "x", restart: "never", limits: { memory: "512MB" }, depends_on: { etl: "started" }, health: { tcp: 5432 } } },
    flows: [{ type: "share", from: "etl", to: ["load"], ack: "line" }],
    groups: { night: ["etl"], one: "load" },
    schedules: [{ cron: "0 2 * * *", process: "etl", action: "restart" }],
    jobs: { rules: "./rules", queue: ["amqp://a"], timeout: "none", rate: "100/s", operator: { websocket: 8081 } },
    console: 9999,
    process_settings: { kill_wait: "20s", old_api: { on: true } },
  },
];
const BAD: readonly unknown[] = [
  { piplines: {} },
  { pipelines: { p: [{ "in.FakeDat": {} }] } },
  { pipelines: { p: [{ "in.FakeData": { typ: "web" } }] } },
  { pipelines: { p: [{ "in.FakeData": { type: "wob" } }] } },
  { pipelines: { p: [{ "out.File": {} }] } },
  { pipelines: { p: ["out.File"] } },
  { pipelines: { p: { retry: { first: "1s" } } } },
  { pipelines: { p: [{ "out.File": { path: "a", rotate_size: "huge" } }] } },
  { pipelines: { p: [{ failover: { last: "out.Stdout" } }] } },
  [{ tusk: [] }],
  { processes: { a: { comand: "x" } } },
  { processes: { a: { command: "x", restart: "sometimes" } } },
  { flows: [{ from: "a" }] },
  { schedules: [{ cron: "* * * * *", process: "a", action: "run" }] },
  { jobs: { worker: 3 } },
  { jobs: { queue: { knd: "quorum" } } },
  { jobs: ["./rules"] },
];

test("editor schema: accepts what runs and refuses what does not", async () => {
  const schema = z.fromJSONSchema(await jsonSchema(fixtureRegistry()));
  for (const config of GOOD) assert.ok(schema.safeParse(config).success, JSON.stringify(config));
  for (const config of BAD) assert.ok(!schema.safeParse(config).success, JSON.stringify(config));
});

test("editor schema: is written beside the config, draft 7, with texts in both languages", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-schema-"));
  try {
    const file = await writeSchema(await jsonSchema(fixtureRegistry(), "ko"), dir);
    assert.equal(file, join(dir, ".dure", "schema.json"));
    const schema = JSON.parse(await readFile(file, "utf8")) as {
      $schema: string;
      definitions: Record<string, { properties: Record<string, Record<string, unknown>> }>;
    };
    assert.equal(schema.$schema, "http://json-schema.org/draft-07/schema#");
    assert.equal(schema.definitions["in.FileTail"]?.properties["path"]?.["description"], "따라 읽을 파일.");
    const english = (await jsonSchema(fixtureRegistry())) as unknown as typeof schema;
    assert.deepEqual(
      [english.definitions["in.FileTail"]?.properties["path"]?.["description"], english.definitions["in.FileTail"]?.properties["path"]?.["x-ko"]],
      ["Files to follow.", "따라 읽을 파일."],
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});
