// Pipelines that give to processes of the same agent, and take from them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { startAgent } from "#test/faults/agent.ts";
import { folder, until } from "#test/cli/run-dure.ts";

const skip = process.platform === "win32" && "the tests stop agents by signals";
const LINES = 3000;

/** One line in, one line out. */
const UPPER = 'for await (const line of require("node:readline").createInterface({ input: process.stdin })) console.log(line.toUpperCase());';

test("in.Process and out.Process: every line of a file goes through a process and into another file, in its order, also when the agent is killed in the middle", { skip }, async () => {
  await using dir = folder();
  dir.write("in.log", Array.from({ length: LINES }, (_, number) => `${number} 가나 a\n`).join(""));
  const pipelines = {
    give: [{ "in.FileTail": { path: "in.log" } }, { "out.Process": "upper" }],
    take: [{ "in.Process": "upper" }, { "out.File": { path: "out.log" } }],
  };
  const config = { http: false, processes: { upper: { command: [process.execPath, "-e", `(async () => { ${UPPER} })()`], ack: "line" } } };
  const taken = (): string[] => (existsSync(dir.file("out.log")) ? readFileSync(dir.file("out.log"), "utf8").split("\n").slice(0, -1) : []);
  const first = startAgent(dir, pipelines, { config });
  await until(() => 100 <= taken().length, "some lines have come");
  await first.kill();
  const second = startAgent(dir, pipelines, { config });
  await until(() => taken().at(-1) === `${LINES - 1} 가나 A`, "the last line has come");
  await second.stop();
  const firsts = [...new Set(taken())];
  assert.deepEqual(firsts, Array.from({ length: LINES }, (_, number) => `${number} 가나 A`));
});

test("in.Process: a pipeline that is opened long after its process has ended well gets the process's first line, too", { skip }, async () => {
  await using dir = folder();
  dir.write("plugins/Late.mjs", `
    import { existsSync } from "node:fs";
    import { isMainThread } from "node:worker_threads";
    while (!isMainThread && !existsSync(${JSON.stringify(dir.file("printed"))})) await new Promise((resolve) => setTimeout(resolve, 5));
    export const filter = () => true;
  `);
  const print = `console.log("첫째"); console.log("둘째"); require("node:fs").writeFileSync(${JSON.stringify(dir.file("printed"))}, "")`;
  // The same name as another editor writes it: of a macOS, its syllables may be in pieces.
  const processes = { 주문: { command: [process.execPath, "-e", print], restart: "never" } };
  const agent = startAgent(dir, { take: [{ "in.Process": "주문".normalize("NFD") }, "filter.Late", { "out.File": { path: "out.log" } }] }, { config: { http: false, processes } });
  await until(() => existsSync(dir.file("out.log")) && readFileSync(dir.file("out.log"), "utf8") === "첫째\n둘째\n", () => `both lines are there; ${agent.log()}`);
  await agent.stop();
});

test("in.Process: without processes beside it, a pipeline says what to do", { skip }, async () => {
  await using dir = folder();
  dir.write("dure.yml", JSON.stringify({ processes: { upper: "cat" }, pipelines: { take: [{ "in.Process": "upper" }, "out.Null"] } }));
  const { code, stderr } = await dir.dure(["test", "--lang", "en"]);
  assert.equal(code, 1);
  assert.match(stderr, /in\.Process works beside the processes of a running agent only/);
});
