import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { startObjectStore } from "#test/receivers/object-store.ts";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Output } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { storeOf } from "./s3/object-writer.ts";
import { s3 } from "./s3.ts";

const KEYS = { access_key_id: "AKID", secret_access_key: "very/secret+key", region: "ap-northeast-2", bucket: "my-logs" };
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

async function stage(options: Record<string, unknown>): Promise<AsyncDisposable & { context: TestContext; output: Output; write(batch: Batch): Promise<void> }> {
  const context = await testContext();
  const output = await s3.open(s3.options.parse({ ...KEYS, ...options }), context);
  return {
    context,
    output,
    async write(batch) {
      try {
        await output.write(batch, soon());
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
const facts = { ...TEST_FACTS, seconds: Date.UTC(2026, 10, 22, 15, 30) / 1000, tag: "웹/access log" };

for (const compress of ["none", "gzip", "zstd"] as const) {
  test(`out.S3: a batch is one object, signed and whole, with compression ${compress}`, async () => {
    await using store = await startObjectStore({ secret: KEYS.secret_access_key, region: KEYS.region });
    await using on = await stage({ endpoint: store.web.url, compress, session_token: "temporary", storage_class: "STANDARD_IA", time_zone: "+09:00", headers: { "X-Amz-Acl": "private", "X-Other": "1" } });
    await on.write(linesBatch(on.context.pool, "첫 줄\nb\0\n", facts));
    assert.equal(on.context.pool.usedBytes, 0, "every chunk is given back");
    const [[path, object] = []] = [...store.objects];
    assert.match(path ?? "", new RegExp(`^/my-logs/logs/2026/11/23/00/웹_access log-[0-9a-f-]{36}${{ none: "", gzip: "\\.gz", zstd: "\\.zst" }[compress]}$`));
    const raw = object?.raw ?? Buffer.alloc(0);
    assert.equal((compress === "gzip" ? gunzipSync(raw) : compress === "zstd" ? zstdDecompressSync(raw) : raw).toString(), "첫 줄\nb\0\n");
    assert.deepEqual([object?.headers["x-amz-security-token"], object?.headers["x-amz-storage-class"], object?.headers["content-encoding"]], ["temporary", "STANDARD_IA", undefined]);
  });
}

test("out.S3: an attempt whose answer was lost is overwritten by the next, and equal batches are two objects", async () => {
  let lost = 2;
  await using store = await startObjectStore({ secret: KEYS.secret_access_key, region: KEYS.region, afterwards: () => (0 < lost-- ? { fault: "reset" } : undefined) });
  await using on = await stage({ endpoint: store.web.url });
  const batch = recordsBatch(on.context.pool, [{ n: 1 }], facts);
  await assert.rejects(on.output.write(batch, soon()), { name: "HttpError" });
  await assert.rejects(on.output.write(batch, soon()), { name: "HttpError" });
  await on.write(batch);
  assert.equal(store.objects.size, 1);
  assert.equal(store.web.received.length, 3);
  await on.write(recordsBatch(on.context.pool, [{ n: 1 }], facts));
  assert.equal(store.objects.size, 2);
});

for (const [status, isFinal] of [[403, false], [404, false], [301, false], [503, false], [400, true]] as const) {
  test(`out.S3: an answer of ${status} ${isFinal ? "moves the batch to the dead letters" : "makes it wait"}, and shows no secret`, async () => {
    await using receiver = await startHttpReceiver({ otherwise: () => ({ status, body: `<Error>${KEYS.secret_access_key}</Error>` }) });
    await using on = await stage({ endpoint: receiver.url });
    const error: unknown = await on.write(linesBatch(on.context.pool, "a")).then(() => undefined, (thrown: unknown) => thrown);
    assert.ok(error instanceof Error);
    assert.equal(error instanceof PermanentError, isFinal);
    assert.ok(!JSON.stringify([error.message, on.context.said]).includes(KEYS.secret_access_key));
  });
}

test("out.S3: a wrong secret is told as such, once", async () => {
  await using store = await startObjectStore({ secret: "another", region: KEYS.region });
  await using on = await stage({ endpoint: store.web.url });
  for (let time = 0; time < 2; time += 1) await assert.rejects(on.write(linesBatch(on.context.pool, "a")), /answered 403: .*SignatureDoesNotMatch/);
  assert.equal(on.context.said.filter(({ level }) => level === "error").length, 1);
});

test("out.S3: the bucket is named in the host or in the path", () => {
  const whereOf = (options: Record<string, unknown>): string => {
    const { server, prefix } = storeOf(s3.options.parse({ ...KEYS, ...options }));
    return `${server.origin}${prefix}`;
  };
  assert.equal(whereOf({}), "https://my-logs.s3.ap-northeast-2.amazonaws.com/");
  assert.equal(whereOf({ path_style: true }), "https://s3.ap-northeast-2.amazonaws.com/my-logs/");
  assert.equal(whereOf({ endpoint: "http://minio:9000" }), "http://minio:9000/my-logs/");
  assert.equal(whereOf({ endpoint: "https://store.example.com", path_style: false }), "https://my-logs.store.example.com/");
});

test("out.S3: options that cannot work are said where they stand", () => {
  for (const [options, path] of [
    [{ bucket: "a" }, "bucket"],
    [{ key: "logs/%Y/${tag}.gz" }, "key"],
    [{ key: "/logs/${uuid}" }, "key"],
    [{ key: "logs/%Q/${uuid}" }, "key"],
    [{ endpoint: "http://a/path" }, "endpoint"],
  ] as const) assert.equal(s3.options.safeParse({ ...KEYS, ...options }).error?.issues[0]?.path.join("."), path, JSON.stringify(options));
});
