// What every output promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { Output, OutputPlugin } from "../plugin.ts";
import { linesBatch, recordsBatch, recordsOf, testContext, testPool } from "../testing.ts";
import { WITHIN_MS, fieldsBatch } from "./stream.ts";
import type { Fields } from "./stream.ts";

/** What may be wrong with a far side: it says not now, or never; or it says nothing at all. */
export type Trouble = "refuses for now" | "refuses for good" | "is silent";

/** Where the output under test writes to. */
export interface FarSide extends AsyncDisposable {
  /** Options of the output that lead here, as a user would write them. */
  readonly options: Fields;
  /** The field `message` of all records it has, in the order they came. Absent where nothing can be asked. */
  texts?(): readonly string[] | Promise<readonly string[]>;
  /** From now on it behaves so. Called with what `troubles` names, and with "accepts" after it. */
  behave?(how: Trouble | "accepts"): void;
}

export interface OutputUnderTest {
  readonly plugin: OutputPlugin;
  /** A far side that accepts. `dir` is a folder of its own for the test. */
  arrange(dir: string): Promise<FarSide>;
  readonly troubles?: readonly Trouble[];
  /** Options that lead to where nobody answers. */
  away?(): Promise<Fields>;
}

const soon = (): AbortSignal => AbortSignal.timeout(WITHIN_MS);
const FORMS: readonly ((pool: ChunkPool, texts: readonly string[]) => Batch)[] = [
  (pool, texts) => linesBatch(pool, texts.join("\n")),
  (pool, texts) => recordsBatch(pool, texts.map((message) => ({ message }))),
  (pool, texts) => fieldsBatch(pool, texts.map((message) => ({ message }))),
];

/**
 * Registers tests of an output with node:test: batches of each form are there when `write` has resolved, once and in order, and stay the
 * pipeline's; a far side that refuses for now makes `write` reject so that it is tried again, and the same batch can be written then; one
 * that refuses for good makes it reject with PermanentError or hand the records back; a write ends with its signal and with `close`;
 * closing twice is harmless; all memory comes back.
 *
 * ```ts
 * outputConformance({
 *   plugin: webhook,
 *   async arrange() {
 *     const server = await startServer();
 *     return {
 *       options: { url: server.url },
 *       texts: () => server.messages,
 *       behave: (how) => void (server.status = how === "accepts" ? 200 : how === "refuses for now" ? 503 : 400),
 *       [Symbol.asyncDispose]: () => server.close(),
 *     };
 *   },
 *   troubles: ["refuses for now", "refuses for good"],
 *   away: async () => ({ url: `http://127.0.0.1:${await freePort()}` }),
 * });
 * ```
 */
export function outputConformance({ plugin, arrange, troubles = [], away }: OutputUnderTest): void {
  const name = `out.${plugin.name} conforms:`;

  /** Opens the output on a far side, does the work twice, and sees that the second time left no memory behind. */
  async function on(work: (output: Output, pool: ChunkPool, far: FarSide) => Promise<void>): Promise<void> {
    const pool = testPool();
    let restBytes = 0;
    for (const isWarm of [false, true]) {
      await using context = await testContext({ pool });
      await using far = await arrange(context.dataDir);
      const output = await plugin.open(plugin.options.parse(far.options), context);
      try {
        await work(output, pool, far);
      } finally {
        await output.close();
        await output.close();
      }
      if (isWarm) assert.equal(pool.usedBytes, restBytes, "all memory comes back");
      restBytes = pool.usedBytes;
    }
  }

  test(`${name} what is written is there, in each form, once and in order`, () =>
    on(async (output, pool, far) => {
      const sent: string[] = [];
      for (let turn = 0; turn < 9; turn += 1) {
        const texts = [`${turn} 가나다`, `${turn} "quoted" \\ \t`, `${turn} ${"x".repeat(5000)}`];
        sent.push(...texts);
        await written(output, FORMS[turn % FORMS.length]?.(pool, texts));
      }
      await written(output, linesBatch(pool, ""));
      await arrived(far, sent);
    }));

  test(`${name} as many writes at a time as it says lose nothing`, () =>
    on(async (output, pool, far) => {
      const { concurrency = 1 } = output;
      assert.ok(Number.isInteger(concurrency) && 1 <= concurrency);
      const sent = Array.from({ length: concurrency * 5 }, (_, index) => `${index}`);
      for (let at = 0; at < sent.length; at += concurrency) await Promise.all(sent.slice(at, at + concurrency).map((text) => written(output, linesBatch(pool, text))));
      await arrived(far, sent, concurrency === 1);
    }));

  test(`${name} a write whose signal has aborted comes to an end`, () =>
    on(async (output, pool) => {
      const batch = linesBatch(pool, "stopped");
      await within(output.write(batch, AbortSignal.abort()).then(() => undefined, () => undefined));
      stillWhole(batch, ["stopped"]);
    }));

  if (troubles.includes("refuses for now")) {
    test(`${name} refused for now, a batch is tried again and written then`, () =>
      on(async (output, pool, far) => {
        const texts = ["먼저", "second"];
        for (const batchOf of FORMS) {
          far.behave?.("refuses for now");
          const batch = batchOf(pool, texts);
          const error = await failureOf(output.write(batch, soon()));
          assert.ok(!(error instanceof PermanentError), `tried again, not given up: ${error.message}`);
          far.behave?.("accepts");
          await within(output.write(batch, soon()));
          stillWhole(batch, texts);
        }
        await arrived(far, FORMS.flatMap(() => texts));
      }));
  }

  if (troubles.includes("refuses for good")) {
    test(`${name} refused for good, a batch goes to the dead letters, and the next is written`, () =>
      on(async (output, pool, far) => {
        far.behave?.("refuses for good");
        const batch = recordsBatch(pool, [{ message: "bad" }]);
        const result = await within(output.write(batch, soon()).catch((error: unknown) => error));
        if (result instanceof Error) assert.ok(result instanceof PermanentError, `it will never be taken: ${result.message}`);
        else {
          const refused = (result as { refused?: readonly { batch: Batch; reason: Error }[] } | undefined)?.refused ?? [];
          assert.deepEqual(refused.flatMap((part) => recordsOf(part.batch)), [{ message: "bad" }]);
          for (const part of refused) part.batch.release();
        }
        stillWhole(batch, ["bad"]);
        far.behave?.("accepts");
        await written(output, recordsBatch(pool, [{ message: "good" }]));
        await arrived(far, ["good"]);
      }));
  }

  if (troubles.includes("is silent")) {
    for (const [end, when, rounds] of [["its signal", "later", 20], ["close", "later", 20], ["close", "at once", 0]] as const) {
      test(`${name} a write to a far side that is silent ends with ${end} ${when}`, () =>
        on(async (output, pool, far) => {
          far.behave?.("is silent");
          const stop = new AbortController();
          const batch = linesBatch(pool, "unheard");
          const failure = failureOf(output.write(batch, stop.signal));
          for (let round = 0; round < rounds; round += 1) await new Promise(setImmediate);
          if (end === "close") await within(output.close());
          else stop.abort();
          await failure;
          stillWhole(batch, ["unheard"]);
        }));
    }
  }

  if (away !== undefined) {
    test(`${name} nobody there is no reason to give a batch up`, async () => {
      await using context = await testContext();
      const output = await plugin.open(plugin.options.parse(await away()), context);
      const batch = linesBatch(context.pool, "waits");
      const error = await failureOf(output.write(batch, soon()));
      assert.ok(!(error instanceof PermanentError), error.message);
      stillWhole(batch, ["waits"]);
      if (output.healthy !== undefined) assert.equal(await within(output.healthy(soon())), false);
      await output.close();
      await output.close();
    });
  }
}

/** Writes a batch that stays the pipeline's, and lets go of it. */
async function written(output: Output, batch: Batch | undefined): Promise<void> {
  assert.ok(batch !== undefined);
  const texts = textsOf(batch);
  const result = await within(output.write(batch, soon()));
  assert.deepEqual(result?.refused ?? [], []);
  stillWhole(batch, texts);
}

/** The output let go of the batch, and the pipeline can read it yet; it is released. */
function stillWhole(batch: Batch, texts: readonly string[]): void {
  assert.equal(batch.isReleased, false, "an output does not release the batch");
  assert.deepEqual(textsOf(batch), texts);
  batch.release();
  assert.equal(batch.isReleased, true, "nor does it hold it longer than it writes");
}

/** What has no ack may come a little after the write; more than was sent never comes. */
async function arrived(far: FarSide, sent: readonly string[], isOrdered = true): Promise<void> {
  if (far.texts === undefined) return;
  const deadline = soon();
  while ((await far.texts()).length < sent.length && !deadline.aborted) await new Promise(setImmediate);
  const texts = [...(await far.texts())];
  if (isOrdered) assert.deepEqual(texts, sent);
  else assert.deepEqual(texts.toSorted(), [...sent].toSorted());
}

async function failureOf(write: Promise<unknown>): Promise<Error> {
  const outcome = await within(write.then(() => "written", (error: unknown) => error));
  assert.ok(outcome instanceof Error, "the write rejects");
  return outcome;
}

async function within<T>(work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = new Promise<never>((_, reject) => {
    const timeout = setTimeout(() => reject(new assert.AssertionError({ message: `it ends within ${WITHIN_MS} ms` })), WITHIN_MS);
    timer.signal.addEventListener("abort", () => clearTimeout(timeout));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

function textsOf(batch: Batch): string[] {
  return recordsOf(batch).map((record) => String(record["message"]));
}
