// `dure test --all`: the tests that stand in a config, each in this thread, with nothing outside of it touched. Ends with 5 when one fails.
import { watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { say } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import { checkConfig } from "#kernel/config/check.ts";
import type { TestPlan } from "#kernel/config/tests.ts";
import { isError } from "#kernel/config/problem.ts";
import type { Call, Command } from "../command.ts";
import { configFailure, openRegistry, showProblems } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { FORMATS, reportOf, summaryOf, testFacts } from "../config-tests/report.ts";
import type { ReportFormat } from "../config-tests/report.ts";
import { runTest } from "../config-tests/run-test.ts";
import type { TestResult } from "../config-tests/run-test.ts";
import { Snapshots } from "../config-tests/snapshots.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { explained, wrongUse } from "../failure.ts";
import { errorFacts } from "../json-answer.ts";

export const testAll: Command = async (call) => {
  const format = formatOf(call);
  const file = configFileOf(call, call.args[0]);
  const code = await runOnce(call, file, format);
  if (call.options["watch"] !== true) return code;
  return watching(call, file, format);
};

function formatOf({ options, globals }: Call): ReportFormat {
  const given = options["format"] ?? (globals.isJson ? "json" : "text");
  const format = FORMATS.find((each) => each === given);
  if (format === undefined) throw wrongUse({ en: `\`--format ${String(given)}\`: choose from ${FORMATS.join(", ")}`, ko: `\`--format ${String(given)}\`: ${FORMATS.join(", ")} 가운데 고르세요` });
  return format;
}

async function runOnce(call: Call, file: string, format: ReportFormat): Promise<ExitCode> {
  const { terminal, style, options, agent, answer } = call;
  const startedAt = performance.now();
  const registry = openRegistry();
  const checked = await checkConfig({ file, registry });
  showProblems(call, checked);
  const { plan, tests = [] } = checked;
  if (plan === undefined || checked.problems.some(isError)) {
    if (call.globals.isJson) answer(errorFacts(explained(configFailure(checked, { en: "no test was run: the config has errors", ko: "설정에 오류가 있어 테스트를 실행하지 않았습니다" }))));
    return exitCode.configInvalid;
  }
  if (tests.length === 0) {
    if (format === "json") answer(testFacts([]));
    else terminal.talk(say({ en: `${file} has no \`tests:\`; \`dure help config\` shows one`, ko: `${file} 파일에 \`tests:\`가 없습니다. \`dure help config\`에 예가 있습니다` }));
    return exitCode.done;
  }
  const chosen = chosenTests(tests, options["task"]);
  const snapshots = new Snapshots(plan.configFile, { isUpdating: options["update"] === true });
  const results: TestResult[] = [];
  for (const test of chosen) results.push(await runTest(test, { plan, registry, agent, snapshots }));
  snapshots.save();
  if (format === "json") answer(testFacts(results));
  else terminal.print(reportOf(results, format, style));
  if (0 < snapshots.updated) terminal.talk(say({ en: `snapshots written: ${snapshots.updated}`, ko: `스냅샷 ${snapshots.updated}개를 적었습니다` }));
  terminal.talk(summaryOf(results, performance.now() - startedAt));
  return results.some(({ wrong }) => 0 < wrong.length) ? exitCode.testFailed : exitCode.done;
}

/** By the name of a test or of the pipeline it is about; without one, all. */
function chosenTests(tests: readonly TestPlan[], wanted: unknown): readonly TestPlan[] {
  if (wanted === undefined) return tests;
  const name = String(wanted).normalize();
  const found = tests.filter((test) => test.name.normalize() === name || test.pipeline.normalize() === name);
  if (0 < found.length) return found;
  const names = [...new Set(tests.flatMap((test) => [test.pipeline, test.name]))];
  const near = closest(name, names);
  throw wrongUse(
    { en: `no test is called \`${name}\`, nor a pipeline with tests`, ko: `\`${name}\`: 이런 이름의 테스트도, 테스트가 있는 파이프라인도 없습니다` },
    near === undefined ? { en: `there are: ${names.join(", ")}`, ko: `있는 것: ${names.join(", ")}` } : { en: `did you mean \`-t '${near}'\`?`, ko: `혹시 \`-t '${near}'\` 인가요?` },
  );
}

/** Again at each change of the config or of a plugin beside it, until interrupted. */
async function watching(call: Call, file: string, format: ReportFormat): Promise<ExitCode> {
  const dir = dirname(resolve(file));
  let wake: (changed: boolean) => void = () => {};
  const names = new Set([basename(file)]);
  const watchers = [watch(dir, (_, name) => void (name !== null && names.has(name) && wake(true)))];
  try {
    watchers.push(watch(join(dir, "plugins"), () => wake(true)));
  } catch {
    // There is no such folder.
  }
  process.once("SIGINT", () => wake(false)).once("SIGTERM", () => wake(false));
  for (;;) {
    call.terminal.talk(say({ en: "waiting for a change; Ctrl-C ends", ko: "변경을 기다립니다. Ctrl-C로 끝냅니다" }));
    const changed = await new Promise<boolean>((resolve_) => (wake = resolve_));
    if (!changed) break;
    // Editors write in several steps: what comes within a moment is one change.
    await new Promise((later) => setTimeout(later, 50));
    call.terminal.talk("");
    await runOnce(call, file, format);
  }
  for (const each of watchers) each.close();
  return exitCode.interrupted;
}
