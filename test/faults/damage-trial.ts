// Hurts what an agent left on the disk, one byte of one pipeline's file each, and starts it again on all of it at once: many
// pipelines of one agent, so that a thousand places cost no thousand starts.
import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FRAME_MAGIC } from "#dataplane/frames.ts";
import { until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import { startAgent } from "./agent.ts";
import { appendNumbered, numbersIn, numbersOf } from "./numbered.ts";

export interface Damage {
  /** `flip` turns one bit round; `torn` cuts the file off before this byte. */
  readonly kind: "flip" | "torn";
  /** Byte of the file; taken modulo its size. */
  readonly at: number;
  readonly bit: number;
}

export interface DamageResult {
  /** Size of the largest file: whoever wants every byte needs it. */
  readonly fileBytes: number;
  /** What was not as it must be, with the place. Empty: all is well. */
  readonly failures: readonly string[];
  /** Lines that came twice, over all pipelines. */
  readonly again: number;
}

const PARTS = 4;
const LINES_A_PART = 6;
const WIDTH = 40;
const ARRIVE_MS = 60_000;
const LINES = PARTS * LINES_A_PART;

/** A disk buffer before a receiver that is down; then its segments are hurt, and the receiver comes up. */
export async function hurtBuffers(dir: Folder, damages: readonly Damage[]): Promise<DamageResult> {
  await using receiver = await startForwardReceiver();
  await receiver.down();
  const log = dir.file("app.log");
  const names = damages.map((_, index) => `d${index}`);
  const pipelines = Object.fromEntries(
    names.map((name) => [
      name,
      {
        retry: { first: "50ms", most: "200ms" },
        steps: [
          { "in.FileTail": { path: log, tag: name } },
          { "buffer.Size": { bytes: "64KB", timeout: "20ms", storage: "disk" } },
          { "out.Fluentd": { host: "127.0.0.1", port: receiver.port } },
        ],
      },
    ]),
  );
  const fileOf = (name: string): string | undefined => segmentsIn(dir.file(".dure", "pipelines", name, "buffer-1"))[0];
  const before = startAgent(dir, pipelines);
  // One frame after the other, each in every buffer before the next.
  for (let part = 1; part <= PARTS; part += 1) {
    appendNumbered(log, (part - 1) * LINES_A_PART, part * LINES_A_PART, WIDTH);
    await until(() => names.every((name) => part * LINES_A_PART * WIDTH < sizeOf(fileOf(name))), `part ${part} in every buffer`, ARRIVE_MS);
  }
  await until(
    () => names.every((name) => positionsSay(dir.file(".dure", "positions", `${name}.pos`), LINES * WIDTH)),
    "every position is committed",
    ARRIVE_MS,
  );
  await before.kill();

  const expected = new Map<string, readonly number[]>();
  const silent = new Set<string>();
  let fileBytes = 0;
  for (const [index, name] of names.entries()) {
    const file = fileOf(name) ?? "";
    const damage = damages[index] ?? { kind: "flip", at: 0, bit: 0 };
    const bytes = readFileSync(file);
    fileBytes = Math.max(fileBytes, bytes.length);
    const at = damage.at % bytes.length;
    const frames = framesIn(bytes);
    const hurt = frames.findLastIndex(({ start }) => start <= at);
    expected.set(
      name,
      frames.flatMap(({ lines }, frame) => (frame < hurt || (damage.kind === "flip" && hurt < frame) ? lines : [])),
    );
    if (damage.kind === "torn" && frames.some(({ start }) => start === at)) silent.add(name); // Whole frames are left: nobody can tell.
    hurtFile(file, damage, at);
  }

  await receiver.up();
  const after = startAgent(dir, pipelines);
  await after.logged(/agent started/);
  appendNumbered(log, LINES, LINES + 1, WIDTH);
  const numbersOfTag = (name: string): number[] =>
    numbersOf(receiver.entries.filter((entry) => entry.tag === name).map(({ record }) => String(record["message"])));
  const lastOf = (): Set<string> =>
    new Set(receiver.entries.filter(({ record }) => Number.parseInt(String(record["message"]), 10) === LINES).map(({ tag }) => tag));
  const failures: string[] = [];
  await until(() => lastOf().size === names.length, "what is written later arrives behind the damage", ARRIVE_MS).catch((error: Error) =>
    failures.push(`${error.message}: only from ${lastOf().size} of ${names.length}`),
  );
  await after.stop();
  let again = 0;
  for (const [index, name] of names.entries()) {
    const numbers = numbersOfTag(name);
    const seen = new Set(numbers);
    again += numbers.length - seen.size;
    const missing = [...(expected.get(name) ?? []), LINES].filter((number) => !seen.has(number));
    const place = `buffer ${damages[index]?.kind} at ${damages[index]?.at} bit ${damages[index]?.bit}`;
    if (0 < missing.length) failures.push(`${place}: lost ${missing.length} lines that were not damaged, the first is ${missing[0]}`);
    const isSaid = new RegExp(` ${name} 2:buffer.Size .*(buffer damaged: bytes set aside|cut off)`).test(after.log());
    if (!isSaid && !silent.has(name)) failures.push(`${place}: nothing was said`);
  }
  return { fileBytes, failures, again };
}

/** A file copied to a file; then the positions of both are hurt. */
export async function hurtPositions(dir: Folder, damages: readonly Damage[]): Promise<DamageResult> {
  const log = dir.file("app.log");
  const names = damages.map((_, index) => `d${index}`);
  const pipelines = Object.fromEntries(
    names.map((name) => [name, [{ "in.FileTail": { path: log } }, { "out.File": { path: `out/${name}`, format: "lines" } }]]),
  );
  const outOf = (name: string): string => dir.file("out", name);
  const before = startAgent(dir, pipelines);
  for (let part = 1; part <= PARTS; part += 1) {
    appendNumbered(log, (part - 1) * LINES_A_PART, part * LINES_A_PART, WIDTH);
    await until(() => names.every((name) => sizeOf(outOf(name)) === part * LINES_A_PART * WIDTH), `part ${part} in every file`, ARRIVE_MS);
  }
  await until(
    () => names.every((name) => positionsSay(dir.file(".dure", "positions", `${name}.pos`), LINES * WIDTH)),
    "every position is committed",
    ARRIVE_MS,
  );
  await before.kill();

  let fileBytes = 0;
  const silent = new Set<string>();
  /** Nothing is known any more, or nothing of the output: all is read and written again. */
  const forgotten = new Set<string>();
  for (const [index, name] of names.entries()) {
    const file = dir.file(".dure", "positions", `${name}.pos`);
    const damage = damages[index] ?? { kind: "flip", at: 0, bit: 0 };
    const bytes = readFileSync(file);
    fileBytes = Math.max(fileBytes, bytes.length);
    const at = damage.at % bytes.length;
    if (damage.kind === "torn" && (at === 0 || bytes[at - 1] === 10)) silent.add(name); // Whole lines are left: nobody can tell.
    const [copies, firstCommit] = [lineEnd(bytes, 2), lineEnd(bytes, 3)];
    if (at < firstCommit && (damage.kind === "torn" || copies <= at)) forgotten.add(name);
    hurtFile(file, damage, at);
  }

  const after = startAgent(dir, pipelines);
  await after.logged(/agent started/);
  appendNumbered(log, LINES, LINES + 1, WIDTH);
  const failures: string[] = [];
  await until(() => names.every((name) => numbersIn(outOf(name)).includes(LINES)), "what is written later arrives in spite of the damage", ARRIVE_MS).catch(
    (error: Error) => failures.push(`${error.message}: not in ${names.filter((name) => !numbersIn(outOf(name)).includes(LINES)).join(" ")}`),
  );
  await after.stop();
  let again = 0;
  for (const [index, name] of names.entries()) {
    const numbers = numbersIn(outOf(name));
    const seen = new Set(numbers);
    again += numbers.length - seen.size;
    const place = `positions ${damages[index]?.kind} at ${damages[index]?.at} bit ${damages[index]?.bit}`;
    if (numbers.length !== seen.size && !forgotten.has(name)) failures.push(`${place}: ${numbers.length - seen.size} lines came twice`);
    if (seen.size !== LINES + 1) failures.push(`${place}: ${seen.size} of ${LINES + 1} lines are there`);
    if (!silent.has(name) && !new RegExp(` ${name} .*position file damaged`).test(after.log())) failures.push(`${place}: nothing was said`);
  }
  return { fileBytes, failures, again };
}

function hurtFile(file: string, { kind, bit }: Damage, at: number): void {
  if (kind === "torn") return truncateSync(file, at);
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  writeFileSync(file, bytes);
}

/** Where each frame begins, and the numbers of the lines in it. */
function framesIn(bytes: Buffer): { readonly start: number; readonly lines: readonly number[] }[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf(FRAME_MAGIC); at !== -1; at = bytes.indexOf(FRAME_MAGIC, at + 1)) starts.push(at);
  return starts.map((start, index) => ({
    start,
    lines: [...bytes.toString("latin1", start, starts[index + 1] ?? bytes.length).matchAll(/(\d+) x+\n/g)].map(([, number]) => Number(number)),
  }));
}

/** Where the n-th line ends. */
function lineEnd(bytes: Buffer, lines: number): number {
  let end = 0;
  for (let line = 0; line < lines; line += 1) end = bytes.indexOf(10, end) + 1;
  return end;
}

function segmentsIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith(".seg"))
    .sort()
    .map((name) => join(dir, name));
}

function sizeOf(file: string | undefined): number {
  return file !== undefined && existsSync(file) ? statSync(file).size : 0;
}

/** Whether the last commit of a position file says that the source was read up to `offset`. */
function positionsSay(file: string, offset: number): boolean {
  return existsSync(file) && (readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "").includes(`"offset":${offset}`);
}
