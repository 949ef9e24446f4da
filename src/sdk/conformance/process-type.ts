// What every type of process promises, as tests of one.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { ActiveProcess, ProcessPlace, ProcessType, ProcessTypeContext } from "../process-type.ts";
import { WITHIN_MS } from "./stream.ts";

export interface ProcessTypeUnderTest {
  readonly type: ProcessType;
  /** As a user would write them behind `options:`; none without it. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of a type that prepares a command: what the config and an upload bring, beside the work folder. `dir` is a folder of its own for the test. */
  place?(dir: string): Partial<ProcessPlace> | Promise<Partial<ProcessPlace>>;
  /** Of a type that handles events: some of them, and what it prints for each. */
  readonly events?: readonly { readonly event: string; readonly printed: readonly string[] }[];
  /** An event that it cannot handle. */
  readonly faulty?: string;
  /** Options that its schema refuses. */
  readonly refused?: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Registers tests of a type with node:test: its words are there in both languages, its options are plain JSON after parsing; a command it prepares is
 * whole, the same each time, and leaves what it was given as it was; events are handled one after the other and printed as lines, a fault is a
 * rejection, two instances know nothing of each other, and an end that is asked for comes.
 *
 * ```ts
 * processTypeConformance({ type: upper, events: [{ event: "가a", printed: ["가A"] }] });
 * ```
 */
export function processTypeConformance(under: ProcessTypeUnderTest): void {
  const { type, options = {}, refused = [] } = under;
  const of = (what: string): string => `${type.name}: ${what}`;

  test(of("says in both languages what it is, and what each option does"), () => {
    assert.match(type.name, /^[A-Za-z][\w.-]*$/);
    for (const text of [type.summary.en, type.summary.ko]) assert.notEqual(text.trim(), "");
    const shape = (type.options as { readonly shape?: Readonly<Record<string, { meta?(): Readonly<Record<string, unknown>> | undefined }>> }).shape ?? {};
    for (const [name, schema] of Object.entries(shape)) for (const key of ["description", "ko"]) assert.equal(typeof schema.meta?.()?.[key], "string", `${name} has \`${key}\` in its meta`);
  });

  test(of("options are plain JSON, and what is wrong is refused"), () => {
    const parsed = type.options.parse(options);
    assert.deepEqual(JSON.parse(JSON.stringify(parsed)), parsed);
    for (const wrong of refused) assert.equal(type.options.safeParse(wrong).success, false, JSON.stringify(wrong));
  });

  if ("prepare" in type) testCommand(type, under, of);
  else testEvents(type, under, of);
}

function testCommand(type: Extract<ProcessType, { prepare: unknown }>, { options = {}, place }: ProcessTypeUnderTest, of: (what: string) => string): void {
  test(of("prepares a whole command, the same each time"), async () => {
    await inFolder(async (dir) => {
      const given = await placeIn(dir, place);
      const before = structuredClone(given);
      const prepare = async () => type.prepare(type.options.parse(options), given);
      const { command, cwd, env = {} } = await prepare();
      assert.ok(0 < command.length && command.every((word) => typeof word === "string" && !word.includes("\0")), JSON.stringify(command));
      assert.notEqual(command[0], "");
      if (cwd !== undefined) assert.ok(isAbsolute(cwd), cwd);
      for (const value of Object.values(env)) assert.equal(typeof value, "string");
      assert.deepEqual(await prepare(), { command, ...(cwd === undefined ? {} : { cwd }), ...(0 < Object.keys(env).length ? { env } : {}) });
      assert.deepEqual(given, before);
    });
  });

  test(of("without a command and a program it prepares one of its own, or says what is missing"), async () => {
    await inFolder(async (dir) => {
      const bare: ProcessPlace = { process: "conformance", platform: process.platform, workDir: dir, command: [] };
      try {
        assert.ok(0 < (await type.prepare(type.options.parse(options), bare)).command.length);
      } catch (error) {
        assert.ok(error instanceof UsageError, `a UsageError, not ${String(error)}`);
        assert.ok(error.ko !== undefined, "in Korean too");
      }
    });
  });
}

function testEvents(type: Extract<ProcessType, { activate: unknown }>, { options = {}, events = [], faulty }: ProcessTypeUnderTest, of: (what: string) => string): void {
  const handleAll = async (active: ActiveProcess, signal: AbortSignal): Promise<void> => {
    for (const { event, printed } of events) {
      const lines = await within(active.run(event, signal));
      assert.deepEqual(lines, printed, event);
      for (const line of lines) assert.doesNotMatch(line, /[\r\n]/, "an event is a line");
    }
  };

  test(of("handles events one after the other; two instances know nothing of each other; both end when they are asked to"), async () => {
    await inFolder(async (dir) => {
      const ending = new AbortController();
      const actives = await Promise.all([1, 2].map((instance) => type.activate(type.options.parse(options), contextIn(dir, instance, ending.signal))));
      for (const active of actives) await handleAll(active, ending.signal);
      ending.abort();
      for (const active of actives) await within(Promise.resolve(active.terminate?.()));
    });
  });

  test(of("what it cannot handle is a rejection, which the agent tries again or puts aside"), { skip: faulty === undefined && "every line is an event for it" }, async () => {
    await inFolder(async (dir) => {
      const ending = new AbortController();
      const active = await type.activate(type.options.parse(options), contextIn(dir, 1, ending.signal));
      await assert.rejects(within(active.run(faulty ?? "", ending.signal)));
      await handleAll(active, ending.signal);
      await within(Promise.resolve(active.terminate?.()));
    });
  });

  test(of("an end in the midst of an event comes soon"), { skip: events.length === 0 && "no event is given" }, async () => {
    await inFolder(async (dir) => {
      const ending = new AbortController();
      const active = await type.activate(type.options.parse(options), contextIn(dir, 1, ending.signal));
      const running = active.run(events[0]?.event ?? "", ending.signal);
      ending.abort();
      await within(running.catch(() => [])); // Done or given up: the agent hands it over again.
      await within(Promise.resolve(active.terminate?.()));
    });
  });
}

async function placeIn(dir: string, place: ProcessTypeUnderTest["place"]): Promise<ProcessPlace> {
  return { process: "conformance", platform: process.platform, workDir: dir, command: [], ...(await place?.(dir)) };
}

function contextIn(workDir: string, instance: number, signal: AbortSignal): ProcessTypeContext {
  return { process: "conformance", instance, workDir, signal, print: async () => {}, say() {} };
}

async function inFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-type-"));
  try {
    for (const name of ["extract", "transform", "check"]) mkdirSync(join(dir, name));
    await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Rejects when it takes too long. */
async function within<Value>(work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done within ${WITHIN_MS} ms`)), WITHIN_MS);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
