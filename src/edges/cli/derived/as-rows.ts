// Answers that read better as another table than their own shape would make: of programs each version has a row, of a job what tells it from others. All of it
// is in the answer to --json, and of one job in `jobs show`.
import type { JsonValue } from "#base/json.ts";
import type { ResultOf } from "../../all-commands.ts";

/** Columns as they are to come; undefined: the answer's own shape does. */
export function asRows(command: string, result: JsonValue): JsonValue | undefined {
  switch (command) {
    case "programs.list":
      return (result as ResultOf<"programs.list">).programs.flatMap(({ process, versions }) => versions.map(({ version, isCurrent, fileName, bytes, atMs, by }) => ({ process, version, isCurrent, fileName, bytes, atMs, by })));
    case "jobs.list":
      return jobsPage(result as ResultOf<"jobs.list">);
    case "jobs.rules":
      return rulesPage(result as ResultOf<"jobs.rules">);
    default:
      return undefined;
  }
}

/** What is the same of all, and usual, has no column. */
function jobsPage({ jobs, ...page }: ResultOf<"jobs.list">): JsonValue {
  const arePrioritiesMixed = 1 < new Set(jobs.map(({ priority }) => priority)).size;
  const rows = jobs.map(({ id, rule, state, priority, attempt, losses, labels, createdMs, runAtMs, startedMs, endedMs, error }) => ({
    id,
    rule,
    state,
    ...(arePrioritiesMixed ? { priority } : {}),
    attempt,
    ...(0 < losses ? { losses } : {}),
    ...(0 < Object.keys(labels).length ? { labels } : {}),
    createdMs,
    ...(runAtMs === undefined ? {} : { dueMs: runAtMs }),
    ...(startedMs === undefined || endedMs === undefined ? {} : { tookMs: endedMs - startedMs }),
    ...(error === undefined ? {} : { error: `${error.kind}: ${error.message}` }),
  }));
  return { ...page, jobs: inColumns(rows, ["id", "rule", "state", "priority", "attempt", "losses", "labels", "createdMs", "dueMs", "tookMs", "error"]) } as JsonValue;
}

/** Its name says module, class and function; who writes a program for it asks for --json. */
function rulesPage({ rules, problems }: ResultOf<"jobs.rules">): JsonValue {
  const isAnyHeldBack = rules.some(({ heldBack }) => heldBack);
  const rows = rules.map(({ module: _module, class: _class, function: _function, args: _args, name, file, runtime, summary, running, succeeded, failed, heldBack, runMs, waitMs, ...settings }) => ({
    name,
    file,
    runtime,
    running,
    succeeded,
    failed,
    ...(isAnyHeldBack ? { heldBack } : {}),
    ...(runMs === undefined ? {} : { runP50Ms: runMs.p50, runP99Ms: runMs.p99 }),
    ...(waitMs === undefined ? {} : { waitP99Ms: waitMs.p99 }),
    ...settings,
    ...(summary === undefined ? {} : { summary }),
  }));
  const columns = [...new Set(["name", "file", "runtime", "running", "succeeded", "failed", "heldBack", "runP50Ms", "runP99Ms", "waitP99Ms", ...rows.flatMap((row) => Object.keys(row))])];
  return { rules: inColumns(rows, columns), ...(problems.length === 0 ? {} : { problems }) } as JsonValue;
}

/** A row has a column as soon as any has it: the first row says in which order they come. */
function inColumns(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  const present = columns.filter((column) => rows.some((row) => row[column] !== undefined));
  return rows.map((row) => Object.fromEntries(present.map((column) => [column, row[column] ?? null])));
}
