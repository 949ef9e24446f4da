// `dure graph --live`: beside a real agent, on a pseudo-terminal and as lines of JSON.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { noTerminal as skip, onTerminal, runningAgent } from "./on-terminal.ts";
import { folder, until } from "./run-dure.ts";

const CONFIG = `
pipelines:
  웹:
    - in.FakeData: { type: weblog, count: 0, rate: 500 }
    - buffer.Lines: { lines: 1000000, max_bytes: 4MB }
    - route:
        - when: r.status >= 400
          steps: [out.Null]
        - steps: [out.Null]
`;

interface Line {
  readonly version: number;
  readonly command: string;
  readonly error?: { readonly message: string; readonly exitCode: number };
  readonly pipelines?: readonly { readonly name: string; readonly state: string; readonly recordsInPerSecond?: number; readonly steps: readonly { readonly id: string; readonly name: string; readonly recordsIn?: number; readonly recordsInPerSecond?: number; readonly held?: { readonly bytes: number; readonly bytesMax?: number } }[] }[];
}

test("graph --live: rates on the ways and what a buffer holds; it waits for an agent that goes, and q gives the terminal back", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const live = onTerminal(here, "graph --live", { rows: 30 });
  await live.printed(/웹 {2}✓ running {2}in \d+\/s, out \d+\/s/);
  await live.printed(/▼ \d+\/s[^]*║ buffer\.Lines {2}.*[KM]iB of 4\.0 MiB \(\d+%\) ║[^]*r\.status >= 400 {2}\d+\/s/);
  agent.child.kill("SIGTERM");
  await agent.ended;
  await live.printed(/✗ .* - waiting for the agent/);
  live.child.stdin.write("q");
  const { code, stdout } = await live.ended;
  assert.equal(code, exitCode.done);
  assert(stdout.endsWith("\x1b[?25h\x1b[?1049l"), JSON.stringify(stdout.slice(-60)));
});

test("graph --live: a drawing longer than the terminal is scrolled", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const live = onTerminal(here, "graph --live", { rows: 8 });
  await live.printed(/in\.FakeData/);
  assert.doesNotMatch((await seenBefore(live.child.stdout, () => live.child.stdin.write("jjjjjjjjjjjjjjjjjjjjjjjjjjj"), /out\.Null/)).split("out.Null")[0] ?? "", /\x1b\[2?J/);
  live.child.stdin.write("\x03");
  assert.equal((await live.ended).code, exitCode.done);
  agent.child.kill("SIGTERM");
  await agent.ended;
});

test("graph --live --json: a line a second with the steps as they are; an agent that goes is an error in its line", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const live = here.spawn(["graph", "--live", "--json"]);
  let text = "";
  live.child.stdout.on("data", (more: string) => (text += more));
  const lines = (): Line[] => text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Line);
  await until(() => lines().some(({ pipelines }) => pipelines?.[0]?.steps[0]?.recordsInPerSecond !== undefined && 2 <= lines().length), "rates are known");
  const line = lines().at(-1);
  assert.deepEqual([line?.version, line?.command, line?.pipelines?.[0]?.state], [1, "graph", "running"]);
  const [input, buffer, route] = line?.pipelines?.[0]?.steps ?? [];
  assert.deepEqual([input?.name, buffer?.name, route?.name], ["in.FakeData", "buffer.Lines", "route"]);
  assert.ok(0 < (input?.recordsIn ?? 0));
  assert.equal(buffer?.held?.bytesMax, 4 << 20);
  agent.child.kill("SIGTERM");
  await agent.ended;
  await until(() => lines().at(-1)?.error !== undefined, "the agent is missed");
  live.child.kill("SIGTERM");
  assert.equal((await live.ended).code, exitCode.terminated);
});

test("graph --live: without an agent it says so; without a terminal it is one look; --for ends it", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const none = await here.dure(["graph", "--live", "dure.yml", "--json"]);
  assert.equal(none.code, exitCode.notRunning);
  assert.equal((JSON.parse(none.stdout) as Line).error?.exitCode, exitCode.notRunning);
  const agent = await runningAgent(here);
  const [once, bounded] = await Promise.all([here.dure(["graph", "--live"]), here.dure(["graph", "--live", "--json", "--for", "1ms"])]);
  assert.match(once.stdout, /^웹 {2}✓ running[^]*buffer\.Lines/);
  assert.equal(bounded.code, exitCode.done);
  assert.equal(bounded.stdout.trimEnd().split("\n").length, 1);
  agent.child.kill("SIGTERM");
  await agent.ended;
});

/** What is written from now on until it fits. */
async function seenBefore(from: NodeJS.ReadableStream, act: () => void, pattern: RegExp): Promise<string> {
  let text = "";
  const hear = (more: string): void => void (text += more);
  from.on("data", hear);
  act();
  await until(() => pattern.test(text), `${String(pattern)} is seen`);
  from.off("data", hear);
  return text;
}
