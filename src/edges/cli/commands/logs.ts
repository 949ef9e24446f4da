// `dure logs`: what the agent of a config has said, from its log file and those it was rotated into.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { say } from "#base/lang.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Level } from "#kernel/log.ts";
import { PatternError, readPattern } from "#sdk/pattern.ts";
import { backgroundLogFile } from "../agent-log.ts";
import { isElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { planOf } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { exitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { LogFiles } from "../log-files/log-files.ts";
import { fits, prettyPrinter, recordOf } from "../log-files/log-lines.ts";
import type { LogFilter } from "../log-files/log-lines.ts";
import { noSuchPipeline, pipelineWords } from "../pipeline-words.ts";
import { timeOption } from "../units.ts";
import { untilStopped } from "../until-stopped.ts";

const LINES = 100;

export const logs: Command = async (asked) => {
  const { call, names } = pipelineWords(asked);
  const { options, terminal } = call;
  const filter = filterOf(call, names);
  const linesMax = linesOption(options["lines"]) ?? (filter.sinceMs === undefined ? LINES : Infinity);
  const isFollowing = options["follow"] === true;
  if (isElsewhere(call)) return (await import("./logs-elsewhere.ts")).logsElsewhere(call, filter, linesMax);
  const { path, plan } = await logFileOf(call);
  const unknown = plan === undefined ? undefined : (filter.pipelines ?? []).find((name) => !plan.pipelines.some((pipeline) => pipeline.name === name));
  if (!existsSync(path)) sayAbsent(call, path, isFollowing);

  const files = new LogFiles(path);
  const pretty = prettyPrinter(terminal.hasColor);
  let isAnyShown = false;
  const print = async (line: string): Promise<void> => {
    isAnyShown = true;
    if (call.globals.isJson) answerLine(call, line);
    else terminal.print(pretty(line, recordOf(line)));
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  };
  return untilStopped(undefined, async (signal) => {
    const last: string[] = [];
    const keep = async (line: string): Promise<void> => {
      if (!fits(line, recordOf(line), filter)) return;
      if (linesMax === Infinity) return print(line);
      last.push(line);
      if (2 * linesMax + LINES < last.length) last.splice(0, last.length - linesMax);
    };
    for (const line of files.present()) {
      if (signal.aborted) return;
      await keep(line);
    }
    const rest = isFollowing ? undefined : files.rest();
    if (rest !== undefined) await keep(rest);
    for (const line of last.slice(Math.max(0, last.length - linesMax))) await print(line);
    // A pipeline that the config has no more may still have lines: only where there are none was it the wrong name.
    if (!isAnyShown && 0 < linesMax && !signal.aborted) {
      if (unknown !== undefined && plan !== undefined) throw noSuchPipeline(unknown, plan.pipelines.map(({ name }) => name));
      if (!call.globals.isJson) terminal.talk(sayNothing(filter, path));
    }
    if (isFollowing) for await (const line of files.following(signal)) if (fits(line, recordOf(line), filter)) await print(line);
  }).finally(() => files.close());
};

/** A line of ours is a record; what a crash or another program left in the file is text. */
function answerLine({ answer }: Call, line: string): void {
  if (recordOf(line) === undefined) answer({ text: line });
  else answer({}, { record: line.trim() });
}

/** A config may have been broken since its agent was started: then its log is looked for where it is by default. */
async function logFileOf(call: Call): Promise<{ readonly path: string; readonly plan?: AgentPlan }> {
  try {
    const plan = await planOf({ globals: { ...call.globals, verbosity: -1 }, terminal: call.terminal }, undefined);
    return { path: backgroundLogFile(plan), plan };
  } catch (error) {
    if (!(error instanceof CliFailure) || error.exitCode !== exitCode.configInvalid) throw error;
    const usual = join(dirname(resolve(configFileOf(call, undefined))), ".dure", "dure.log");
    if (existsSync(usual)) return { path: usual };
    throw new CliFailure(exitCode.configInvalid, { en: "the config has errors, so it cannot be told where the log is", ko: "설정에 오류가 있어 로그가 어디에 있는지 알 수 없습니다" }, { en: "see `dure validate`; by default the log is `.dure/dure.log` beside the config", ko: "`dure validate`로 확인하세요. 기본 로그는 설정 옆의 `.dure/dure.log`입니다" });
  }
}

function sayAbsent({ terminal }: Call, path: string, isFollowing: boolean): void {
  const text = { en: `there is no log yet: it would be ${path}`, ko: `아직 로그가 없습니다. 로그가 쓰일 곳: ${path}` };
  if (!isFollowing) throw new CliFailure(exitCode.failed, text, { en: "`dure start` always writes it, `dure run` only where the config has `agent.log.file`", ko: "`dure start`는 항상 쓰고, `dure run`은 설정에 `agent.log.file`이 있을 때만 씁니다" });
  terminal.talk(say(text));
}

/** An empty answer looks as if something were broken. */
function sayNothing(filter: LogFilter, path: string): string {
  const isFiltered = Object.keys(filter).length !== 0;
  return isFiltered ? say({ en: `no line of ${path} fits`, ko: `조건에 맞는 줄이 없습니다: ${path}` }) : say({ en: `${path} is empty`, ko: `로그가 비어 있습니다: ${path}` });
}

function filterOf({ options }: Call, names: readonly string[]): LogFilter {
  const sinceMs = timeOption(options["since"], "--since");
  const { level, pipeline, grep, regex } = options;
  const pipelines = [...names, ...(typeof pipeline === "string" ? [pipeline.normalize()] : [])];
  return {
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(level === undefined ? {} : { level: level as Level }), // One of the choices in commands.ts.
    ...(pipelines.length === 0 ? {} : { pipelines }),
    ...(typeof grep === "string" ? { text: grep } : {}),
    ...(typeof regex === "string" ? { regex, expression: expressionOf(regex) } : {}),
  };
}

/** As the agent reads one, but that here nobody else waits for the answer. */
function expressionOf(regex: string): RegExp {
  try {
    const { source, flags } = readPattern(regex.normalize());
    return new RegExp(source, [...new Set(`${flags}im`)].join(""));
  } catch (error) {
    if (error instanceof PatternError) throw wrongUse({ en: `\`--regex\`: ${error.text.en}`, ko: `\`--regex\`: ${error.text.ko}` });
    throw error;
  }
}

function linesOption(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(String(value))) return Number(value);
  throw wrongUse({ en: `\`--lines ${String(value)}\`: write a whole number, 0 or more`, ko: `\`--lines ${String(value)}\`: 0 이상의 정수를 쓰세요` });
}
