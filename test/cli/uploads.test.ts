// Programs of any length from the command line: to the agent of this machine, and to one elsewhere.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { apiAgent } from "../http/agent.ts";
import { folder } from "./run-dure.ts";

const BYTES = 24 << 20;

test("program upload: more than a command holds, streamed here and elsewhere, and said when it cannot be", { timeout: 120_000, skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = folder();
  const agent = await apiAgent(here, "agent: { data_dir: data }\nprocesses: { etl: { command: 'sleep 1000', start: manual } }\n");
  const content = randomBytes(BYTES);
  writeFileSync(here.file("큰 것.bin"), content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const env = { DURE_LANG: "en", DURE_TOKEN: agent.tokens.admin };
  for (const [version, where] of [[1, []], [2, ["--url", agent.url]]] as const) {
    const { code, stdout, stderr } = await here.dure(["program", "upload", "etl", "큰 것.bin", "--json", ...where], { env: where.length === 0 ? { DURE_LANG: "en" } : env });
    assert.equal(code, 0, stderr);
    const { program } = JSON.parse(stdout) as { program: Record<string, unknown> };
    assert.deepEqual([program["version"], program["bytes"], program["sha256"]], [version, BYTES, sha256]);
    assert.deepEqual(readFileSync(join(here.path, "data", "processes", "programs", "etl", String(version), "bin", "큰 것.bin")), content);
  }
  const added = await here.dure(["process", "add", "more", "--file", "큰 것.bin", "--manual", "--url", agent.url, "--", "cat", "{program}"], { env });
  assert.equal(added.code, 0, added.stderr);

  const refused = await here.dure(["program", "upload", "etl", "큰 것.bin", "--url", agent.url], { env: { ...env, DURE_TOKEN: agent.tokens.operator } });
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /admin|reached/); // Who is refused is not read to the end: the connection may be gone before the answer was seen.
  for (const [file, words] of [["nothing.bin", /nothing\.bin cannot be read \(ENOENT\)/], [".", /is no file/]] as const) assert.match((await here.dure(["program", "upload", "etl", file], { env: { DURE_LANG: "en" } })).stderr, words);
  agent.running.child.kill("SIGTERM");
  await agent.running.ended;
});
