// Arguments that a rule calls secret are hidden wherever a job is shown. They stay in the queue's file, which only the agent's user may read: a replay needs them.
import type { JobRecord } from "#sdk/job-store.ts";

export const HIDDEN = "••••••";

/** By a dotted path of own properties; undefined: there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** Undefined: nobody knows where they are, and all of it is hidden. */
export function withoutSecrets(record: JobRecord, paths: readonly string[] | undefined): JobRecord {
  if (paths === undefined) return { ...record, data: JSON.stringify(HIDDEN), ...(record.envelope === undefined ? {} : { envelope: JSON.stringify(HIDDEN) }) };
  if (paths.length === 0) return record;
  const { envelope } = record;
  return { ...record, data: hidden(record.data, paths), ...(envelope === undefined ? {} : { envelope: shownMessage(record, paths) }) };
}

/** The message that a job came as, or its arguments where it came as none. */
export function shownMessage({ envelope, data }: Pick<JobRecord, "envelope" | "data">, paths: readonly string[]): string {
  if (paths.length === 0) return envelope ?? data;
  return envelope === undefined ? hidden(data, paths) : hidden(envelope, paths.map((path) => `op_data.${path}`));
}

/** JSON in one line, without what lies there. */
export function hidden(json: string, paths: readonly string[]): string {
  try {
    const value: unknown = JSON.parse(json);
    for (const path of paths) hide(value, path.split("."));
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(HIDDEN); // Nobody knows where the secret is.
  }
}

function hide(value: unknown, [name = "", ...rest]: readonly string[]): void {
  if (Array.isArray(value)) return value.forEach((each) => hide(each, [name, ...rest]));
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return;
  const map = value as Record<string, unknown>;
  if (rest.length === 0) map[name] = HIDDEN;
  else hide(map[name], rest);
}
