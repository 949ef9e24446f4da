// What the store cannot answer by itself: lines that fit a regular expression, and what the lines that were found have in common. Lines are read
// page by page, and others have their turn in between; one such search goes on at a time.
import { Turns } from "#base/turns.ts";
import type { Store } from "#sdk/store.ts";
import type { ScanLimits } from "../store/scan.ts";
import { linePattern } from "./line-pattern.ts";
import type { Level } from "../log.ts";
import type { LogFilter, LogLine } from "./log-line.ts";
import { searchLines } from "./log-search.ts";
import type { LogPage, LogPageRequest } from "./log-search.ts";

export interface Counted<Value extends string = string> {
  readonly value: Value;
  readonly count: number;
}

/** What lines have in common, the most frequent first. */
export interface LogFacets {
  /** So many lines were looked at, the newest. */
  readonly lines: number;
  /** There are more than were looked at. */
  readonly hasMore: boolean;
  readonly levels: readonly Counted<Level>[];
  readonly pipelines: readonly Counted[];
  readonly steps: readonly Counted[];
}

const PAGE = 500;
const FACET_LINES_MAX = 10_000;
const VALUES_MAX = 20;
/** Values beyond so many different ones are not told apart: a field may hold anything. */
const KNOWN_MAX = 1000;

const turns = new Turns();

/** As `searchLines`, and with `regex`. */
export async function findLines(store: Store, agent: string, { regex, ...request }: LogPageRequest, limits: ScanLimits = {}): Promise<LogPage> {
  if (regex === undefined) return searchLines(store, agent, request, limits);
  const pattern = linePattern(regex);
  const text = request.text ?? pattern.text;
  const isOldestFirst = (request.order ?? (request.after === undefined ? "newest" : "oldest")) === "oldest";
  const found: LogLine[] = [];
  const end = await turns.take();
  try {
    for (let from: number | undefined; found.length <= request.limit; ) {
      limits.signal?.throwIfAborted();
      const cursor = from === undefined ? {} : isOldestFirst ? { after: from } : { before: from };
      const { lines, hasMore } = await searchLines(store, agent, { ...request, text, ...cursor, order: isOldestFirst ? "oldest" : "newest", limit: PAGE }, limits);
      found.push(...pattern.fitting(lines));
      from = lines.at(-1)?.id;
      if (!hasMore || from === undefined) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    end();
  }
  return { lines: found.slice(0, request.limit), hasMore: request.limit < found.length };
}

export async function facetsOf(store: Store, agent: string, filter: LogFilter, limits: ScanLimits = {}): Promise<LogFacets> {
  const [levels, pipelines, steps] = [new Map<Level, number>(), new Map<string, number>(), new Map<string, number>()];
  let lines = 0;
  let hasMore = true;
  for (let before: number | undefined; hasMore && lines < FACET_LINES_MAX; ) {
    limits.signal?.throwIfAborted();
    const page = await findLines(store, agent, { ...filter, ...(before === undefined ? {} : { before }), limit: PAGE }, limits);
    for (const { level, fields } of page.lines) {
      add(levels, level);
      add(pipelines, fields["pipeline"]);
      add(steps, fields["step"]);
    }
    lines += page.lines.length;
    before = page.lines.at(-1)?.id;
    hasMore = page.hasMore && before !== undefined;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { lines, hasMore, levels: counted(levels), pipelines: counted(pipelines), steps: counted(steps) };
}

function add<Value extends string>(counts: Map<Value, number>, value: unknown): void {
  if (typeof value !== "string" || value === "") return;
  const known = counts.get(value as Value);
  if (known !== undefined || counts.size < KNOWN_MAX) counts.set(value as Value, (known ?? 0) + 1);
}

function counted<Value extends string>(counts: ReadonlyMap<Value, number>): readonly Counted<Value>[] {
  return [...counts].map(([value, count]) => ({ value, count })).sort((one, other) => other.count - one.count || (one.value < other.value ? -1 : 1)).slice(0, VALUES_MAX);
}
