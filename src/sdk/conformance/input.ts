// What every input promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Input, InputPlugin } from "../plugin.ts";
import { recordsOf, testContext } from "../testing.ts";
import type { TestContext } from "../testing.ts";
import { WITHIN_MS } from "./stream.ts";
import type { Fields } from "./stream.ts";

/** Where the input under test reads from. */
export interface Source extends AsyncDisposable {
  /** Options of the input that lead here, as a user would write them. */
  readonly options: Fields;
  /** Gives lines on. The input is open; where it listens it has logged its `port`. Absent where the input makes its own. */
  give?(texts: readonly string[], port: number): void | Promise<void>;
}

export interface InputUnderTest {
  readonly plugin: InputPlugin;
  /** A source with nothing in it. `dir` is a folder of its own for the test, where relative paths begin. */
  arrange(dir: string): Promise<Source>;
  /** How many records to read of an input that makes its own; all passes make the same. */
  readonly makes?: number;
  /** Whether it goes on behind what was committed, with all that was not. */
  readonly isResuming: boolean;
  /** Whether a source cannot be made to wait, so that what finds no room is lost. */
  readonly isLossy?: boolean;
  /** What tells records apart; by default the field `message`. */
  textOf?(record: Fields): string;
}

const MEMORY = new ChunkMemory({ bytesMax: 128 << 20 });
const LIMIT_BYTES = 4 << 20;
const ROWS = 40;
const soon = (): AbortSignal => AbortSignal.timeout(WITHIN_MS);

interface Stage {
  readonly context: TestContext;
  input: Input;
  give(texts: readonly string[]): Promise<void>;
  /** Reads so many records, or one delivery where none is said; commits and acks unless told otherwise. */
  take(rows?: number, isWritten?: boolean): Promise<string[]>;
  reopen(): Promise<void>;
}

/**
 * Registers tests of an input with node:test: what its source gives is delivered once and in order; behind a commit a new run goes on,
 * and what was not committed comes again; a read ends with its signal, and the next one goes on, so that nothing is lost or doubled by it;
 * full memory makes it wait; closing twice is harmless; all memory comes back.
 *
 * ```ts
 * inputConformance({
 *   plugin: spoolDir,
 *   isResuming: true,
 *   async arrange(dir) {
 *     let files = 0;
 *     return {
 *       options: { path: dir },
 *       give: (texts) => writeFile(join(dir, `${(files += 1)}.log`), texts.join("\n")),
 *       async [Symbol.asyncDispose]() {},
 *     };
 *   },
 * });
 * ```
 */
export function inputConformance({ plugin, arrange, makes, isResuming, isLossy = false, textOf = (record) => String(record["message"]) }: InputUnderTest): void {
  const name = `in.${plugin.name} conforms:`;

  async function on(work: (stage: Stage) => Promise<void>): Promise<void> {
    await using context = await testContext({ pool: MEMORY.pool(LIMIT_BYTES) });
    await using source = await arrange(context.configDir);
    const open = (): Promise<Input> => plugin.open(plugin.options.parse(source.options), context);
    const stage: Stage = {
      context,
      input: await open(),
      async give(texts) {
        await source.give?.(texts, Number(context.said.findLast(({ fields }) => "port" in fields)?.fields["port"]));
      },
      async take(rows, isWritten = true) {
        const texts: string[] = [];
        const signal = soon();
        do {
          const delivery = await stage.input.read(signal);
          assert.ok(delivery !== undefined, `${texts.length} of ${rows ?? "some"} records came: ${JSON.stringify(context.said.at(-1))}`);
          assert.ok(0 < delivery.batch.count, "a delivery holds something");
          texts.push(...recordsOf(delivery.batch).map(textOf));
          delivery.batch.release();
          assert.equal(delivery.batch.isReleased, true, "a batch is its reader's alone");
          if (isWritten) commit(context.store, delivery.positions);
          if (isWritten) await delivery.ack?.();
          else delivery.nack?.();
        } while (texts.length < (rows ?? 1));
        return texts;
      },
      async reopen() {
        await stage.input.close();
        stage.input = await open();
      },
    };
    try {
      await work(stage);
    } finally {
      await stage.input.close();
      await stage.input.close();
    }
    assert.equal(context.pool.usedBytes, 0, "all memory comes back");
  }
  const linesFrom = (first: number): string[] => Array.from({ length: ROWS }, (_, index) => `${first + index} 가나다 ${"x".repeat(index)}`);

  test(`${name} what its source has is delivered once and in order`, async () => {
    if (makes !== undefined) {
      let before: string[] | undefined;
      for (let pass = 0; pass < 2; pass += 1) {
        await on(async ({ take }) => {
          const texts = (await take(makes)).slice(0, makes);
          same(texts, before ?? texts);
          before = texts;
        });
      }
      return;
    }
    await on(async ({ give, take }) => {
      for (const first of [0, 100, 200]) {
        await give(linesFrom(first));
        assert.deepEqual(await take(ROWS), linesFrom(first));
      }
    });
  });

  if (isResuming) {
    test(`${name} a new run goes on behind what was committed, and has the rest again`, async () => {
      if (makes !== undefined) {
        let whole: string[] = [];
        await on(async ({ take }) => void (whole = await take(makes)));
        await on(async (stage) => {
          const texts = await stage.take();
          assert.ok(texts.length < makes, "there is a rest");
          await stage.take(undefined, false);
          await stage.reopen();
          texts.push(...(await stage.take(makes - texts.length)));
          same(texts, whole);
        });
        return;
      }
      await on(async (stage) => {
        await stage.give(linesFrom(0));
        assert.deepEqual(await stage.take(ROWS), linesFrom(0));
        await stage.give(linesFrom(100));
        assert.deepEqual(await stage.take(ROWS, false), linesFrom(100));
        await stage.reopen();
        assert.deepEqual(await stage.take(ROWS), linesFrom(100));
        await stage.reopen();
        await stage.give(linesFrom(200));
        assert.deepEqual(await stage.take(ROWS), linesFrom(200), "nothing comes twice");
      });
    });
  }

  test(`${name} a read ends with its signal, and loses nothing by it`, () =>
    on(async ({ input, give, take }) => {
      assert.equal(await within(input.read(AbortSignal.abort())), undefined);
      if (makes !== undefined) return void (await take(makes));
      const stop = new AbortController();
      const reading = within(input.read(stop.signal));
      for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
      stop.abort();
      assert.equal(await reading, undefined);
      await give(linesFrom(0));
      assert.deepEqual(await take(ROWS), linesFrom(0));
    }));

  test(`${name} reads that their signals end, however soon, lose and double nothing`, () =>
    on(async ({ context, input, give, take }) => {
      const expected = [0, 100, 200].flatMap(linesFrom);
      const wanted = makes ?? expected.length;
      const given = (async () => {
        if (makes === undefined) for (const first of [0, 100, 200]) await give(linesFrom(first));
      })();
      const texts: string[] = [];
      for (let round = 0; round < 200 && texts.length < wanted; round += 1) {
        const stop = new AbortController();
        const reading = within(input.read(stop.signal));
        for (let turn = 0; turn < round % 7; turn += 1) await new Promise(setImmediate);
        stop.abort();
        const delivery = await reading;
        if (delivery === undefined) continue;
        texts.push(...recordsOf(delivery.batch).map(textOf));
        delivery.batch.release();
        commit(context.store, delivery.positions);
        await delivery.ack?.();
      }
      await given;
      if (texts.length < wanted) texts.push(...(await take(wanted - texts.length)));
      if (makes === undefined) assert.deepEqual(texts, expected);
      else assert.equal(new Set(texts).size, new Set(texts.slice(0, makes)).size, "what is made goes on");
    }));

  test(`${name} full memory makes it wait, not fail`, () =>
    on(async ({ context, input, give, take }) => {
      const hold = context.pool.take(LIMIT_BYTES);
      try {
        const given = give(linesFrom(0));
        const stop = new AbortController();
        const reading = within(input.read(stop.signal));
        for (let round = 0; round < 50; round += 1) await new Promise(setImmediate);
        stop.abort();
        const delivery = await reading;
        assert.equal(delivery, undefined, "nothing is read while there is no room, and the wait ends with the signal");
        await given;
      } finally {
        hold.release();
      }
      if (makes !== undefined) return void (await take(makes));
      if (isLossy) await give(linesFrom(0));
      assert.deepEqual((await take(ROWS)).slice(0, ROWS), linesFrom(0));
    }));

  test(`${name} closed with something in it, it gives all memory back`, () =>
    on(async ({ give, take }) => {
      await give(linesFrom(0));
      await take();
      await give(linesFrom(100));
    }));
}

/** Says where many texts differ first: to print all of them would take minutes. */
function same(texts: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((text, index) => texts[index] !== text);
  if (at !== -1) assert.equal(texts[at], expected[at], `record ${at}`);
  assert.equal(texts.length, expected.length);
}

function commit(store: Map<string, JsonValue>, positions: Readonly<Record<string, JsonValue>> = {}): void {
  for (const [key, value] of Object.entries(positions)) {
    if (value === null) store.delete(key);
    else store.set(key, JSON.parse(JSON.stringify(value)) as JsonValue);
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  const signal = soon();
  const late = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new assert.AssertionError({ message: `it ends within ${WITHIN_MS} ms` }))));
  return await Promise.race([work, late]);
}
