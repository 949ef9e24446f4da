import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startBulkServer } from "#test/receivers/bulk-server.ts";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import { freePort } from "#test/servers/free-port.ts";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Output } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { json } from "../parse/json.ts";
import { regex } from "../parse/regex.ts";
import { elasticsearch } from "./elasticsearch.ts";

const MEMORY = new ChunkMemory({ bytesMax: 64 << 20 });
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

interface Stage extends AsyncDisposable {
  readonly context: TestContext;
  readonly output: Output;
  /** Tries the batch until it is settled, as a pipeline does, and lets go of it. Gives what went to the dead letters. */
  settle(batch: Batch): Promise<{ dead: Record<string, unknown>[]; failures: number; reason: string }>;
}

async function stage(options: Record<string, unknown>): Promise<Stage> {
  const context = await testContext({ pool: MEMORY.pool() });
  const output = await elasticsearch.open(elasticsearch.options.parse({ connect_timeout: "5s", answer_timeout: "10s", ...options }), context);
  return {
    context,
    output,
    async settle(batch) {
      const before = recordsOf(batch);
      let failures = 0;
      try {
        for (;;) {
          try {
            const { refused } = (await output.write(batch, soon())) ?? {};
            const dead = (refused ?? []).flatMap((part) => recordsOf(part.batch));
            for (const part of refused ?? []) part.batch.release();
            return { dead, failures, reason: refused?.[0]?.reason.message ?? "" };
          } catch (error) {
            if (error instanceof PermanentError) return { dead: before, failures, reason: error.message };
            failures += 1;
            if (failures === 50) throw error;
          }
        }
      } finally {
        batch.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await output.close();
      await context[Symbol.asyncDispose]();
    },
  };
}

const hour = (hours: number): number => Date.UTC(2026, 10, 22, hours);

test("out.Elasticsearch: each record goes into the index of its own time and tag, with @timestamp", async () => {
  await using server = await startBulkServer();
  await using on = await stage({ url: `${server.web.url}/search/`, index: "logs-${tag}-%Y.%m.%d", time_zone: "+09:00" });
  const records = [{ n: 1 }, { n: 2, 글: "가\0\n" }];
  await on.settle(batchOfRecords(on.context.pool, records, { ...TEST_FACTS, tag: "Web/앱" }, (index) => hour(14 + index)));
  assert.deepEqual(Object.fromEntries([...server.indexes].map(([index, documents]) => [index, [...documents.values()]])), {
    "logs-web_앱-2026.11.22": [{ "@timestamp": "2026-11-22T23:00:00.000+09:00", n: 1 }],
    "logs-web_앱-2026.11.23": [{ "@timestamp": "2026-11-23T00:00:00.000+09:00", n: 2, 글: "가\0\n" }],
  });
  assert.equal(server.web.received[0]?.path.startsWith("/search/_bulk?"), true);
  assert.equal(server.web.received[0]?.headers["content-encoding"], "gzip");
});

test("out.Elasticsearch: rows that a filter dropped are not sent, and the others keep their times and ids", async () => {
  await using server = await startBulkServer();
  await using on = await stage({ url: server.web.url, index: "ds-all", id_key: "id" });
  const parse = await json.open(json.options.parse({}), on.context);
  const parsed = await parse.apply(linesBatch(on.context.pool, '{"id":"가","time":"2026-01-01T00:00:00Z"}\n{"id":2,"time":"2026-01-02T00:00:00Z"}\n{"id":"","time":"2026-01-03T00:00:00Z"}\n'), soon());
  const kept = parsed?.filter((row) => row !== 0);
  assert(kept !== undefined);
  await on.settle(kept);
  const [documents] = [...server.indexes.values()];
  assert.deepEqual([...(documents?.values() ?? [])].map((document) => document["@timestamp"]), ["2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"]);
  const ids = [...(documents?.keys() ?? [])];
  assert.equal(ids[0], "2");
  assert.match(ids[1] ?? "", /^[\w.-]{20,}$/);
  await parse.close?.();
});

test("out.Elasticsearch: an answer that is lost doubles nothing, and equal lines are all kept", async () => {
  let answers = 0;
  await using server = await startBulkServer({ afterwards: () => ((answers += 1) < 3 ? { fault: "reset" } : undefined) });
  await using on = await stage({ url: server.web.url, index: "ds-logs" });
  for (let time = 0; time < 2; time += 1) await on.settle(linesBatch(on.context.pool, "same\nsame\nsame\n"));
  assert.deepEqual(server.all().map(({ message }) => message), Array.from({ length: 6 }, () => "same"));
  assert.equal(on.context.counts.get("records_already_there_total"), 3);
});

test("out.Elasticsearch: whatever single items answer, each record is written once or goes to the dead letters, and only what was put off is sent again", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.constantFrom(429, 503, 400, 403), { maxLength: 3 }), { minLength: 1, maxLength: 25 }), fc.constantFrom("lines", "entries", "fields"), fc.constantFrom("200", "8MB"), async (faults, form, bulkMax) => {
      const left = faults.map((list) => [...list]);
      const numberOf = (document: Record<string, unknown>): number => Number(document["n"] ?? document["message"]);
      const settled = new Set<number>();
      await using server = await startBulkServer({
        fault(document) {
          const number = numberOf(document);
          assert.ok(!settled.has(number), `record ${number} is settled and was sent again`);
          const status = left[number]?.shift();
          if (status === undefined || status === 400) settled.add(number);
          return status === undefined ? undefined : { status, type: "es_rejected_execution_exception", reason: "no" };
        },
      });
      await using on = await stage({ url: server.web.url, bulk_max: bulkMax, compress: "none" });
      const parse = await json.open(json.options.parse({}), on.context);
      const text = faults.map((_, index) => (form === "lines" ? String(index) : `{"n":${index}}`)).join("\n");
      const batch = form === "entries" ? recordsBatch(on.context.pool, faults.map((_, n) => ({ n }))) : linesBatch(on.context.pool, text);
      const ready = form === "fields" ? await parse.apply(batch, soon()) : batch;
      assert(ready !== undefined);
      const { dead } = await on.settle(ready);
      const all = faults.map((_, index) => index);
      assert.deepEqual([...server.all().map(numberOf), ...dead.map(numberOf)].toSorted((one, other) => one - other), all);
      assert.deepEqual(dead.map(numberOf).toSorted((one, other) => one - other), all.filter((index) => faults[index]?.includes(400)));
      await parse.close?.();
    }),
    { numRuns: 40 },
  ));

test("out.Elasticsearch: behind a filter it is still the refused record that goes to the dead letters, not one that stood in its place", async () => {
  await using server = await startBulkServer({ fault: ({ n }) => (n === "3" ? { status: 400, type: "document_parsing_exception", reason: "failed to parse field [n]" } : undefined) });
  await using on = await stage({ url: server.web.url });
  const parse = await regex.open(regex.options.parse({ pattern: "^n=(?<n>\\d)$" }), on.context);
  const parsed = await parse.apply(linesBatch(on.context.pool, "n=0\nn=1\nn=2\nn=3\nn=4\n"), soon());
  const kept = parsed?.filter((row) => row !== 0 && row !== 2);
  assert.equal(kept?.form, "fields");
  const { dead } = await on.settle(kept);
  assert.deepEqual([dead, server.all().map(({ n }) => n)], [[{ n: "3" }], ["1", "4"]]);
  await parse.close?.();
});

test("out.Elasticsearch: a record that does not fit the mapping goes alone, with what the server said", async () => {
  await using server = await startBulkServer({ fault: ({ n }) => (n === "many" ? { status: 400, type: "document_parsing_exception", reason: "failed to parse field [n] of type [long]" } : undefined) });
  await using on = await stage({ url: server.web.url });
  const { dead, reason } = await on.settle(recordsBatch(on.context.pool, [{ n: 1 }, { n: "many" }, { n: 3 }]));
  assert.deepEqual(dead, [{ n: "many" }]);
  assert.match(reason, /400 document_parsing_exception: failed to parse field/);
  assert.deepEqual(server.all().map(({ n }) => n), [1, 3]);
  const bytes = on.context.pool.usedBytes;
  await on.settle(recordsBatch(on.context.pool, [{ n: 1 }, { n: "many" }, { n: 3 }]));
  assert.equal(on.context.pool.usedBytes, bytes, "every chunk is given back");
});

test("out.Elasticsearch: with op: index and id_key the newer record takes the place of the older", async () => {
  await using server = await startBulkServer();
  await using on = await stage({ url: server.web.url, index: "state", op: "index", id_key: "host" });
  await on.settle(recordsBatch(on.context.pool, [{ host: "a", up: true }, { host: "b", up: true }]));
  await on.settle(recordsBatch(on.context.pool, [{ host: "a", up: false }, { host: "x".repeat(600), up: true }]));
  assert.deepEqual(server.all().map(({ host, up }) => [String(host).slice(0, 1), up]), [["a", false], ["b", true], ["x", true]]);
});

test("out.Elasticsearch: a server too busy for the body's size gets smaller ones, from then on", async () => {
  await using server = await startBulkServer();
  await using on = await stage({ url: server.web.url, compress: "none" });
  server.web.replies.push({ status: 413 }, { status: 413 });
  await on.settle(linesBatch(on.context.pool, Array.from({ length: 8 }, (_, index) => `line ${index}`).join("\n")));
  assert.deepEqual(server.all().map(({ message }) => message).toSorted(), Array.from({ length: 8 }, (_, index) => `line ${index}`));
  assert.ok(4 <= server.web.received.length - 2);
});

test("out.Elasticsearch: several servers are used in turn, and one that is down holds nothing up", async () => {
  await using one = await startBulkServer();
  await using other = await startBulkServer();
  await using on = await stage({ url: [one.web.url, `http://127.0.0.1:${await freePort()}`, other.web.url] });
  for (let time = 0; time < 6; time += 1) assert.equal((await on.settle(linesBatch(on.context.pool, `${time}`))).failures, 0);
  assert.equal(one.all().length + other.all().length, 6);
  assert.ok(0 < one.all().length && 0 < other.all().length);
  assert.equal(await on.output.healthy?.(soon()), true);
});

for (const body of ["", "<html>", "[]", '{"items":[]}', '{"items":[{"create":{"status":201}},{"create":{"status":201}}]}', '{"items":{"length":1}}', '{"items":[null]}', '{"items":[{"create":null}]}', '{"items":[{"create":{"status":"201"}}]}', '{"items":[{"create":{"status":429,"error":{"type":{"toString":1},"reason":[[]]}}}]}']) {
  test(`out.Elasticsearch: an answer that does not say what became of each record (${body}) is no success`, async () => {
    await using receiver = await startHttpReceiver({ otherwise: () => ({ body }) });
    await using on = await stage({ url: receiver.url });
    const batch = linesBatch(on.context.pool, "a");
    await assert.rejects(on.output.write(batch, soon()), { name: "HttpError" });
    batch.release();
  });
}

test("out.Elasticsearch: the API key is sent and never shown; a body refused whole goes to the dead letters", async () => {
  await using receiver = await startHttpReceiver({ otherwise: ({ headers }) => ({ status: 400, body: `bad ${headers.authorization}` }) });
  await using on = await stage({ url: receiver.url, api_key: "geheim==" });
  const { dead, reason } = await on.settle(linesBatch(on.context.pool, "a\nb"));
  assert.equal(receiver.received[0]?.headers.authorization, "ApiKey geheim==");
  assert.deepEqual(dead.length, 2);
  assert.ok(!reason.includes("geheim"), reason);
});

test("out.Elasticsearch: options that cannot work are said in both languages, where they stand", () => {
  for (const [options, path] of [
    [{ url: [] }, "url"],
    [{ url: "http://a/", index: "Logs" }, "index"],
    [{ url: "http://a/", index: "logs-%Q" }, "index"],
    [{ url: "http://a/${tag}" }, "url"],
    [{ url: "http://a/", api_key: "k", username: "u" }, "api_key"],
  ] as const) {
    const result = elasticsearch.options.safeParse(options);
    assert.equal(result.error?.issues[0]?.path.join("."), path, JSON.stringify(options));
  }
  assert.deepEqual(elasticsearch.options.parse({ url: "http://a/", index: "logs-${tag}-%Y.%m" }).url, ["http://a/"]);
});
