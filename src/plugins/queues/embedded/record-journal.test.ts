import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { RecordJournal } from "./record-journal.ts";
import type { JobNews } from "./record-journal.ts";
import { STATE } from "./tables.ts";

/** JSON in one line, and what only looks like a record. */
const text = fc.oneof(fc.jsonValue().map((value) => JSON.stringify(value)), fc.constantFrom("#", '#{"longs":{}}', '{"longs":{},"job":{"id":"x"}}', "12345678901234567890", "#\n#", "한글 \\n", ""));
const outcome = fc.oneof(
  fc.record({ type: fc.constant("succeeded" as const), result: text }),
  fc.record({ type: fc.constant("succeeded" as const), result: text, text: fc.string() }),
  fc.record({ type: fc.constant("failed" as const), error: fc.record({ kind: fc.string(), message: fc.string() }) }),
  fc.record({ type: fc.constant("cancelled" as const), by: fc.string() }),
);
const job = fc.record(
  { id: fc.string({ minLength: 1 }), rule: fc.string({ minLength: 1 }), data: text, priority: fc.nat(9), attempt: fc.nat(), losses: fc.nat(), createdMs: fc.nat(), from: fc.string(), envelope: text, key: fc.string(), runAtMs: fc.nat(), labels: fc.constant({ company: "1" }) },
  { requiredKeys: ["id", "rule", "data", "priority", "attempt", "losses", "createdMs", "from"] },
);
const news: fc.Arbitrary<JobNews> = fc.record({ job, state: fc.constantFrom(STATE.succeeded, STATE.failed, STATE.running), begun: fc.option(fc.record({ worker: fc.string(), startedMs: fc.nat() }), { nil: undefined }), outcome: fc.option(outcome, { nil: undefined }), atMs: fc.nat() });

async function written(records: readonly JobNews[], run: (path: string) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-journal-"));
  const journal = new RecordJournal(join(dir, "jobs.db"));
  for (const record of records) journal.add(record);
  await Promise.resolve(); // They are written at the end of the turn.
  run(join(dir, "jobs.db"));
  journal.close();
  rmSync(dir, { recursive: true, force: true });
}

/** As JSON tells it: what is undefined is not there. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("journal: what was recorded is read as it was, each text to the letter", () =>
  fc.assert(
    fc.asyncProperty(fc.array(news, { maxLength: 5 }), (records) =>
      written(records, (file) => assert.deepEqual(plain(new RecordJournal(file).read()), plain(records)))),
  ));

test("journal: cut anywhere, it gives those that are whole, and nothing that nobody wrote", () =>
  fc.assert(
    fc.asyncProperty(fc.array(news, { minLength: 1, maxLength: 4 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (records, share, goesOn) =>
      written(records, (file) => {
        const path = `${file}-records.0`;
        const whole = readFileSync(path);
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        // A disk that was full has room again: the next one follows what was cut.
        writeFileSync(path, goesOn ? Buffer.concat([cut, whole]) : cut);
        const read = new RecordJournal(file).read();
        for (const record of read) assert.ok(records.some((known) => isDeepStrictEqual(plain(known), plain(record))), `${JSON.stringify(record)} was never written`);
        if (goesOn) assert.ok(records.length <= read.length, `${read.length} of ${records.length} whole ones were read`);
      })),
  ));
