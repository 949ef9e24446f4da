// What commands about processes print, and what they say to a word that is wrong.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runningAgent } from "./on-terminal.ts";
import { folder } from "./run-dure.ts";

test("process start, stop, list: one narrow table; --message says how a line is given", { timeout: 120_000, skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = folder();
  here.write("dure.yml", "http: false\nprocesses: { a: { command: 'sleep 1000', start: manual }, b: { command: 'sleep 1000', start: manual } }\ngroups: { g: [a, b] }\n");
  const agent = await runningAgent(here);
  const said = async (...words: readonly string[]): Promise<string> => (await here.dure([...words, "--lang", "en"])).stdout;
  for (const [words, row] of [
    [["processes", "list"], /^PROCESS +STATE +PID +UP[^\n]*\na +– stopped +– +–/],
    [["process", "start", "a"], /^PROCESS +STATE +PID[^\n]*\na +✓ (?:running|starting)/],
    [["process", "stop", "a"], /^PROCESS +STATE +PID[^\n]*\na +– stopped +–/],
    [["group", "start", "g"], /^PROCESS[^\n]*\na +✓[^\n]*\nb +✓/],
  ] as const) {
    const text = await said(...words);
    assert.match(text, row, words.join(" "));
    for (const line of text.split("\n")) assert.ok(line.length <= 100, line);
  }
  const wrong = await here.dure(["process", "send", "a", "--message", "x", "--lang", "en"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--message-stdin.*--message-file.*dure processes send etl '/s);
  agent.child.kill("SIGTERM");
  await agent.ended;
});
