// "Make this a test": what a tap shows becomes a case that `dure test --all` runs green, wherever on the way it was tapped.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { folder } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { ask, untilState } from "./asked.ts";

const CONFIG = `pipelines:
  web:
    - in.FakeData: { type: weblog, count: 0, rate: 300, seed: 3 }
    - parse.Regex: nginx
    - filter.Map: { set: { dice: "Math.random()", password: "'geheim'" } }
    - buffer.Lines: { lines: 5, timeout: 50ms }
    - route:
        - when: "r.status >= 400"
          steps: [filter.Where: "r.status >= 404", out.Null]
        - steps: [out.File: rest.ndjson]
`;

interface Made {
  readonly yaml: string;
  readonly arrived: number;
  readonly hidden: number;
}

async function tapped(here: Folder, step: string, count: number, isDiff: boolean, fits: (record: Record<string, JsonValue>) => boolean = () => true): Promise<Record<string, JsonValue>[]> {
  const records: Record<string, JsonValue>[] = [];
  const enough = new AbortController();
  const onEvent = (event: JsonValue): void => {
    for (const { before, after } of (event as { records: { before?: Record<string, JsonValue>; after?: Record<string, JsonValue> }[] }).records) {
      const record = (isDiff ? before : after) ?? {};
      if (fits(record)) records.push(record);
    }
    if (count <= records.length) enough.abort();
  };
  await ask(here, "pipelines.tap", { pipeline: "web", step, isDiff }, { onEvent, signal: AbortSignal.any([enough.signal, AbortSignal.timeout(60_000)]) }).catch(() => {});
  assert(count <= records.length, `only ${records.length} records passed ${step}`);
  return records.slice(0, count);
}

test("make-test: records from the input, from a step and from a branch become tests that pass", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = here.spawn(["run"]);
  await untilState(here, "web", "running");
  const lines = await tapped(here, "1", 20, false);
  const parsed = await tapped(here, "3", 20, true);
  const errors = await tapped(here, "5.1.1", 3, true, ({ status }) => 404 <= Number(status)); // Of others nothing arrives.

  const make = (records: readonly JsonValue[], more: Record<string, JsonValue> = {}): Promise<Made> => ask<Made>(here, "pipelines.make-test", { name: "web", records: [...records], ...more });
  const made = [await make(lines, { title: "한글 제목: a line" }), await make(parsed, { step: "3", atMs: 1_700_000_000_000 }), await make(errors, { step: "5.1.1" }), await make([{ status: 401 }], { step: "5.1.1" })];
  assert.deepEqual(made.map(({ arrived }) => arrived).slice(0, 2).every((arrived) => 0 < arrived && arrived <= 20), true);
  assert.equal(made[3]?.arrived, 0, "what comes to nothing is a test, too");
  assert.match(made[2]?.yaml ?? "", /from: "?5\.1\.1"?/);
  assert(0 < (made[2]?.hidden ?? 0), "behind step 3 there is a password");
  assert.doesNotMatch(JSON.stringify(made[2]), /geheim/);
  assert.doesNotMatch(made[1]?.yaml ?? "", /dice/, "what is another each time is not expected");
  await assert.rejects(make([{ a: 1 }], { step: "9" }), { code: "CONFLICT", message: /no step 9/ });
  agent.child.kill("SIGTERM");
  await agent.ended;

  const cases = made.map(({ yaml }) => yaml.replace(/^tests:\n/, ""));
  here.write("dure.yml", `${CONFIG}tests:\n${cases.join("")}`);
  const run = await here.dure(["test", "--all", "--json"]);
  assert.equal(run.code, 0, `${run.stdout}${run.stderr}\n${readFileSync(here.file("dure.yml"), "utf8")}`);
  assert.match(run.stdout, /한글 제목: a line/);
  here.write("dure.yml", `${CONFIG.replace("r.status >= 404", "r.status >= 999")}tests:\n${cases.join("")}`);
  assert.equal((await here.dure(["test", "--all"])).code, 5, "a config that does something else fails them");
});
