import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";

const CHILD = new URL("./stdout-test-child.ts", import.meta.url).pathname;
const start = (where: string, options: object, what: string) =>
  spawn(process.execPath, [CHILD, where, JSON.stringify(options), what], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TZ: "Asia/Seoul" } });

for (const [options, what, expected] of [
  [{}, "records", '{"time":"2017-09-29T10:56:26.314+09:00","name":"길동","n":1}\n{"time":"2017-09-29T10:56:26.314+09:00","n":2}\n'],
  [{ time_key: "" }, "records", '{"name":"길동","n":1}\n{"n":2}\n'],
  [{ time_key: "name" }, "records", '{"name":"길동","n":1}\n{"name":"2017-09-29T10:56:26.314+09:00","n":2}\n'],
  [{}, "lines", "줄 하나\n줄 둘\n"],
  [
    { format: "json", time_zone: "utc", time_digits: 6 },
    "lines",
    '{"time":"2017-09-29T01:56:26.314260Z","message":"줄 하나"}\n{"time":"2017-09-29T01:56:26.314260Z","message":"줄 둘"}\n',
  ],
  [{ format: "text" }, "records", '{"name":"길동","n":1}\n{"n":2}\n'],
  [{ format: "tsv" }, "records", '2017-09-29T10:56:26.314+09:00\tweb.access\t{"name":"길동","n":1}\n2017-09-29T10:56:26.314+09:00\tweb.access\t{"n":2}\n'],
  [{ format: "tsv", time_zone: "utc", time_digits: 0 }, "lines", "2017-09-29T01:56:26Z\tweb.access\t줄 하나\n2017-09-29T01:56:26Z\tweb.access\t줄 둘\n"],
] as const) {
  for (const where of ["main", "worker"]) {
    test(`stdout: ${what} with ${JSON.stringify(options)} from a ${where} thread`, async () => {
      const child = start(where, options, what);
      const [written, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
      assert.equal(said, "");
      assert.equal(written, expected);
    });
  }
}

test("stdout: a reader that does not read holds it back; when it reads, everything comes in order", async () => {
  const child = start("worker", {}, "many");
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  await once(child.stdout, "readable");
  assert.equal(said, "", "3 MB do not fit into a pipe nobody empties");
  const written = await text(child.stdout);
  assert.deepEqual(
    written
      .trim()
      .split("\n")
      .map((line) => Number(line.split(" ")[0])),
    Array.from({ length: 300 }, (_, index) => index),
  );
  assert.equal(said, "all written");
});

test("stdout: a reader that goes away is a final failure, not an endless retry", async () => {
  const child = start("main", {}, "endless");
  const said = text(child.stderr);
  await once(child.stdout, "readable");
  child.stdout.destroy();
  assert.deepEqual(JSON.parse(await said), { name: "PermanentError", message: "the reader of the standard output has gone", healthy: false });
});
