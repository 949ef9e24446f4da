// What was wanted of each process by those who started, stopped or scaled it: kept in the data folder, so that a restart of the agent changes nothing.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { systemCode } from "#base/errors.ts";
import type { Log } from "#sdk/plugin.ts";

export interface Wanted {
  readonly wanted: "running" | "stopped";
  readonly by?: string;
  readonly sinceMs: number;
  /** Only where somebody has scaled it. */
  readonly instances?: number;
}

export class WantedFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #wanted: Map<string, Wanted>;
  #isFailing = false;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#wanted = new Map(read(path, log));
  }

  get(name: string): Wanted | undefined {
    return this.#wanted.get(name);
  }

  /** All of it in one write. A full disk is said once; what is wanted holds for this run all the same. */
  set(changes: readonly (readonly [name: string, wanted: Wanted | undefined])[]): void {
    for (const [name, wanted] of changes) {
      if (wanted === undefined) this.#wanted.delete(name);
      else this.#wanted.set(name, wanted);
    }
    try {
      this.#write();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn("what is wanted of processes cannot be written; after a restart of the agent it is as it was before", { file: this.#path, error });
      this.#isFailing = true;
    }
  }

  #write(): void {
    const next = `${this.#path}.next`;
    const file = openSync(next, "w", 0o640);
    try {
      writeSync(file, `${JSON.stringify({ version: 1, processes: Object.fromEntries(this.#wanted) }, undefined, 1)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, this.#path);
  }
}

function read(path: string, log: Log): [string, Wanted][] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") log.error("what was wanted of processes cannot be read; all is as the config says", { file: path, error });
    return [];
  }
  try {
    const { processes } = JSON.parse(text) as { readonly processes: Readonly<Record<string, unknown>> };
    return Object.entries(processes).flatMap(([name, value]) => (isWanted(value) ? [[name, value] as [string, Wanted]] : []));
  } catch (error) {
    log.error("what was wanted of processes is damaged and not used; all is as the config says", { file: path, error });
    return [];
  }
}

/** Checked by hand: this runs where there are no schemas. */
function isWanted(value: unknown): value is Wanted {
  if (typeof value !== "object" || value === null) return false;
  const { wanted, by, sinceMs, instances } = value as Record<string, unknown>;
  return (wanted === "running" || wanted === "stopped") && typeof sinceMs === "number" && (by === undefined || typeof by === "string") && (instances === undefined || (Number.isSafeInteger(instances) && 1 <= Number(instances)));
}
