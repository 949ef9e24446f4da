// A change of a config's file that leaves the rest of it as it is.
import type { JsonValue } from "#base/json.ts";

/** `["processes", "etl"]`, `["flows", 2]`. A list takes a new item at its end: `["flows", "-"]`. */
export interface ConfigChange {
  readonly path: readonly (string | number)[];
  /** As it is to be written; undefined takes it out. */
  readonly value?: JsonValue | undefined;
}

/** Changes, or what makes them when their turn has come: places in lists are those of the config as it is then. What it throws is what the edit rejects with. */
export type ConfigEdit = readonly ConfigChange[] | (() => readonly ConfigChange[]);
