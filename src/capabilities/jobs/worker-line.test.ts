// What a worker says is heard as it was written, and what is no message is none, whoever wrote it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { heard } from "./worker-line.ts";

const seed = Number(process.env["DURE_SEED"] ?? Date.now() % 1_000_000);

test(`a result is kept as its runtime wrote it, beside any text (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(fc.string({ unit: "binary" }), { nil: undefined }), fc.json(), (job, text, result) => {
      const line = `{"type":"done","job":${job},${text === undefined ? "" : `"text":${JSON.stringify(text)},`}"result":${result}}`;
      assert.deepEqual(heard(line), { type: "done", job, result, ...(text === undefined ? {} : { text }) });
    }),
    { seed, numRuns: 500 },
  );
});

test("numbers beyond what JavaScript holds stay exact", () => {
  assert.deepEqual(heard('{"type":"done","job":1,"text":"{\'n\': 1}","result":{"n":12345678901234567890,"x":1.0}}'), { type: "done", job: 1, text: "{'n': 1}", result: '{"n":12345678901234567890,"x":1.0}' });
});

const HOSTILE = [
  '{"type":"done","job":1,"result":1}}', '{"type":"done","job":1,"result":1},"x":2}', '{"type":"done","job":1,"result":}', '{"type":"done","job":1,"text":"\\","result":1}', '{"type":"done","job":1,"text":"a',
  '{"type":"done","job":1', '{"type":"done","job":', '{"type":"done","job":1,"text":"a"x,"result":1}', '{"type":"done","job":1,"result":1}garbage}', '{"type":"done","job":01,"result":1',
] as const;
for (const line of HOSTILE) {
  test(`what is no JSON is no message: ${line}`, () => {
    assert.throws(() => heard(line), SyntaxError);
  });
}

test("in another order it is heard as well, and one without a result gave null", () => {
  assert.deepEqual(heard('{"type":"done","result":{"a":1},"job":3}'), { type: "done", job: 3, result: '{"a":1}' });
  assert.deepEqual(heard('{"type":"done","job":3}'), { type: "done", job: 3, result: "null" });
  assert.deepEqual(heard('{"type":"beat","jobs":1,"memoryBytes":2}'), { type: "beat", jobs: 1, memoryBytes: 2 });
});

test("worker line: what lacks a part of its message is none, and ends no agent", () => {
  for (const line of ["null", "1", '{"type":"failed","job":1}', '{"type":"failed","job":1,"error":null}', '{"type":"failed","job":1,"error":{"kind":1,"message":"x"}}', '{"type":"ready","pid":1}', '{"type":"log","level":"info"}', '{"type":"log","level":"constructor","text":"x"}', '{"type":"log","job":1,"level":"info","text":7}', '{"type":"loading"}', '{"type":"mark","job":1}', '{"type":"notice","job":1,"notifier":"ops"}', '{"type":"done","text":{},"result":1,"job":1}', '{"type":7}']) assert.throws(() => heard(line), TypeError, line);
  assert.equal(heard('{"type":"failed","job":1,"error":{"kind":"Error","message":"펑"}}').type, "failed");
});
