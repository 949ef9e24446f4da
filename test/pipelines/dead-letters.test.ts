// Dead letters of a running agent: put right and sent again through the pipelines' own outputs while records pass, and none is lost, whatever
// the other side says and whenever the agent is killed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import { linesBatch } from "#sdk/testing.ts";
import { startAgent } from "../faults/agent.ts";
import { appendNumbered, assertAllArrived, numberedLines, numbersIn, repeatedOf } from "../faults/numbered.ts";
import { randomNumbers } from "../faults/random.ts";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { startHttpReceiver } from "../receivers/http-receiver.ts";
import { freePort } from "../servers/free-port.ts";
import { ask, untilState } from "./asked.ts";

const POSIX = { skip: process.platform === "win32" && "the tests stop agents by signals" };
const KILLS = Number(process.env["DURE_KILLS"] ?? 4);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

interface Listed {
  readonly total: number;
  readonly letters: readonly { readonly id: string; readonly step: string; readonly reason: string; readonly records: number }[];
}
interface Counts {
  readonly replayed: number;
  readonly refusedAgain: number;
  readonly left: number;
  readonly problems: readonly { readonly message: string }[];
}
interface ShownHere {
  readonly base: string;
  readonly records: readonly { readonly row: number; readonly record: Record<string, JsonValue> }[];
}

const listed = (here: Folder): Promise<Listed> => ask<Listed>(here, "dead-letters.list");

test("a dead letter is shown without secrets, put right, and sent while the pipeline runs", POSIX, async () => {
  await using here = folder();
  let refusing = 400;
  await using receiver = await startHttpReceiver({ otherwise: ({ body }) => ({ status: body.includes("wrong") ? refusing : 200 }) });
  const port = await freePort();
  const agent = startAgent(here, { web: { retry: { first: "5ms", most: "20ms" }, steps: [{ "in.Http": { port, format: "json_lines" } }, { "out.Http": receiver.url }] } }, { agent: { drain_timeout: "2s" } });
  await untilState(here, "web", "running");
  const post = async (...records: readonly JsonValue[]): Promise<void> => assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: records.map((record) => `${JSON.stringify(record)}\n`).join("") })).status, 200);

  await post({ n: 1, note: "wrong", password: "geheim", big: "x".repeat(9000) }, { n: 2, note: "fine", token: "canary" });
  const [letter] = (await listed(here)).letters;
  assert(letter !== undefined);
  const { id } = letter;
  assert.deepEqual([letter.step, letter.records], ["2:out.Http", 2]);
  const shown = await ask<ShownHere>(here, "dead-letters.show", { id });
  assert.doesNotMatch(JSON.stringify([shown, await listed(here)]), /geheim|canary/);
  const [first] = shown.records;
  assert.deepEqual([first?.record["password"], first?.record["note"]], ["[hidden]", "wrong"]);

  refusing = 422;
  const again = await ask<Counts>(here, "dead-letters.replay");
  assert.deepEqual([again.replayed, again.refusedAgain, again.left], [0, 1, 0]);
  const { letters, total } = await listed(here);
  assert.deepEqual([total, letters[0]?.id], [1, id], "refused again, it is the same letter");
  assert.match(letters[0]?.reason ?? "", /422/);

  const edit = (record: JsonValue, base = shown.base): Promise<JsonValue> => ask(here, "dead-letters.edit", { id, base, changes: [{ row: 0, record }] });
  await assert.rejects(edit({ ...first?.record, note: "[hidden]" }), { code: "INVALID", message: /stands for a value that is not shown/ });
  await assert.rejects(edit({ ...first?.record, big: `y${String(first?.record["big"])}` }), { code: "INVALID" });
  await assert.rejects(edit({ note: "right" }, "other"), { code: "CONFLICT" });
  assert.deepEqual(await edit({ ...first?.record, note: "right", more: [1] }), { records: 2 });
  await assert.rejects(edit({ note: "late" }), { code: "CONFLICT" });

  await ask(here, "pipelines.pause", { name: "web" });
  const left = await ask<Counts>(here, "dead-letters.replay", { ids: [id] });
  assert.deepEqual([left.left, left.problems.length], [1, 1]);
  assert.match(left.problems[0]?.message ?? "", /does not run \(paused\)/);
  await ask(here, "pipelines.resume", { name: "web" });
  assert.equal((await ask<Counts>(here, "dead-letters.replay", { ids: [id] })).replayed, 1);
  const sent = receiver.received.at(-1)?.body.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>) ?? [];
  assert.deepEqual(sent.map(({ n, note, password, token, more }) => ({ n, note, password, token, more })), [
    { n: 1, note: "right", password: "geheim", token: undefined, more: [1] },
    { n: 2, note: "fine", password: undefined, token: "canary", more: undefined },
  ]);
  assert.equal(String(sent[0]?.["big"]).length, 9000, "what was too long to be shown is whole");
  assert.equal((await listed(here)).total, 0);
  const { events } = await ask<{ events: readonly { name: string; data: Record<string, JsonValue> }[] }>(here, "events.list");
  for (const name of ["pipeline.started", "pipeline.paused", "pipeline.resumed"]) assert(events.some((event) => event.name === name && event.data["pipeline"] === "web"), name);
  assert(events.some(({ name, data }) => name === "dead-letters.replayed" && data["replayed"] === 1));
  await assert.rejects(ask(here, "dead-letters.show", { id }), { code: "NOT_FOUND" });
  await assert.rejects(ask(here, "dead-letters.show", { id: "../../etc/passwd" }), { code: "INVALID" });
  await agent.stop();
});

test("a dead letter waits its turn behind an output that takes nothing; nobody else sends it meanwhile, and who leaves leaves it as it was", POSIX, async () => {
  await using here = folder();
  let status = 400;
  await using receiver = await startHttpReceiver({ otherwise: () => ({ status }) });
  const port = await freePort();
  const agent = startAgent(here, { web: { retry: { first: "5ms", most: "20ms" }, steps: [{ "in.Http": { port, format: "lines" } }, { "out.Http": receiver.url }] } }, { agent: { drain_timeout: "2s" } });
  await untilState(here, "web", "running");
  const post = (body: string): Promise<Response> => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
  for (const line of ["one\n", "two\n"]) await post(line);
  assert.equal((await listed(here)).total, 2);
  status = 503;
  const before = receiver.received.length;
  const leaving = new AbortController();
  const waiting = ask(here, "dead-letters.replay", {}, { signal: leaving.signal }).catch((error: unknown) => error);
  await until(() => before + 2 < receiver.received.length, "it is tried, and again");
  await assert.rejects(ask(here, "dead-letters.replay"), { code: "BUSY" });
  await assert.rejects(ask(here, "dead-letters.remove", { id: (await listed(here)).letters[0]?.id ?? "" }), { code: "BUSY" });
  leaving.abort();
  await waiting;
  const gone = "web/20260101T000000000Z-00000000";
  await until(() => ask(here, "dead-letters.remove", { id: gone }).catch((error: { code: string }) => error.code === "NOT_FOUND") as Promise<boolean>, "what was under way is left off");
  assert.equal((await listed(here)).total, 2);
  status = 200;
  const answered = await post("three\n");
  assert.equal(answered.status, 200, "the pipeline goes on");
  await until(async () => ask<Counts>(here, "dead-letters.replay").then(({ replayed }) => replayed === 2, () => false), "both are sent by the next who asks");
  assert.deepEqual(receiver.received.slice(-2).map(({ body }) => JSON.stringify(body).replace(/^.*(one|two).*$/, "$1")).sort(), ["one", "two"]);
  await agent.stop();
});

test(`kill -9 × ${KILLS} while dead letters are sent into files that grow, seed ${SEED}: every record is there, and only a letter under way comes twice`, { ...POSIX, timeout: 240_000 + KILLS * 20_000 }, async (context) => {
  await using here = folder();
  const next = randomNumbers(SEED);
  const [WIDTH, LETTERS, ROWS, FROM] = [20, 30 + KILLS * 20, 50, 1_000_000];
  here.write("app.log", "");
  const file = (path: string): JsonValue => ({ "out.File": { path, format: "lines" } });
  const pipelines = { trial: [{ "in.FileTail": { path: "app.log", tag: "t" } }, { route: [{ when: "Number.parseInt(r.message) % 2 === 0", steps: [file("even.out")] }, { steps: [{ "buffer.Lines": { lines: 40, timeout: "20ms" } }, file("odd.out")] }] }] };
  const steps = ["2.1.1:out.File", "2.2.2:out.File"];
  const letters = openDeadLetters(here.file(".dure/dead-letters"));
  const pool = new ChunkMemory({ bytesMax: 4 << 20 }).pool();
  for (let letter = 0; letter < LETTERS; letter += 1) {
    const batch = linesBatch(pool, numberedLines(FROM + letter * ROWS, FROM + (letter + 1) * ROWS, WIDTH));
    await letters.put(batch, { pipeline: "trial", step: steps[letter % 2] ?? "", reason: "refused" });
    batch.release();
  }
  let written = 0;
  const arrived = (): number[] => [...numbersIn(here.file("even.out")), ...numbersIn(here.file("odd.out"))];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const agent = startAgent(here, pipelines);
    await untilState(here, "trial", "running");
    appendNumbered(here.file("app.log"), written, (written += 3000), WIDTH);
    const replaying = ask(here, "dead-letters.replay").catch(() => undefined);
    const wanted = Math.max(0, (await letters.count()) - 1 - Math.floor(next() * 10));
    await until(async () => (await letters.count()) <= wanted, "some letters are sent");
    await agent.kill();
    await replaying;
  }
  const last = startAgent(here, pipelines);
  await untilState(here, "trial", "running");
  const { left, refusedAgain } = await ask<Counts>(here, "dead-letters.replay");
  assert.deepEqual([left, refusedAgain, await letters.count()], [0, 0, 0]);
  await until(() => new Set(arrived().filter((number) => number < FROM)).size === written, "all lines of the file have come");
  await last.stop();
  const all = arrived();
  const own = all.filter((number) => number < FROM);
  assertAllArrived(own, written, "the file's own lines");
  assert.equal(own.length, written, "they are exactly once");
  const sent = all.filter((number) => FROM <= number).map((number) => number - FROM);
  assertAllArrived(sent, LETTERS * ROWS, "letters");
  const twice = new Set([...repeatedOf(sent)].map((number) => Math.floor(number / ROWS)));
  context.diagnostic(JSON.stringify({ written, letters: LETTERS, lettersTwice: twice.size }));
  assert(twice.size <= KILLS, `${twice.size} letters came twice after ${KILLS} kills`);
});
