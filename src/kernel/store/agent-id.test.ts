import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { agentId, agentIdFile } from "./agent-id.ts";

const THREADS = 4;
/** Gets ready, and asks when all are. */
const ASKING = `
  import { parentPort, workerData } from "node:worker_threads";
  import { agentId } from ${JSON.stringify(new URL("agent-id.ts", import.meta.url).href)};
  const turn = new Int32Array(workerData.shared);
  for (let round = 1; round <= workerData.dirs.length; round += 1) {
    Atomics.add(turn, 0, 1);
    while (Atomics.load(turn, 0) < round * ${THREADS}) {}
    parentPort.postMessage(agentId(workerData.dirs[round - 1]));
  }
`;

test("agent id: made once for a data folder, and made anew where the file holds none", () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-id-"));
  try {
    const first = agentId(join(dir, "data"));
    assert.match(first, /^[\w-]{16}$/);
    assert.equal(agentId(join(dir, "data")), first);
    assert.notEqual(agentId(join(dir, "other")), first);
    writeFileSync(agentIdFile(join(dir, "data")), "");
    const anew = agentId(join(dir, "data"));
    assert.match(anew, /^[\w-]{16}$/);
    assert.deepEqual([agentId(join(dir, "data")), readdirSync(join(dir, "data"))], [anew, ["agent-id"]]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("agent id: threads that ask at the same instant are told the same, and it is in the file", async () => {
  const dirs = Array.from({ length: 50 }, () => mkdtempSync(join(tmpdir(), "dure-agent-id-")));
  const shared = new SharedArrayBuffer(4);
  const told = await Promise.all(
    Array.from({ length: THREADS }, () => {
      const worker = new Worker(`import(${JSON.stringify(`data:text/javascript,${encodeURIComponent(ASKING)}`)})`, { eval: true, workerData: { dirs, shared } });
      const ids: string[] = [];
      worker.on("message", (id: string) => ids.push(id));
      return new Promise<string[]>((resolve, reject) => worker.once("error", reject).once("exit", () => resolve(ids)));
    }),
  );
  for (const [round, dir] of dirs.entries()) {
    assert.deepEqual(told.map((ids) => ids[round]), Array(THREADS).fill(readFileSync(agentIdFile(dir), "utf8").trim()));
    assert.deepEqual(readdirSync(dir), ["agent-id"]);
    rmSync(dir, { recursive: true });
  }
});
