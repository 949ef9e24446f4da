// Whatever a writer, rotation and crashes do in whatever order: every line arrives exactly once and in order, and a
// crash brings again only what was not committed.
import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { testContext } from "#sdk/testing.ts";
import { Follower } from "./follower.ts";

type Step =
  | { readonly kind: "append"; readonly lines: number; readonly width: number; readonly isTorn: boolean }
  | { readonly kind: "read" }
  | { readonly kind: "rename" | "copytruncate" | "remove" | "compress" | "restart" | "crash" };

const NAMES = ["a.log", "b.log"];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("append" as const), lines: fc.integer({ min: 1, max: 40 }), width: fc.constantFrom(0, 3, 50, 900), isTorn: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("read" as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("rename" as const, "copytruncate" as const, "remove" as const, "compress" as const, "restart" as const, "crash" as const) }) },
);
const schedule = fc.array(fc.record({ file: fc.integer({ min: 0, max: NAMES.length - 1 }), step }), { minLength: 1, maxLength: 25 });

type Schedule = typeof schedule extends fc.Arbitrary<infer Steps> ? Steps : never;

const LINE: Step = { kind: "append", lines: 1, width: 0, isTorn: false };
/** What random schedules had found. */
const FOUND = (
  [
    // Emptied before a start, then filled and renamed before it was opened: under its new name it was read a second time.
    [LINE, { kind: "copytruncate" }, { kind: "restart" }, { kind: "rename" }],
    // While the oldest of three was being unpacked, the newest got ahead of the one between.
    [LINE, { kind: "compress" }, LINE, { kind: "rename" }, LINE, { kind: "crash" }],
    // A packed part went on where its original had been read to, and that was kept under the inode which the next file got.
    [LINE, { kind: "compress" }, LINE, { kind: "crash" }, { ...LINE, file: 1 }, { kind: "read" }, { kind: "restart" }],
  ] as const
).map((steps): [Schedule] => [steps.map((each) => ({ file: "file" in each ? each.file : 0, step: each }))]);

/** What was written under one name, and what of it was delivered. */
class Log {
  readonly path: string;
  readonly name: string;
  written = 0;
  /** Lines that are whole. */
  whole = 0;
  /** Text of an unfinished line. */
  torn = "";
  /** Something of the file that has the name now was committed: of others nobody can know after a restart. */
  isMet = false;

  constructor(folder: string, name: string) {
    this.name = name;
    this.path = join(folder, name);
  }

  append(lines: number, width: number, isTorn: boolean): void {
    let text = "";
    for (let count = 0; count < lines; count += 1) {
      const line = `${this.name} ${String(this.written++).padStart(5, "0")} ${"한".repeat(width)}\n`;
      text += this.torn === "" ? line : line.slice(this.torn.length);
      this.torn = "";
    }
    this.whole = this.written;
    if (isTorn) text += this.torn = `${this.name} ${String(this.written).padStart(5, "0")} ${"한".repeat(width)}`.slice(0, 9);
    appendFileSync(this.path, text);
  }
}

for (const path of ["*.log", "*.log*"]) {
  test(`every line once and in order, whatever happens to the files (${path})`, () =>
    fc.assert(
      fc.asyncProperty(schedule, async (steps) => {
        await using context = await testContext();
        const folder = join(context.configDir, "logs");
        mkdirSync(folder);
        const logs = NAMES.map((name) => new Log(folder, name));
        const options = { path: `logs/${path}`, rotate_wait: "10s" };
        /** A file that was emptied, filled and renamed before a start cannot be told from another one. */
        const kinds = new Set(steps.map(({ step: { kind } }) => kind));
        const mayBeRenamed = kinds.has("copytruncate") && (kinds.has("crash") || kinds.has("restart"));
        /** Numbers that were committed, by name. */
        const committed = new Map<string, number[]>(NAMES.map((name) => [name, []]));
        let follower = await new Follower(context).open(options);
        let unsettled: string[] = [];
        const settle = (): void => {
          // A log keeps its name, whatever its file is called by now: what is joined or held by source goes on over rotation and restarts.
          for (const [source, lines] of follower.bySource) for (const line of lines) assert.equal(mayBeRenamed ? source.replace(/\.\d+$/, "") : source, join(folder, line.split(" ")[0] ?? ""));
          follower.bySource.clear();
          for (const line of follower.lines.splice(0)) unsettled.push(line);
          if (!follower.isCommitting) return;
          for (const line of unsettled.splice(0)) {
            const [name = "", number = ""] = line.split(" ");
            committed.get(name)?.push(Number(number));
          }
        };
        const isAllRead = (): boolean => {
          const counts = new Map(NAMES.map((name) => [name, 0]));
          for (const line of [...unsettled, ...follower.lines]) {
            const name = line.split(" ")[0] ?? "";
            counts.set(name, (counts.get(name) ?? 0) + 1);
          }
          return logs.every((log) => log.whole <= (committed.get(log.name)?.length ?? 0) + (counts.get(log.name) ?? 0));
        };
        const readAll = async (): Promise<void> => {
          await follower.until(isAllRead);
          settle();
          for (const log of logs) log.isMet = existsSync(log.path);
        };
        const reopen = async (): Promise<void> => {
          await follower.close();
          unsettled = [];
          follower = await new Follower(context).open(options);
        };
        const rotations = { count: 0 };
        try {
          for (const { file, step } of steps) {
            const log = logs[file] as Log;
            const rotated = (): string => `${log.path}.${(rotations.count += 1)}`;
            if (step.kind === "append") {
              log.append(step.lines, step.width, step.isTorn);
              continue;
            }
            if (step.kind === "read") await readAll();
            if (step.kind === "restart") await reopen();
            if (step.kind === "crash") {
              follower.isCommitting = false;
              await follower.until(isAllRead);
              await reopen();
            }
            if (!existsSync(log.path)) continue;
            if (!log.isMet) await readAll();
            // An unfinished line stays unfinished when its file is rotated: a writer finishes it first.
            if (step.kind === "rename" || step.kind === "copytruncate" || step.kind === "remove" || step.kind === "compress") log.append(1, 0, false);
            if (step.kind === "rename") renameSync(log.path, rotated());
            if (step.kind === "copytruncate") {
              await readAll();
              copyFileSync(log.path, rotated());
              truncateSync(log.path);
            }
            if (step.kind === "remove") {
              await readAll();
              rmSync(log.path);
            }
            if (step.kind === "compress") {
              const away = rotated();
              renameSync(log.path, away);
              await readAll();
              writeFileSync(`${away}.gz.tmp-`, gzipSync(readFileSync(away)));
              renameSync(`${away}.gz.tmp-`, `${away}.gz`);
              rmSync(away);
            }
            log.isMet &&= existsSync(log.path);
          }
          await readAll();
          await follower.quiet(60);
          for (const log of logs) assert.deepEqual(committed.get(log.name), Array.from({ length: log.whole }, (_, number) => number), log.name);
        } finally {
          await follower.close();
        }
      }),
      { numRuns: Number(process.env["DURE_TEST_RUNS"] ?? 30), examples: FOUND },
    ));
}
