// Processes that are taken out of the config, or given another name, while events wait for them.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";

const SENT = 50;
const EVENTS = Array.from({ length: SENT }, (_, index) => `event ${index + 1}`);

test("a process taken out of the config with events queued: they are put aside, it is said, and the new name takes them in", { timeout: 240_000, skip: process.platform === "win32" && "a shell's program" }, async () => {
  await using dir = folder();
  const configOf = (name: string, isTaking: boolean): string =>
    JSON.stringify({
      agent: { data_dir: "./data" },
      http: false,
      processes: {
        feed: { command: `for i in $(seq ${SENT}); do echo "event $i"; done; exec sleep 1000`, restart: "never" },
        [name]: { command: `while IFS= read -r line; do echo "$line" >> ${name}.got; done`, cwd: dir.path, start: isTaking ? "auto" : "manual" },
      },
      flows: [{ type: "broad", from: "feed", to: name }],
    });
  dir.write("dure.yml", configOf("sink", false));
  let agent = startAgent(dir, {}, { isWritten: true });
  const waiting = async (name: string): Promise<number> => {
    const { stdout } = await dir.dure(["process", "list", "--json"]);
    const { result } = JSON.parse(stdout) as { result: { processes: { name: string; queue: { own: number } }[] } };
    return result.processes.find((each) => each.name === name)?.queue.own ?? -1;
  };
  await agent.logged(/processes begun/);
  await until(async () => (await waiting("sink")) === SENT, "all wait for the sink");

  // Given another name.
  dir.write("dure.yml", configOf("other", true));
  assert.equal((await dir.dure(["reload"])).code, 0);
  await agent.logged(new RegExp(`events waited for a process that is gone.*process=sink events=${SENT}`));
  await agent.kill();
  const aside = dir.file("data", "processes", "flows", "aside", "sink_input.dmp");
  assert.deepEqual(readFileSync(aside, "utf8").split("\n").slice(0, -1), EVENTS);
  // As the documentation says: under the new name they are taken in. The feed is started again with the agent and prints anew.
  mkdirSync(dir.file("data", "processes", "dumps"), { recursive: true });
  renameSync(aside, dir.file("data", "processes", "dumps", "other_input.dmp"));
  agent = startAgent(dir, {}, { isWritten: true });
  await agent.logged(/processes begun/);
  const got = (): string[] => (existsSync(dir.file("other.got")) ? readFileSync(dir.file("other.got"), "utf8").split("\n").slice(0, -1) : []);
  await until(() => 1 <= got().length, "the feed prints to the new name");
  const before = got().length;
  assert.equal((await dir.dure(["processes", "load-queues", "other"])).code, 0);
  await until(() => before + SENT <= got().length, "it has got them all");
  assert.deepEqual(new Set(got()), new Set(EVENTS));
  await agent.stop();
});
