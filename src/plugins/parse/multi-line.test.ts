import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "#base/json.ts";
import { StillClock } from "#base/still-clock.ts";
import { Batch } from "#dataplane/batch.ts";
import { KIND, NO_TIME, STATUS } from "#dataplane/layout.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { Delivery, OpenBuffer } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { multiLine } from "./multi-line.ts";

const neverSettles = async (): Promise<void> => {
  throw new Error("positions go on with what is given on");
};
const never = new AbortController().signal;

const open = (options: Record<string, unknown>, context: TestContext): Promise<OpenBuffer> => multiLine.open(multiLine.options.parse({ timeout: "1h", ...options }), context);

/** Ends the step and reads all; what is committed goes to the context's store, as a pipeline would have it. */
async function rest(step: OpenBuffer, context: TestContext): Promise<Record<string, unknown>[]> {
  step.end();
  const records: Record<string, unknown>[] = [];
  for (let delivery = await step.read(never); delivery !== undefined; delivery = await step.read(never)) records.push(...taken(delivery, context));
  return records;
}

function taken(delivery: Delivery | undefined, context: TestContext): Record<string, unknown>[] {
  assert(delivery !== undefined);
  const records = recordsOf(delivery.batch);
  for (const [key, value] of Object.entries(delivery.positions ?? {})) {
    if (value === null) context.store.delete(key);
    else context.store.set(key, JSON.parse(JSON.stringify(value)) as JsonValue);
  }
  void delivery.ack?.();
  delivery.batch.release();
  return records;
}

async function eventsOf(options: Record<string, unknown>, texts: readonly (string | Buffer)[]): Promise<string[]> {
  await using context = await testContext();
  const step = await open(options, context);
  const records: Record<string, unknown>[] = [];
  for (const [at, text] of texts.entries()) {
    assert.equal(await step.append({ batch: linesBatch(context.pool, text), positions: { at } }, neverSettles), true);
    // What is ready, without waiting for more.
    for (let delivery = await step.read(AbortSignal.abort()); delivery !== undefined; delivery = await step.read(AbortSignal.abort())) records.push(...taken(delivery, context));
  }
  records.push(...(await rest(step, context)));
  await step.close();
  assert.equal(context.pool.usedBytes, 0);
  assert.equal(context.store.get("at"), texts.length - 1, "in the end every position is committed");
  assert.deepEqual([...context.store.keys()], ["at"], "and nothing else is left in the store");
  return records.map((record) => String(record["message"]));
}

/** A table over lines `x text` with the field `message`, or one whose rows are `{message: line}` without it. */
function fieldsBatch(pool: ChunkPool, texts: readonly string[], hasColumn: boolean): Batch {
  const lines = linesBatch(pool, texts.map((text) => (hasColumn ? `x ${text}` : text)).join("\n"));
  const table = pool.take(texts.length * 28);
  let at = lines.pointer;
  for (const [row, text] of texts.entries()) {
    const length = Buffer.byteLength(text) + (hasColumn ? 2 : 0);
    const head = [at, length, hasColumn ? STATUS.parsed : STATUS.unmatched, 0, NO_TIME];
    pool.memory.words.set(hasColumn ? [...head, at + 2, length - 2] : head, (table.pointer >>> 2) + row * (hasColumn ? 7 : 5));
    at += length + 1;
  }
  return Batch.fields(lines, table, { rows: texts.length, columns: hasColumn ? [{ name: "message", kind: KIND.string }] : [], dropped: 0, isDisjoint: true });
}

const EVENTS: Record<string, readonly string[]> = {
  java: [
    "2026-01-02 03:04:05 INFO started",
    "2026-01-02 03:04:06 ERROR it failed\njava.lang.IllegalStateException: 잘못된 상태\n\tat com.example.Main.run(Main.java:10)\n\t... 3 more\nCaused by: java.io.IOException: disk\n\tat com.example.Disk.write(Disk.java:5)",
    "java.lang.RuntimeException: alone\n\tat a.B.c(B.java:1)",
    "java.lang.RuntimeException: and again\n\tat a.B.c(B.java:1)",
    "2026-01-02 03:04:07 INFO java.lang.Runtime is a class",
    "2026-01-02 03:04:08 INFO end",
  ],
  dotnet: ["info: App[0]", "fail: App[1]\n      it failed\nSystem.InvalidOperationException: bad\n   at App.Main() in /src/App.cs:line 3\n ---> System.Exception: inner\n   --- End of inner exception stack trace ---", "info: App[2]"],
  python: [
    "INFO one",
    'ERROR failed\nTraceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 3, in <module>\nValueError: 값',
    "Traceback (most recent call last):\n  File \"b.py\", line 1\nZeroDivisionError: division by zero",
    "INFO three",
  ],
  node: ["listening", "Error: boom\n    at f (/app/a.js:1:2) {\n  code: 'E',\n}", "next"],
  ruby: ["I, [2026] ok", "E, [2026] failed\nRuntimeError (bad):\napp/models/user.rb:3:in 'check'\napp/x.rb:1:in `y'", "a.rb:1:in 'f': bad (RuntimeError)\n\tfrom a.rb:3:in '<main>'", "I, [2026] ok"],
  go: [
    "2026/01/02 03:04:05 ready",
    "panic: runtime error: index out of range [5]\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/app/main.go:7 +0x1d\nmain.main()\n\t/app/main.go:3 +0x1d\nexit status 2",
    "2026/01/02 03:04:06 http: panic serving 127.0.0.1:5: bad\ngoroutine 8 [running]:\nnet/http.(*conn).serve.func1()\n\t/go/server.go:1 +0xbf\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/go/server.go:3 +0x1",
    "2026/01/02 03:04:07 ready",
  ],
};

for (const [preset, events] of Object.entries(EVENTS)) {
  test(`${preset}: stack traces join the line they belong to, wherever the stream is cut`, async () => {
    const lines = `${events.join("\n")}\n`;
    assert.deepEqual(await eventsOf({ preset }, [lines]), events);
    // Each line a batch of its own, and with Windows newlines.
    assert.deepEqual(await eventsOf({ preset }, lines.split("\n").slice(0, -1).map((line) => `${line}\n`)), events);
    assert.deepEqual((await eventsOf({ preset }, [lines.replaceAll("\n", "\r\n")])).map((event) => event.replaceAll("\r", "")), events);
  });
}

const OWN: readonly { readonly options: Record<string, unknown>; readonly events: readonly string[] }[] = [
  { options: { start: String.raw`^\d{4}-\d\d` }, events: ["2026-01 a\nb\n\n  c", "2026-02 d"] },
  { options: { start: "^시작" }, events: ["시작 1\n이어서", "시작 2\n끝"] },
  { options: { start: "/^begin/i", end: "^done" }, events: ["BEGIN a\nx\ndone", "y\nz", "begin b\ndone", "w"] },
  { options: { continue: String.raw`^[+\s]` }, events: ["a\n+b\n\tc", "d"] },
  { options: { continue: "^>", negate: true }, events: [">a\nb\nc", ">d"] },
  { options: { start: "^#", negate: true }, events: ["a\n#b", "c\n#d\n#e", "f"] },
  { options: { continue: String.raw`\\$` }, events: ["a\nb\\\nc\\", "d"] },
  { options: { end: ";$" }, events: ["select 1\nfrom a;", "select 2;", "select\n3;"] },
];
for (const { options, events } of OWN) test(`own patterns: ${JSON.stringify(options)}`, async () => assert.deepEqual(await eventsOf(options, [`${events.join("\n")}\n`]), events));

test("options that do not fit together are refused in both languages", () => {
  for (const [given, path] of [[{}, "preset"], [{ preset: "java", start: "^a" }, "preset"], [{ start: "^a", continue: "^b" }, "continue"], [{ preset: "java", end: "x" }, "preset"], [{ end: "x", negate: true }, "negate"], [{ start: "(" }, "start"], [{ preset: "java", max_lines: 0 }, "max_lines"], [{ preset: "java", max_bytes: 0 }, "max_bytes"]] as const) {
    const { error } = multiLine.options.safeParse(given);
    assert.deepEqual(error?.issues.map((issue) => issue.path[0]), [path], JSON.stringify(given));
  }
  assert.deepEqual(JSON.parse(JSON.stringify(multiLine.options.parse({ preset: "cri" }))), multiLine.options.parse({ preset: "cri" }));
});

test("a batch of events of one line each stays lines; one with a longer event has a row for each, and its bytes are as they came", async () => {
  await using context = await testContext();
  const step = await open({ continue: String.raw`^\s` }, context);
  await step.append({ batch: linesBatch(context.pool, "a\nb\nc\n") }, neverSettles);
  const plain = await step.read(never);
  assert.deepEqual([plain?.batch.form, plain?.batch.rows, plain?.batch.length], ["lines", 2, 4]);
  const style = { key: "", offsetMinutes: 0, digits: 0 } as const;
  plain?.batch.json(style).release();
  plain?.batch.release();
  const { usedBytes } = context.pool; // The program that writes JSON stays.
  await step.append({ batch: linesBatch(context.pool, Buffer.from([0x20, 0x00, 0xff, 0x0a, 0x64, 0x0a])) }, neverSettles);
  const joined = await step.read(never);
  assert.equal(joined?.batch.form, "fields");
  const json = joined?.batch.json(style);
  assert.equal(json?.bytes.toString("latin1"), '{"message":"c\\n \\u0000\u00ff"}\n');
  json?.release();
  joined?.batch.release();
  assert.deepEqual(await rest(step, context), [{ message: "d" }]);
  assert.equal(context.pool.usedBytes, usedBytes);
});

test("sources and tags do not mix, and an event that no line follows goes on after the timeout", async () => {
  await using context = await testContext();
  const step = await open({ start: "^[A-Z]", timeout: "1ms" }, context);
  const send = (source: string, text: string): Promise<boolean> => step.append({ batch: linesBatch(context.pool, text, { ...TEST_FACTS, source }) }, neverSettles);
  await send("a", "A1\n");
  await send("b", "B1\n");
  await send("a", "a2\n");
  await send("b", "b2\n");
  const seen = new Map<string, string>();
  while (seen.size < 2) {
    const delivery = await step.read(AbortSignal.timeout(60_000));
    seen.set(delivery?.batch.facts.source ?? "", String(recordsOf(delivery?.batch as Delivery["batch"])[0]?.["message"]));
    delivery?.batch.release();
  }
  assert.deepEqual(Object.fromEntries(seen), { a: "A1\na2", b: "B1\nb2" });
  assert.equal(context.pool.usedBytes, 0);
});

test("a clock that is set back holds no event up for longer than the timeout", async () => {
  const clock = new StillClock(1_790_000_000_000);
  await using context = await testContext({ clock });
  const step = await open({ start: "^[A-Z]", timeout: "1s" }, context);
  await step.append({ batch: linesBatch(context.pool, "A1\na2\n") }, neverSettles);
  const read = step.read(never);
  let isGivenOn = false;
  void read.then(() => (isGivenOn = true));
  clock.set(clock.now() - 9 * 3_600_000);
  for (let tenths = 0; tenths < 21; tenths += 1) {
    clock.advance(100);
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(isGivenOn, true);
  (await read)?.batch.release();
  await step.close();
});

test("an event beyond the bounds is given on in parts, between lines, and counted", async () => {
  assert.deepEqual(await eventsOf({ start: "^S", max_lines: 3 }, ["S\n1\n2\n3\n4\nS\n5\n"]), ["S\n1\n2", "3\n4", "S\n5"]);
  assert.deepEqual(await eventsOf({ start: "^S", max_bytes: 5 }, ["S\n1\n", "2\n3\nS\n", "4444444444\n5\n"]), ["S\n1\n2", "3", "S", "4444444444", "5"]);
  await using context = await testContext();
  const step = await open({ start: "^S", max_lines: 1 }, context);
  await step.append({ batch: linesBatch(context.pool, "S\n1\n2\n") }, neverSettles);
  await rest(step, context);
  assert.equal(context.counts.get("events_cut_total"), 2);
});

test("records are joined by their field; the event keeps the first record's other fields and time", async () => {
  await using context = await testContext();
  const step = await open({ preset: "java", key: "log" }, context);
  const send = (records: Record<string, unknown>[]): Promise<boolean> => step.append({ batch: recordsBatch(context.pool, records) }, neverSettles);
  await send([{ log: "ERROR 실패", pod: 1n << 60n }, { log: "\tat a\n", pod: 2 }]);
  await send([{ log: "\tat b", pod: 3 }, { log: "INFO", pod: 4 }, { other: true }]);
  assert.deepEqual(await rest(step, context), [{ log: "ERROR 실패\n\tat a\n\tat b", pod: 1n << 60n }, { log: "INFO", pod: 4 }, { other: true }]);
  assert.equal(context.pool.usedBytes, 0);
});

const TRACE = ["ERROR 실패", "java.lang.IllegalStateException: 잘못된 상태", "\tat a.B.c(B.java:1)", "Caused by: java.io.IOException: disk", "\tat a.D.e(D.java:5)"];
/** Two traces, line by line in turn; one line of each stream more begins the next event. */
const MIXED: readonly (readonly [stream: string, text: string])[] = [...TRACE.flatMap((text) => [["stdout", text], ["stderr", text.replace("B.java", "다른.java")]] as const), ["stdout", "INFO 다음"], ["stderr", "INFO 다음"]];

for (const form of ["cri", "docker", "entries"] as const) {
  test(`traces of stdout and stderr that lie line by line in turn in one file stay apart (${form}), wherever it is cut`, async () => {
    for (const perBatch of [1, 3, MIXED.length]) {
      await using context = await testContext();
      const java = await open({ preset: "java" }, context);
      await using below = await testContext();
      const container = form === "entries" ? undefined : await open({ preset: form }, below);
      for (let at = 0; at < MIXED.length; at += perBatch) {
        const piece = MIXED.slice(at, at + perBatch);
        if (container === undefined) {
          await java.append({ batch: recordsBatch(context.pool, piece.map(([stream, message]) => ({ message, stream }))), positions: { at } }, neverSettles);
        } else {
          const text = piece.map(([stream, log]) => (form === "cri" ? `2026-01-02T03:04:05.5Z ${stream} F ${log}\n` : `${JSON.stringify({ log: `${log}\n`, stream, time: "2026-01-02T03:04:05.5Z" })}\n`)).join("");
          await container.append({ batch: linesBatch(context.pool, text), positions: { at } }, neverSettles);
          const delivery = await container.read(never);
          assert(delivery !== undefined);
          assert.equal(delivery.batch.form, "fields");
          await java.append(delivery, neverSettles);
        }
      }
      const records = await rest(java, context);
      await java.close();
      await container?.close();
      assert.equal(context.pool.usedBytes, 0);
      const of = (stream: string): unknown[] => records.filter((record) => record["stream"] === stream).map(({ message }) => message);
      for (const stream of ["stdout", "stderr"]) {
        const texts = MIXED.filter((line) => line[0] === stream).map(([, text]) => text);
        assert.deepEqual(of(stream), [texts.slice(0, -1).join("\n"), texts.at(-1)], `${stream}, ${perBatch} lines a batch`);
      }
      assert.deepEqual([...context.store.keys()], ["at"], "and nothing is left in the store");
    }
  });
}

test("a field named stream that is none of a container's tells nothing apart", async () => {
  await using context = await testContext();
  const step = await open({ preset: "java" }, context);
  await step.append({ batch: recordsBatch(context.pool, [{ message: "ERROR a", stream: "x" }, { message: "\tat b", stream: 7 }, { message: "\tat c" }]) }, neverSettles);
  assert.deepEqual(await rest(step, context), [{ message: "ERROR a\n\tat b\n\tat c", stream: "x" }]);
});

test("fields are joined in place: the first row has the text of all, and as its line, too, where that is the text", async () => {
  await using context = await testContext();
  const step = await open({ continue: String.raw`^\s`, max_lines: 3 }, context);
  for (const hasColumn of [false, true]) {
    await step.append({ batch: fieldsBatch(context.pool, ["a", " 한", "b", " 1", " 2", " 3", "c", " open"], hasColumn) }, neverSettles);
    const delivery = await step.read(never);
    assert(delivery !== undefined);
    const { batch } = delivery;
    const messages = recordsOf(batch).map((record) => record["message"]);
    assert.deepEqual(messages, ["a\n 한", "b\n 1\n 2", " 3"]);
    const json = batch.json({ key: "", offsetMinutes: 0, digits: 0 });
    assert.equal(json.bytes.toString(), messages.map((message) => `${JSON.stringify({ message })}\n`).join(""));
    json.release();
    batch.release();
    await step.append({ batch: fieldsBatch(context.pool, [" more", "d"], hasColumn) }, neverSettles);
    const after = [await step.read(never), await step.read(AbortSignal.abort())].flatMap((one) => (one === undefined ? [] : taken(one, context)));
    assert.deepEqual(after, [{ message: "c\n open\n more" }]);
    await step.append({ batch: fieldsBatch(context.pool, ["end"], hasColumn) }, neverSettles);
    await step.append({ batch: fieldsBatch(context.pool, ["e"], hasColumn) }, neverSettles);
    assert.deepEqual([...taken(await step.read(never), context), ...taken(await step.read(never), context)], [{ message: "d" }, { message: "end" }]);
    await step.append({ batch: fieldsBatch(context.pool, ["f"], hasColumn) }, neverSettles);
    taken(await step.read(never), context);
    assert.equal(step.held().batches, 1);
    await step.append({ batch: recordsBatch(context.pool, [{ other: 1 }]) }, neverSettles);
    taken(await step.read(never), context);
  }
  assert.equal(step.held().batches, 0);
});

test("cri: parts of a stream are joined, streams do not mix, times are the lines'", async () => {
  await using context = await testContext();
  const step = await open({ preset: "cri" }, context);
  const at = (ns: number): string => `2026-01-02T12:04:05.00000000${ns}+09:00`;
  await step.append({ batch: linesBatch(context.pool, `${at(1)} stdout F 한 줄\n${at(2)} stdout P 나뉜 \n${at(3)} stderr F \nno cri line\n`) }, neverSettles);
  const first = await step.read(never);
  assert.equal(first?.batch.timeMs(0), Date.UTC(2026, 0, 2, 3, 4, 5) + 1e-6);
  assert.deepEqual(taken(first, context), [{ message: "한 줄", stream: "stdout" }, { message: "", stream: "stderr" }, { message: "no cri line" }]);
  await step.append({ batch: linesBatch(context.pool, `${at(4)} stderr F:x between\n${at(5)} stdout F 줄\n${at(6)} stdout P open\n`) }, neverSettles);
  assert.deepEqual(await rest(step, context), [{ message: "between", stream: "stderr" }, { message: "나뉜 줄", stream: "stdout" }, { message: "open", stream: "stdout" }]);
  assert.equal(context.counts.get("lines_unmatched_total"), 1);
  assert.equal(context.pool.usedBytes, 0);
});

test("docker: parts are joined, escapes are read, what is no such line stays", async () => {
  await using context = await testContext();
  const step = await open({ preset: "docker" }, context);
  const line = (log: string, more: Record<string, unknown> = {}): string => `${JSON.stringify({ log, stream: "stdout", ...more, time: "2026-01-02T03:04:05.5Z" })}\n`;
  await step.append({ batch: linesBatch(context.pool, `${line('"한"\n', { attrs: { a: "1" } })}${line("part ")}{}\n${line("whole\r\n")}`) }, neverSettles);
  const first = await step.read(never);
  assert.equal(first?.batch.timeMs(0), Date.UTC(2026, 0, 2, 3, 4, 5) + 500);
  assert.deepEqual(taken(first, context), [{ message: '"한"', stream: "stdout", attrs: { a: "1" } }, { message: "{}" }, { message: "part whole", stream: "stdout" }]);
  assert.deepEqual(await rest(step, context), []);
  assert.equal(context.pool.usedBytes, 0);
});

for (const [preset, form] of [["java", "text"], ["java", "records"], ["java", "fields"], ["java", "bare rows"], ["cri", "text"]] as const) {
  test(`killed at any moment, ${preset} of ${form} goes on with what was committed: nothing lost, nothing twice, nothing torn`, async () => {
    const pool = testPool();
    const event = fc.record({ lines: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 15 }), fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), async (events, widths, kills) => {
        const cri = preset === "cri";
        const written = events.map(({ lines }, n) => Array.from({ length: lines }, (_, line) => (line === 0 ? `event ${n}` : cri ? ` part ${line}` : `\tline ${line}`)));
        const lines = written.flatMap((parts) => parts.map((text, line) => (cri ? `2026-01-02T03:04:05Z stdout ${line + 1 < parts.length ? "P" : "F"} ${text}` : text)));
        const store = new Map<string, JsonValue>();
        const out: string[] = [];
        /** What was given on in part, as out.File has it: gone again when nothing commits it. */
        let inPart: string[] = [];
        let round = 0;
        for (let turns = 0; ; turns += 1) {
          await using context = await testContext({ pool, store });
          const step = await open({ preset }, context);
          // As a source would: from what is committed on.
          let at = Number(store.get("at") ?? 0);
          let isKilled = false;
          inPart = [];
          while (at < lines.length && !isKilled) {
            const next = Math.min(lines.length, at + (widths[round % widths.length] ?? 1));
            const texts = lines.slice(at, next);
            const batch = form === "text" ? linesBatch(pool, texts.join("\n")) : form === "records" ? recordsBatch(pool, texts.map((message) => ({ message }))) : fieldsBatch(pool, texts, form === "fields");
            at = next;
            await step.append({ batch, positions: { at } }, neverSettles);
            isKilled = turns < 20 && kills[round % kills.length] === true;
            round += 1;
            // Everything that is ready goes through, or was on its way when the agent was killed.
            for (let delivery = await step.read(AbortSignal.abort()); delivery !== undefined; delivery = await step.read(AbortSignal.abort())) {
              if (isKilled && round % 2 === 0) {
                delivery.batch.release();
                break;
              }
              inPart.push(...taken(delivery, context).map((record) => String(record["message"])));
              if (delivery.isPartial !== true) out.push(...inPart.splice(0));
            }
          }
          if (isKilled) {
            await step.close();
            continue;
          }
          out.push(...(await rest(step, context)).map((record) => String(record["message"])));
          await step.close();
          break;
        }
        assert.deepEqual(out, written.map((parts) => parts.join(cri ? "" : "\n")));
        assert.equal(pool.usedBytes, 0);
        assert.deepEqual([...store.keys()], ["at"]);
      }),
      { numRuns: 60 },
    );
  });
}

test("what the store has that is none of ours is passed over", async () => {
  await using context = await testContext({ store: new Map<string, JsonValue>([["multi-line:1:text:test\n", { text: 5 }], ["multi-line:1:records:test\n", { record: "%%", text: "x" }]]) });
  const step = await open({ preset: "java" }, context);
  await step.append({ batch: linesBatch(context.pool, "a\n") }, neverSettles);
  assert.deepEqual(await rest(step, context), [{ message: "a" }]);
  assert.deepEqual([...context.store.keys()], []);
});
