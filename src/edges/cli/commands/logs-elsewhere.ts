// `dure logs --url`: what an agent elsewhere has said, from its store instead of its log file; the lines look the same.
import { once } from "node:events";
import { say } from "#base/lang.ts";
import type { LogLine } from "#kernel/log-store/log-line.ts";
import type { LogRecord } from "#kernel/log.ts";
import type { EventOf, ParamsOf } from "../../all-commands.ts";
import { agentOf } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { prettyPrinter } from "../log-files/log-lines.ts";
import type { LogFilter } from "../log-files/log-lines.ts";
import { noSuchPipeline } from "../pipeline-words.ts";
import { untilStopped } from "../until-stopped.ts";

const PAGE = 1000;
/** With --since: no more are fetched. */
const FETCHED_MAX = 200_000;

export async function logsElsewhere(call: Call, filter: LogFilter, linesMax: number): Promise<ExitCode> {
  const { globals, terminal, options } = call;
  const ask = await agentOf(call);
  const pretty = prettyPrinter(terminal.hasColor);
  const print = async (line: LogLine): Promise<void> => {
    const record = recordOf(line);
    if (globals.isJson) call.answer({}, { record: textOf(record) });
    else terminal.print(pretty(textOf(record), record));
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  };
  const onEvent = (event: EventOf<"logs.follow">): void => {
    if ("lost" in event) terminal.talk(say({ en: `${event.lost} lines came faster than they could be read`, ko: `읽는 속도보다 빨라 ${event.lost}줄을 건너뛰었습니다` }));
    else if (isWanted(event, filter)) void print(event);
  };
  return untilStopped(undefined, async (signal) => {
    const past = await lastLines(ask, filter, Math.min(linesMax, FETCHED_MAX), signal);
    for (const line of past) await print(line);
    if (past.length === 0 && 0 < linesMax) {
      await refuseUnknown(ask, filter);
      if (!globals.isJson) terminal.talk(say({ en: "no line fits", ko: "조건에 맞는 줄이 없습니다" }));
    }
    if (options["follow"] !== true) return;
    const after = past.at(-1)?.id ?? (await lastLines(ask, {}, 1, signal)).at(-1)?.id ?? 0;
    await ask("logs.follow", { ...searched(filter), after }, { onEvent, signal });
  });
}

/** The oldest first. */
async function lastLines(ask: Ask, filter: LogFilter, most: number, signal: AbortSignal): Promise<LogLine[]> {
  const found: LogLine[] = [];
  const { sinceMs } = filter;
  for (let before: number | undefined; found.length < most; ) {
    const page = await ask("logs.search", { ...searched(filter), ...(sinceMs === undefined ? {} : { fromMs: sinceMs }), ...(before === undefined ? {} : { before }), limit: PAGE }, { signal });
    found.push(...page.lines.filter((line) => isWanted(line, filter)));
    before = page.lines.at(-1)?.id;
    if (!page.hasMore || before === undefined) break;
  }
  return found.slice(0, most).reverse();
}

function searched({ level, pipelines = [], text, regex }: LogFilter): ParamsOf<"logs.follow"> {
  const [pipeline] = pipelines;
  return { ...(level === undefined ? {} : { level }), ...(text === undefined ? {} : { text }), ...(regex === undefined ? {} : { regex }), ...(pipelines.length === 1 && pipeline !== undefined ? { pipeline } : {}) };
}

/** The agent looks for one pipeline; of several, here. */
function isWanted({ fields }: LogLine, { pipelines }: LogFilter): boolean {
  return pipelines === undefined || pipelines.some((name) => fields["pipeline"] === name);
}

async function refuseUnknown(ask: Ask, { pipelines = [] }: LogFilter): Promise<void> {
  if (pipelines.length === 0) return;
  const all = (await ask("pipelines.list")).pipelines.map(({ name }) => name);
  const unknown = pipelines.find((name) => !all.includes(name));
  if (unknown !== undefined) throw noSuchPipeline(unknown, all);
}

function recordOf({ atMs, level, message, fields }: LogLine): LogRecord {
  return { time: atMs, level, message, fields };
}

/** As it stands in a log file. */
function textOf({ time, level, message, fields }: LogRecord): string {
  return JSON.stringify({ time: new Date(time).toISOString(), level, message, ...fields });
}
