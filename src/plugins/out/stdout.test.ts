import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { timeFormat } from "#dataplane/time-format.ts";
import { stdout } from "./stdout.ts";
import { timeText } from "./parts/time-text.ts";

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
  [{ format: "tsv", time_format: "%Y%m%d/%H", time_zone: "Asia/Seoul" }, "lines", "20170929/10\tweb.access\t줄 하나\n20170929/10\tweb.access\t줄 둘\n"],
  [{ format: "csv", columns: ["name", "n", "time"], time_format: "%Y-%m-%d, %H:%M", time_zone: "+09:00" }, "records", '길동,1,"2017-09-29, 10:56"\n,2,"2017-09-29, 10:56"\n'],
  [{ format: "tsv", columns: ["n", "name"] }, "records", "1\t길동\n2\t\n"],
  [
    { format: "tsv", time_format: "%a %b %e %I:%M:%S.%L %p %z %j %% %Y년", time_zone: "utc" },
    "lines",
    ["줄 하나", "줄 둘"].map((line) => `Fri Sep 29 01:56:26.314 AM +0000 272 % 2017년\tweb.access\t${line}\n`).join(""),
  ],
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

for (const [options, at, en, ko] of [
  [{ time_format: "%Y" }, "time_format", /format: csv/, /format: csv/],
  [{ format: "tsv", time_format: "%Y %K %" }, "time_format", /^%K % is no letter/, /%K %$/],
  [{ format: "csv" }, "columns", /^`format: csv` needs `columns`/, /필요합니다$/],
  [{ format: "json", columns: ["a"] }, "columns", /^goes with `format: csv` or `tsv`/, /함께 씁니다$/],
] as const) {
  test(`stdout: ${JSON.stringify(options)} is refused, and why`, () => {
    const [issue] = stdout.options.safeParse(options).error?.issues ?? [];
    assert.deepEqual(issue?.path, [at]);
    assert.match(issue.message, en);
    assert.match(String((issue as { params?: { ko?: string } }).params?.ko), ko);
  });
}

test("stdout: what is written in a format is read in it by the parsers", () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.constantFrom(0, 540, -210),
      fc.constantFrom("%Y-%m-%dT%H:%M:%S.%L%z", "%A %d %B %Y %I:%M:%S %p.%N %z", "%y-%j %T.%f %z", "%D %T.%L %z", "%s.%L", "%Q"),
      (ms, offsetMinutes, format) => {
        fc.pre((!format.includes("%y") && !format.includes("%D")) || ms < 3_000_000_000_000);
        const found = timeFormat(format, "utc").parse(timeText(ms, { key: "", offsetMinutes, digits: 3 }, format), 0);
        assert.equal(found === undefined ? undefined : found.seconds * 1000 + found.nanoseconds / 1e6, ms);
      },
    ),
  ));
