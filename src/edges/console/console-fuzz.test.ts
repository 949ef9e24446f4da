// Whatever is typed: each line has its begin and its end, and the console goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testConsole } from "./testing.ts";

const word = fc.constantFrom("act", "trm", "shw", "set", "del", "lad", "sav", "hlp", "conf", "task", "flow", "group", "stdin", "schedule", "recovery", "global_queue", "status", "ready", "task_queue", "constructor", "__proto__", "all", "etl", "process", "broad", "share", ":", ",", "|", '"', "'", "\\", "-t", "-s", "* * * * *", "한글", " ", "\t", "<end>", "OK : ");
const line = fc.array(fc.oneof({ weight: 4, arbitrary: word }, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 12 }).map((parts) => parts.join(" ").replaceAll(/[\r\n\0]/g, "")).filter((text) => !/^\s*(?:q|quit|k|kil|kill|login|token)\b/.test(text) && !/^\S+ \S+ (?:http|rtsp|sip|icap)\//i.test(text));

test("console: whatever is typed, each line is answered, in order", async () => {
  await using console = await testConsole();
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      const text = await console.say(`${lines.join("\n")}\nq\n`);
      assert.equal(text.split("\n").filter((each) => each === "<begin>").length, lines.length + 1, JSON.stringify(lines));
      assert.ok(text.endsWith("<begin>\nBYE\n<end>\n"), JSON.stringify(lines));
    }),
    { numRuns: 300 },
  );
});

test("console: whatever bytes come, in whatever pieces, the next one who comes is answered", async () => {
  await using console = await testConsole();
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(Buffer.from("shw task\n")), fc.constant(Buffer.from([255, 250])))), async (parts) => void (await console.sayBytes(Buffer.concat(parts)))), { numRuns: 200 });
  assert.match(await console.say("shw ready\nq\n"), /BYE\n<end>\n$/);
});
