// The agent's log in the store: found by any part of a word, bounded, followed over breaks and restarts; on both stores.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { Level, LogRecord } from "#kernel/log.ts";
import { lineFitting } from "#kernel/log-store/log-line.ts";
import type { LogFilter, LogLine } from "#kernel/log-store/log-line.ts";
import type { LogPageRequest } from "#kernel/log-store/log-search.ts";
import { keepLogLines } from "#kernel/log-store/log-store.ts";
import type { LogFollowing, LogStore } from "#kernel/log-store/log-store.ts";
import { logTables } from "#kernel/log-store/log-tables.ts";
import { RecentLog } from "#kernel/recent-log.ts";
import { keptIds } from "#kernel/store/kept-ids.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";
import type { MariaDb } from "../servers/mariadb.ts";
import { storeFolder } from "./lazy.ts";
import type { StoreFolder } from "./lazy.ts";

let server: MariaDb | undefined;
let made = 0;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => server?.[Symbol.asyncDispose]());

async function mysqlFolder(): Promise<StoreFolder> {
  assert.ok(server !== undefined);
  const { port } = server;
  made += 1;
  await server.query(`CREATE DATABASE l${made}; CREATE USER 'l${made}'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON l${made}.* TO 'l${made}'@'127.0.0.1'`);
  const facts = { host: "127.0.0.1", port, user: `l${made}`, password: "x", database: `l${made}` };
  return storeFolder([logTables], () => openMysqlStore(facts));
}

interface Run extends AsyncDisposable {
  readonly lines: LogStore;
  say(message: string, more?: Partial<LogRecord>): void;
  /** As kill -9 ends it: nothing is written any more. */
  crash(): Promise<void>;
}

function run(folder: StoreFolder, linesMax = 200_000): Run {
  const recent = new RecentLog();
  const store = folder.open();
  const lines = keepLogLines({ records: (listener) => recent.follow(listener), ids: keptIds(join(folder.dir, "log-ids"), folder.log, 1000), store, agent: "here", linesMax });
  return {
    lines,
    say: (message, more = {}) => recent.write({ time: 1e12, level: "info", message, fields: {}, ...more }),
    crash: () => store.close(),
    async [Symbol.asyncDispose]() {
      await lines.close();
      await store.close();
    },
  };
}

const BACKENDS = [["sqlite", async () => storeFolder([logTables]), false], ["mysql", mysqlFolder, noMariaDb]] as const;

for (const [name, open, skip] of BACKENDS) {
  const found = async (agent: Run, request: Partial<LogPageRequest>): Promise<string[]> => (await agent.lines.search({ limit: 1000, ...request })).lines.map(({ message }) => message);

  test(`logs on ${name}: a regular expression finds what it describes, page after page, and facets count what was found`, { skip }, async () => {
    using folder = await open();
    await using agent = run(folder);
    for (let number = 1; number <= 900; number += 1) agent.say(`answer ${number % 3 === 0 ? "오류 5" : "200 "}${number}`, { level: number % 3 === 0 ? "error" : "info", fields: { pipeline: number % 2 === 0 ? "웹" : "game", step: `${number % 5}:out.Http` } });
    const expected = Array.from({ length: 900 }, (_, at) => at + 1).filter((number) => number % 3 === 0);
    const wanted = { regex: "answer 오류 5\\d+$" };
    assert.deepEqual(await found(agent, wanted), expected.map((number) => `answer 오류 5${number}`).toReversed());
    // By pages, from both ends; each line once.
    const seen: number[] = [];
    for (let after = 0, hasMore = true; hasMore; ) {
      const page = await agent.lines.search({ ...wanted, after, limit: 70 });
      seen.push(...page.lines.map(({ id }) => id));
      [after, hasMore] = [page.lines.at(-1)?.id ?? 0, page.hasMore];
    }
    assert.deepEqual(seen, expected);
    assert.deepEqual(await found(agent, { regex: "nothing like (this|that)" }), []);
    assert.equal((await found(agent, { step: "2:out.Http", level: "error" })).length, expected.filter((number) => number % 5 === 2).length);

    const facets = await agent.lines.facets({ regex: "오류" });
    assert.deepEqual({ ...facets, steps: facets.steps.slice(0, 2) }, { lines: 300, hasMore: false, levels: [{ value: "error", count: 300 }], pipelines: [{ value: "game", count: 150 }, { value: "웹", count: 150 }], steps: [{ value: "0:out.Http", count: 60 }, { value: "1:out.Http", count: 60 }] });

    const gone = new AbortController();
    gone.abort();
    await assert.rejects(agent.lines.search({ ...wanted, limit: 1 }, gone.signal), { name: "AbortError" });
    await assert.rejects(agent.lines.search({ regex: "(a+)*", limit: 1 }), CommandFailure);
    assert.equal((await found(agent, { regex: "답이 없" })).length, 0, "who left and who was refused hold up nobody");

    const heard: string[] = [];
    const stop = new AbortController();
    const following = agent.lines.follow({ regex: "^live \\d", after: 900, emit: (line) => heard.push(line.message) > 0, onLost: () => () => true, signal: stop.signal });
    agent.say("live x");
    agent.say("live 1");
    while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await following;
    assert.deepEqual(heard, ["live 1"]);
  });

  test(`logs on ${name}: any part of a word is found, Korean too, in messages and fields`, { skip }, async () => {
    using folder = await open();
    await using agent = run(folder);
    agent.say("결제 처리 중 오류가 발생했습니다");
    agent.say("batch refused", { fields: { pipeline: "웹 로그", error: { message: "connect ECONNREFUSED", path: "C:\\logs\\\"a\"" } } });
    agent.say("100% of _all_ lines!", { level: "warn" });
    agent.say("é À ".normalize("NFD") + "각나".normalize("NFD"));
    agent.say("이모지 🙂🙃🙂 끝");
    const cases: readonly (readonly [string, number])[] = [
      ["발생했", 0], ["오류", 0], ["류", 0], ["결제 처리", 0], ["오류가 발생했습니다", 0],
      ["웹 로그", 1], ["econnref", 1], ["REFUSED", 1], ["C:\\logs", 1], ["\\\"a\"", 1], ["웹", 1],
      ["100%", 2], ["_all_", 2], ["s!", 2],
      ["각나", 3], ["🙂🙃🙂", 4], ["🙃", 4],
    ];
    const all = (await found(agent, { order: "oldest" })).length;
    assert.equal(all, 5);
    const messages = await found(agent, { order: "oldest" });
    for (const [text, at] of cases) assert.deepEqual(await found(agent, { text }), [messages[at]], text);
    for (const text of ["없는 말", "발생헀", "1000%", "xx", "' OR 1=1 --", "\" OR \"", "*", "NEAR("]) assert.deepEqual(await found(agent, { text }), [], text);
  });

  test(`logs on ${name}: what the store finds is what the filter says, whatever is asked`, { skip }, async () => {
    using folder = await open();
    await using agent = run(folder);
    const words = ["오류", "발생", "했습니다", "a", "B", "%", "_", "\\", '"', " ", "pipeline", "!", "}"];
    const record = fc.record({ level: fc.constantFrom<Level>("debug", "info", "warn", "error"), message: fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((some) => some.join("")), pipeline: fc.option(fc.constantFrom("웹", "b"), { nil: undefined }), field: fc.constantFrom(...words), time: fc.integer({ min: 0, max: 50 }) });
    const said: LogLine[] = [];
    for (const { level, message, pipeline, field, time } of fc.sample(record, { numRuns: 300, seed: 7 })) {
      const fields = { ...(pipeline === undefined ? {} : { pipeline }), field };
      agent.say(message, { level, fields, time });
      said.push({ id: said.length + 1, atMs: time, level, message, fields });
    }
    const filter = fc.record<LogFilter & { before?: number; after?: number }>(
      { text: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((some) => some.join("")), level: fc.constantFrom("debug", "info", "warn", "error"), pipeline: fc.constantFrom("웹", "b", "c"), fromMs: fc.integer({ min: 0, max: 50 }), toMs: fc.integer({ min: 0, max: 50 }), before: fc.integer({ min: 0, max: 310 }), after: fc.integer({ min: 0, max: 310 }) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(filter, fc.integer({ min: 1, max: 20 }), async (asked, limit) => {
        const { before = Infinity, after = 0 } = asked;
        const fits = said.filter((line) => after < line.id && line.id < before && lineFitting(asked)(line));
        const expected = asked.after === undefined ? fits.toReversed() : fits;
        const { lines, hasMore } = await agent.lines.search({ ...asked, limit });
        assert.deepEqual([lines, hasMore], [expected.slice(0, limit), limit < expected.length]);
      }),
      { numRuns: 150 },
    );
  });

  test(`logs on ${name}: a permalink shows what stood around it, and is said when it is gone`, { skip }, async () => {
    using folder = await open();
    await using agent = run(folder);
    for (let at = 1; at <= 30; at += 1) agent.say(`line ${at}`);
    assert.deepEqual((await agent.lines.around(10, 2)).map(({ id }) => id), [8, 9, 10, 11, 12]);
    assert.deepEqual((await agent.lines.around(1, 1)).map(({ id }) => id), [1, 2]);
    assert.deepEqual((await agent.lines.around(30, 0)).map(({ id }) => id), [30]);
    await assert.rejects(agent.lines.around(31, 2), (error: unknown) => error instanceof CommandFailure && error.code === "NOT_FOUND");
  });

  test(`logs on ${name}: bounded by count, over restarts; what is gone is found no more`, { skip }, async () => {
    using folder = await open();
    for (let round = 0; round < 3; round += 1) {
      await using agent = run(folder, 1000);
      for (let at = 0; at < 2000; at += 1) agent.say(`round ${round} 번째`);
    }
    await using agent = run(folder, 1000);
    const { lines } = await agent.lines.search({ order: "oldest", limit: 1000 });
    assert.ok(5000 - 2000 <= (lines[0]?.id ?? 0), `the oldest is ${lines[0]?.id}`);
    assert.deepEqual(await found(agent, { text: "round 0 번째" }), []);
    assert.equal((await found(agent, { text: "round 2 번째", limit: 50 })).length, 50);
  });
}

test("logs: ids go on after a crash, and a follower gets each line once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("say", "many", "break", "slow", "restart"), { minLength: 1, maxLength: 15 }), async (acts) => {
      using folder = storeFolder([logTables]);
      let agent = run(folder);
      const got: LogLine[] = [];
      let said = 0;
      let slow = 0;
      let reading = begin();
      function begin() {
        const stop = new AbortController();
        const emit: LogFollowing["emit"] = (line) => (0 < slow ? ((slow -= 1), false) : (got.push(line), true));
        return { stop, ended: agent.lines.follow({ after: got.at(-1)?.id ?? 0, emit, onLost: (count) => assert.fail(`${count} lost`), signal: stop.signal }) };
      }
      const end = async (): Promise<void> => {
        reading.stop.abort();
        await reading.ended;
      };
      for (const act of acts) {
        if (act === "slow") slow = 1;
        if (act === "say" || act === "many") for (let at = 0; at < (act === "many" ? 400 : 1); at += 1) agent.say(String((said += 1)));
        if (act === "break" || act === "restart") await end();
        if (act === "restart") {
          await agent[Symbol.asyncDispose]();
          agent = run(folder);
        }
        if (act === "break" || act === "restart") reading = begin();
        await new Promise((resolve) => setImmediate(resolve));
      }
      agent.say(String((said += 1)));
      for (const until = Date.now() + 60_000; got.at(-1)?.message !== String(said) && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 2));
      await end();
      await agent[Symbol.asyncDispose]();
      assert.deepEqual(got.map(({ message }) => message), Array.from({ length: said }, (_, at) => String(at + 1)));
    }),
    { numRuns: 20 },
  );
});

test("logs: a reader of before goes on from the store, too, where the file with the ids was lost", async () => {
  using folder = storeFolder([logTables]);
  {
    await using first = run(folder);
    for (let at = 1; at <= 5; at += 1) first.say(`before ${at}`);
  }
  rmSync(join(folder.dir, "log-ids"));
  await using second = run(folder);
  second.say("said before the store is open");
  for (let turn = 0; turn < 2; turn += 1) await second.lines.search({ limit: 1 });
  const got: string[] = [];
  const stop = new AbortController();
  const emit = ({ message }: LogLine): boolean => {
    got.push(message);
    if (message === "before 5") second.say("live");
    if (message === "live") stop.abort();
    return true;
  };
  await second.lines.follow({ after: 3, emit, onLost: (count) => assert.fail(`${count} lost`), signal: stop.signal });
  assert.deepEqual(got, ["before 4", "before 5", "live"]);
});

test("logs: a follower with a filter gets what fits, of before and from now on", async () => {
  using folder = storeFolder([logTables]);
  await using agent = run(folder);
  for (let at = 1; at <= 400; at += 1) agent.say(`line ${at}`, at % 100 === 0 ? { level: "error", fields: { pipeline: "웹" } } : {});
  const got: number[] = [];
  const stop = new AbortController();
  const following = agent.lines.follow({ level: "warn", pipeline: "웹", text: "LINE", after: 0, emit: ({ id }) => (got.push(id), id === 401 && stop.abort(), true), onLost: () => assert.fail("nothing is lost"), signal: stop.signal });
  agent.say("other line", { level: "error" });
  agent.say("line at last", { level: "error", fields: { pipeline: "웹" } });
  setTimeout(() => stop.abort(), 60_000).unref();
  for (const until = Date.now() + 60_000; got.length < 5 && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 2));
  stop.abort();
  await following;
  assert.deepEqual(got, [100, 200, 300, 400, 402]);
});

test("logs: while the store is away the newest are followed; what the queue cannot hold is counted and said", async () => {
  using folder = storeFolder([logTables]);
  folder.isAway = true;
  await using agent = run(folder);
  for (let at = 1; at <= 6000; at += 1) agent.say(`line ${at}`);
  await assert.rejects(agent.lines.search({ limit: 1 }), (error: unknown) => error instanceof CommandFailure && error.code === "UNAVAILABLE");
  const got: number[] = [];
  let lost = 0;
  const stop = new AbortController();
  const following = agent.lines.follow({ after: 10, emit: ({ id }) => (got.push(id), true), onLost: (count) => () => ((lost += count), true), signal: stop.signal });
  for (const until = Date.now() + 60_000; got.length < 300 && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 2));
  stop.abort();
  await following;
  assert.deepEqual([got[0], got.at(-1), lost], [5701, 6000, 5690]);
  folder.isAway = false;
  folder.later();
  const messages: string[] = [];
  for (let from = 0; ; ) {
    const { lines, hasMore } = await agent.lines.search({ after: from, limit: 1000 });
    messages.push(...lines.map(({ message, fields }) => (message.startsWith("log lines could not be kept") ? `lost ${String(fields["lines"])}` : message)));
    from = lines.at(-1)?.id ?? from;
    if (!hasMore && messages.length >= 5001) break;
  }
  assert.deepEqual([messages[0], messages.at(-1), messages.length], ["line 1001", "lost 1000", 5001]);
});

test("logs: with `log_lines: 0` none are kept, and the newest are followed all the same", async () => {
  using folder = storeFolder([logTables]);
  await using agent = run(folder, 0);
  agent.say("one");
  await assert.rejects(agent.lines.search({ limit: 1 }), (error: unknown) => error instanceof CommandFailure && /log_lines/.test(error.message));
  const stop = new AbortController();
  const got: string[] = [];
  await agent.lines.follow({ emit: ({ message }) => (got.push(message), stop.abort(), true), onLost: () => () => true, signal: stop.signal });
  assert.deepEqual(got, ["one"]);
});

for (const [backend, make, skip] of BACKENDS)
  test(`logs on ${backend}: lines of an agent that is no more are given up by another, and those of one that still speaks are not`, { skip }, async () => {
    using folder = await make();
    const opened = folder.open();
    const store = await opened.get();
    const add = (agent: string, id: number, atMs: number): Promise<unknown> => store.run("INSERT INTO dure_log_lines (agent, id, at_ms, level, message, fields) VALUES (?, ?, ?, 20, '주문', '{}')", [agent, id, atMs]);
    await store.transaction(async (session) => {
      for (let id = 1; id <= 600; id += 1) await session.run("INSERT INTO dure_log_lines (agent, id, at_ms, level, message, fields) VALUES ('gone', ?, 1000, 20, '주문', '{}')", [id]);
    });
    await add("gone", 1e15, 1e12); // As after a restore.
    await add("alive", 1, 1000);
    await add("alive", 2, Date.now());
    await opened.close();
    {
      await using here = run(folder);
      for (let count = 0; count < 1100; count += 1) here.say(`line ${count}`);
    }
    const again = folder.open();
    const rows = await (await again.get()).all<{ agent: string; n: number }>("SELECT agent, COUNT(*) AS n FROM dure_log_lines GROUP BY agent ORDER BY agent");
    await again.close();
    assert.deepEqual(rows.map(({ agent, n }) => [agent, Number(n)]), [["alive", 2], ["here", 1100]]);
  });
