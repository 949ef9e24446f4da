// `dure try 'a | b | c'`: a pipeline without a file. It runs in the main thread and leaves nothing behind: what it must keep is in
// a folder that goes when it ends.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lang, say } from "#base/lang.ts";
import { checkConfig } from "#kernel/config/check.ts";
import type { AgentPlan, PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { SCHEMA_MODELINE } from "#kernel/config/editor-schema.ts";
import { pipeFaults, readPipe } from "#kernel/config/pipe-steps.ts";
import type { Problem } from "#kernel/config/problem.ts";
import { PipeError } from "#kernel/config/pipe-string.ts";
import type { PipeStep } from "#kernel/config/pipe-string.ts";
import { renderProblem } from "#kernel/config/render.ts";
import { Source } from "#kernel/config/source.ts";
import type { Registry } from "#kernel/registry.ts";
import { metricText } from "../../metrics/metric-text.ts";
import { consoleLog, quietWithoutReader } from "../agent-log.ts";
import type { Call, Command } from "../command.ts";
import { configFailure, openRegistry } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { LIMIT_PLUGIN, onLimitReached } from "../limit-plugin.ts";
import { placeOf } from "../json-answer.ts";
import { pipeConfig } from "../pipe-config.ts";
import { runPlan } from "../run-plan.ts";
import { hasFailed, summaryFacts } from "../summary.ts";
import { countText, durationOption, secondsText } from "../units.ts";

const NOTHING_RUN = { en: "nothing was run", ko: "아무것도 실행하지 않았습니다" };

export const tryPipe: Command = async (call) => {
  const { args: [written = ""], options, terminal } = call;
  const forMs = durationOption(options["for"], "--for");
  const limit = limitOption(options["limit"]);
  const registry = openRegistry();
  await registry.addFolder(join(process.cwd(), "plugins"));
  const { text, plan } = await checkedPipe(call, written, registry);
  if (typeof options["save"] === "string") return save(call, options["save"], text);

  const dataDir = mkdtempSync(join(tmpdir(), "dure-try-"));
  const enough = new AbortController();
  onLimitReached(() => enough.abort());
  const log = consoleLog(call, plan, "warn");
  try {
    const { summary, metrics, exitCode: code } = await runPlan(limited({ ...plan, dataDir }, limit), { call, log: quietWithoutReader(log, () => enough.abort()), mode: options["follow"] === true ? "run" : "test", isInline: true, forMs, enough: enough.signal });
    if (0 < metrics.length && !call.globals.isJson) terminal.print(metricText(metrics, "text").trimEnd());
    if (call.globals.isJson) call.answer(summaryFacts(summary, metrics));
    else if (!hasFailed(summary) && call.globals.verbosity >= 0 && terminal.isInteractive) {
      const { recordsIn = 0, recordsOut = 0 } = summary.pipelines[0]?.stats ?? {};
      const took = secondsText(summary.seconds);
      terminal.talk(say({ en: `${countText(recordsOut)} of ${countText(recordsIn)} records came through, ${took}; keep it with --save dure.yml`, ko: `레코드 ${countText(recordsIn)}개 가운데 ${countText(recordsOut)}개 통과, ${took}; 저장하려면 --save dure.yml` }));
    }
    return code;
  } finally {
    log.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
};

/** Without an output, what comes out is shown. */
async function withOutput(steps: readonly PipeStep[], registry: Registry): Promise<readonly PipeStep[]> {
  const last = steps.at(-1)?.plugin;
  if (last === undefined) return steps;
  const plugin = await registry.get(last.text);
  const isOutput = plugin === undefined ? last.text.startsWith("out.") : plugin.kind === "out" && !("isTransform" in plugin);
  return isOutput ? steps : [...steps, { plugin: { ...last, text: "out.Stdout", isQuoted: false }, bare: undefined, options: [] }];
}

async function checkedPipe(call: Call, pipe: string, registry: Registry): Promise<{ text: string; plan: AgentPlan }> {
  const { terminal } = call;
  const look = { color: terminal.hasColor, lang: lang(), ascii: !terminal.hasUnicode };
  const source = new Source(say({ en: "pipe", ko: "파이프" }), pipe);
  let config: Awaited<ReturnType<typeof pipeConfig>>;
  try {
    config = await pipeConfig(await withOutput(await readPipe(pipe, registry), registry), async (plugin) => (await registry.get(plugin))?.shorthand);
  } catch (error) {
    if (!(error instanceof PipeError)) throw error;
    const text = pipeFaults[error.kind];
    const problem: Problem = { severity: "error", code: "DURE010", level: "syntax", text, ...source.underline(error) };
    if (!call.globals.isJson) terminal.talk(renderProblem(problem, pipe, look));
    throw new CliFailure(exitCode.wrongUse, NOTHING_RUN, undefined, placeOf(problem));
  }
  const { plan, problems } = await checkConfig({ file: "dure-try.yml", text: config.text, registry });
  const inPipe = problems.map((problem) => ({ ...problem, ...source.underline(config.pieceAt(problem.place.line, problem.place.column) ?? { start: 0, end: pipe.length }) }));
  if (!call.globals.isJson) for (const problem of inPipe) terminal.talk(`${renderProblem(problem, pipe, look)}\n`);
  if (plan === undefined) throw configFailure({ problems: inPipe }, NOTHING_RUN);
  return { text: config.text, plan };
}

/** The limit stands before the output: what it lets through is what is seen. */
function limited(plan: AgentPlan, records: number | undefined): AgentPlan {
  const [pipeline] = plan.pipelines;
  const last = pipeline?.steps.at(-1);
  if (records === undefined || pipeline === undefined || last === undefined) return plan;
  const step: StepPlan = { type: "plugin", id: `${last.id}.0`, plugin: LIMIT_PLUGIN, options: { records }, place: last.place };
  const steps: PipelinePlan["steps"] = [...pipeline.steps.slice(0, -1), step, last];
  return { ...plan, pipelines: [{ ...pipeline, steps }], pluginFiles: [...plan.pluginFiles, fileURLToPath(new URL("../limit-plugin.ts", import.meta.url))] };
}

function limitOption(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const limit = Number(value);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw wrongUse({ en: `\`--limit ${String(value)}\`: write a number from 1 up`, ko: `\`--limit ${String(value)}\`: 1 이상의 수를 쓰세요` });
}

function save({ globals, terminal, style, answer }: Call, file: string, text: string): ExitCode {
  if (existsSync(file)) throw wrongUse({ en: `${file} exists; it is left as it is`, ko: `${file} 파일이 이미 있어 그대로 두었습니다` }, { en: "name another: --save other.yml", ko: "다른 이름을 쓰세요: --save other.yml" });
  writeFileSync(file, `${SCHEMA_MODELINE}\n${text}`);
  if (globals.isJson) answer({ file });
  else terminal.talk(`${style.mark.ok} ${say({ en: `saved; now: dure run ${file}`, ko: `저장했습니다. 다음: dure run ${file}` })}`);
  return exitCode.done;
}
