// What the logs screen asks of the agent: pages of what was logged, what stands around a line, and what is logged from now on.
import type { ParamsOf } from "#edges/all-commands.ts";
import { call, stream } from "../../agent/agent.ts";
import type { Level, LogLine } from "./log-line.ts";
import { rowsAround, rowsOf } from "./log-window.ts";
import type { LogRow } from "./log-window.ts";

/** What is looked for; all of it stands in the address. */
export interface LogQuery {
  readonly text: string;
  /** At least so bad. */
  readonly level: Level | undefined;
  readonly pipeline: string | undefined;
  readonly step: string | undefined;
  /** The text is a regular expression. */
  readonly isRegex: boolean;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Only lines with the text; otherwise it is just marked. */
  readonly isFilter: boolean;
  /** So many lines before and after each that was found. */
  readonly context: number;
}

export interface LogPage {
  readonly rows: readonly LogRow[];
  /** In this direction there is more. */
  readonly hasMore: boolean;
}

const PAGE_LINES = 500;
/** With lines around, each one found is a call of its own. */
const PAGE_FOUND = 50;
const CALLS_MAX = 8;

export async function pageOf(query: LogQuery, where: { readonly before?: number; readonly after?: number }, gone: AbortSignal): Promise<LogPage> {
  const limit = isAround(query) ? PAGE_FOUND : PAGE_LINES;
  const { lines, hasMore } = await call("logs.search", { ...searchOf(query), ...where, limit }, { signal: gone });
  const found = lines.toSorted((one, other) => one.id - other.id);
  if (!isAround(query)) return { rows: rowsOf(found), hasMore };
  return { rows: rowsAround(found, await around(found, query.context, gone)), hasMore };
}

export async function linesAround(id: number, lines: number, gone: AbortSignal): Promise<readonly LogRow[]> {
  const answer = await call("logs.around", { id, lines }, { signal: gone });
  return rowsOf(answer.lines.toSorted((one, other) => one.id - other.id));
}

export function followLogs(query: LogQuery, after: number | undefined, onLine: (line: LogLine) => void, onLost: (count: number) => void, onFailure: (failure: unknown) => void): () => void {
  const { fromMs: _from, toMs: _to, ...wanted } = searchOf(query);
  return stream("logs.follow", { ...wanted, ...(after === undefined ? {} : { after }) }, (event) => ("lost" in event ? onLost(event.lost) : onLine(event)), {
    after: (event) => ("lost" in event ? undefined : event.id),
    onFailure,
  });
}

function isAround({ text, isFilter, context }: LogQuery): boolean {
  return isFilter && text !== "" && 0 < context;
}

export function searchOf({ text, level, pipeline, step, isRegex, fromMs, toMs, isFilter }: LogQuery): ParamsOf<"logs.facets"> {
  return {
    ...(isFilter && text !== "" ? (isRegex ? { regex: text } : { text }) : {}),
    ...(level === undefined ? {} : { level }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(step === undefined ? {} : { step }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
}

async function around(found: readonly LogLine[], lines: number, gone: AbortSignal): Promise<readonly (readonly LogLine[])[]> {
  const parts: (readonly LogLine[])[] = [];
  for (let at = 0; at < found.length; at += CALLS_MAX) {
    parts.push(...(await Promise.all(found.slice(at, at + CALLS_MAX).map(async ({ id }) => (await linesAround(id, lines, gone)).map(({ line }) => line)))));
  }
  return parts;
}
