// Makes a test of records that a tap has shown, in a process of its own: the pipeline is run there with stand-ins at both ends, as
// `dure test --all` will run it. Reads a request from its input, and answers with one line of JSON.
import { isDeepStrictEqual } from "node:util";
import { text } from "node:stream/consumers";
import { setLang } from "#base/lang.ts";
import type { Lang } from "#base/lang.ts";
import type { JsonValue } from "#base/json.ts";
import { stageTest } from "#edges/cli/config-tests/run-test.ts";
import type { Arrived } from "#edges/cli/config-tests/stand-ins.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { TestPlan } from "#kernel/config/tests.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import type { TestWish } from "#capabilities/pipelines/make-test.ts";

export interface MakeTestRequest extends TestWish {
  readonly plan: AgentPlan;
  readonly lang: Lang;
}
export type MakeTestAnswer = { readonly yaml: string; readonly arrived: number } | { readonly problem: string };

type Fields = Readonly<Record<string, JsonValue>>;

async function answerTo({ plan, title, pipeline, step, tag, atMs, records }: MakeTestRequest): Promise<MakeTestAnswer> {
  const registry = createRegistry(builtInPlugins);
  await registry.addFiles(plan.pluginFiles);
  const from = step === undefined || plan.pipelines.find(({ name }) => name === pipeline)?.steps[0]?.id === step ? {} : { from: step };
  const at = new Date(atMs).toISOString();
  // What is nothing but a line goes in as the line it was.
  const input = records.map((record) => (Object.keys(record).length === 1 && typeof record["message"] === "string" && !record["message"].includes("\n") ? record["message"] : record));
  const test: TestPlan = { name: title, pipeline, ...from, tag, at, input, snapshot: false, exact: false, place: { file: plan.configFile, line: 1, column: 1 } };
  const { startAgent } = await import("../daemon.ts");
  const bench = { plan, registry, agent: { start: async (...given: Parameters<typeof startAgent>) => startAgent(...given) } };
  const first = await stageTest(test, bench);
  const second = await stageTest(test, bench);
  const problem = first.failures[0] ?? second.failures[0];
  if (problem !== undefined) return { problem };
  const outputs = expectedOf(first.arrived, second.arrived);
  const { stringify } = await import("yaml");
  const { name, ...rest } = { name: title, pipeline, ...from, tag, at, input, ...(Object.keys(outputs).length === 0 ? { expect: [] } : { outputs }) };
  return { yaml: stringify({ tests: [{ name, ...rest }] }, { lineWidth: 0 }), arrived: first.arrived.length };
}

/** By output; what is another at a second run (a random number, the host's clock) is not expected. */
function expectedOf(first: readonly Arrived[], second: readonly Arrived[]): Record<string, Fields[]> {
  const expected: Record<string, Fields[]> = {};
  for (const id of new Set(first.map((one) => one.id))) {
    const again = second.filter((one) => one.id === id).map(({ record }) => plain(record));
    expected[id] = first
      .filter((one) => one.id === id)
      .map(({ record }, index) => Object.fromEntries(Object.entries(plain(record)).filter(([field, value]) => isDeepStrictEqual(value, again[index]?.[field]))));
  }
  return expected;
}

/** As JSON has it: numbers beyond 2^53 are texts there, and in a test. */
function plain(record: Readonly<Record<string, unknown>>): Fields {
  return JSON.parse(JSON.stringify(record, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value))) as Fields;
}

const request = JSON.parse(await text(process.stdin)) as MakeTestRequest;
setLang(request.lang);
const answer = await answerTo(request).catch((error: unknown): MakeTestAnswer => ({ problem: error instanceof Error ? error.message : String(error) }));
process.stdout.write(JSON.stringify(answer), () => process.exit(0));
