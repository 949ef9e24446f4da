// A copy of a folder of examples/, run with the real program.
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { ROOT, until } from "#test/cli/run-dure.ts";
import type { Ended, Folder, RunningDure } from "#test/cli/run-dure.ts";

export type Environment = Record<string, string>;
/** A copy of one example. */
export interface Example {
  readonly config: string;
  file(name: string): string;
  dure(...args: readonly string[]): Promise<Ended>;
  start(args: readonly string[], env?: Environment): RunningDure;
  /** `dure run` until it is enough; then it is asked to stop, and must end well. */
  runUntil(isEnough: () => boolean | Promise<boolean>, env?: Environment): Promise<Ended>;
}

const examples = join(ROOT, "examples");
export const exampleNames = readdirSync(examples, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

export function exampleIn(here: Folder, name: string, secrets: Environment = {}): Example {
  // Two levels deep, as in the checkout: the quickstart writes to the top of it.
  const dir = here.file("examples", name);
  cpSync(join(examples, name), dir, { recursive: true, filter: (source) => !/[\\/](?:\.dure|out|failed|done)$/.test(source) });
  const config = join(dir, "dure.yml");
  const start: Example["start"] = (args, env = {}) => here.spawn(args, { env: { ...secrets, ...env } });
  return {
    config,
    file: (file) => join(dir, file),
    dure: (...args) => start(args).ended,
    start,
    async runUntil(isEnough, env) {
      const running = start(["run", config], env);
      await Promise.race([until(isEnough, () => `${name} has done its work; it says ${running.said()}`), running.ended.then((end) => assert.fail(`it ended by itself: ${JSON.stringify(end)}`))]);
      running.child.kill("SIGTERM");
      const ended = await running.ended;
      assert.equal(ended.code, exitCode.terminated, ended.stderr);
      return ended;
    },
  };
}

export const read = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
export const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);
export const recordsOf = (text: string): Record<string, unknown>[] => linesOf(text).map((line) => JSON.parse(line) as Record<string, unknown>);

/** What `dure status --json` printed: how many records all pipelines have read. */
export function recordsIn({ stdout }: Ended): number {
  const { pipelines = [] } = JSON.parse(stdout === "" ? "{}" : stdout) as { pipelines?: { recordsIn: number }[] };
  return pipelines.reduce((sum, pipeline) => sum + pipeline.recordsIn, 0);
}
