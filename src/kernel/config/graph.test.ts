// The graph of a pipeline: every step, every way, and nothing that was to stay secret.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defineInput, defineOutput, defineThrough, z } from "#sdk/plugin.ts";
import { createRegistry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import { pipelineGraph } from "./graph.ts";
import type { PipelineGraph } from "./graph.ts";

const summary = { en: "For tests.", ko: "시험용." };
const open = async (): Promise<never> => assert.fail("nothing is opened here");
const texts = z.union([z.string(), z.array(z.string())]).transform((value) => (typeof value === "string" ? [value] : value));
const registry = createRegistry({
  "in.Lines": { load: async () => defineInput({ name: "Lines", summary, open, shorthand: "paths", options: z.strictObject({ paths: texts, port: z.int().default(1) }) }) },
  "out.Far": {
    load: async () =>
      defineOutput({
        name: "Far",
        summary,
        open,
        options: z.strictObject({
          url: z.string(),
          password: z.string().optional().meta({ secret: true }),
          headers: z.record(z.string(), z.string()).default({}).meta({ secret: true }),
          sign: z.array(z.strictObject({ key: z.string().meta({ secret: true }), name: z.string() })).optional(),
        }),
      }),
  },
  "out.Exec": { load: async () => defineThrough({ name: "Exec", summary, open, shorthand: "cmd", options: z.strictObject({ cmd: z.string() }) }) },
});

async function graphOf(steps: string, env: Record<string, string> = {}, dir = tmpdir()): Promise<PipelineGraph> {
  const { plan, problems } = await checkConfig({ file: join(dir, "none.yml"), text: `pipelines:\n  one:\n${steps}`, registry, env });
  assert.deepEqual(problems, []);
  assert.ok(plan?.pipelines[0]);
  return pipelineGraph(plan.pipelines[0]);
}

test("a graph: what passes on leads to the next step, an output takes a copy, standby ways are told apart", async () => {
  const { nodes, links } = await graphOf(`
    - in.Lines: a.log
    - out.Exec: { cmd: sort -u }
    - route:
        - when: "r.code >= 500"
          steps: [out.Far: { url: "http://two/" }, out.Far: { url: "http://three/" }]
    - out.Far: { url: "http://one/" }
    - failover: { outputs: [out.Far: { url: "http://four/" }, out.Far: { url: "http://five/" }], start_by: ordered }
`);
  assert.deepEqual(nodes.map(({ id, kind, about }) => [id, kind, about]), [
    ["1", "in", "a.log"],
    ["2", "out", "sort"],
    ["3", "route", ""],
    ["3.1.1", "out", "http://two"],
    ["3.1.2", "out", "http://three"],
    ["4", "out", "http://one"],
    ["5", "failover", "ordered"],
    ["5.1", "out", "http://four"],
    ["5.2", "out", "http://five"],
  ]);
  assert.deepEqual(links.map(({ from, to, label, isStandby }) => `${from}>${to} ${label.en}${isStandby ? " standby" : ""}`), ["1>2 ", "2>3 ", "3>3.1.1 r.code >= 500", "3>3.1.2 r.code >= 500", "3>4 the rest", "3>5 the rest", "5>5.1 1", "5>5.2 2 standby"]);
  assert.equal(nodes[2]?.place.line, 6);
});

test("a graph shows neither secrets nor what was kept out of the file", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-graph-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "key"), "canary-file\n");
  const { nodes } = await graphOf(
    `
    - in.Lines: { paths: "\${env:LOGS}", port: "\${env:PORT}" }
    - out.Far:
        url: http://hong:canary-url@far/\${env:PART}
        password: canary-plain
        headers: { X-Key: canary-header }
        sign: [{ key: "\${file:key}", name: canary-less }]
`,
    { LOGS: "/canary-env/a.log", PORT: "8080", PART: "canary-part" },
    dir,
  );
  assert.doesNotMatch(JSON.stringify(nodes), /canary-(?!less)/);
  assert.deepEqual(nodes.map(({ options }) => options), [
    { paths: "${env:LOGS}", port: "${env:PORT}" },
    { url: "http://[hidden]@far/${env:PART}", password: "[hidden]", headers: "[hidden]", sign: [{ key: "[hidden]", name: "canary-less" }] },
  ]);
});
