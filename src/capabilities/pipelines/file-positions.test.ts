import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { openPositionStore } from "#kernel/position-store.ts";
import { filePositions } from "./file-positions.ts";

test("file positions: what was committed of each file, those read last first, with what is still to be read", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-positions-"));
  try {
    const file = (name: string, bytes: number): string => {
      const path = join(dir, name);
      writeFileSync(path, "x".repeat(bytes));
      return path;
    };
    const [grows, emptied, packed] = [file("게임.log", 1000), file("emptied.log", 10), file("old.log.gz", 50)];
    const store = openPositionStore({ dir: join(dir, "positions"), name: "웹" });
    await store.commit({ "file:1:1": { path: grows, offset: 400, at: 4 }, "file:1:2": { path: emptied, offset: 90, at: 3 }, "file:1:3": { path: packed, offset: 900, at: 2 }, "file:1:4": { path: join(dir, "gone.log"), offset: 7, at: 1 } });
    await store.commit({ "file:1:5": "of another version", "buffer:1": { path: "/elsewhere", offset: 1, at: 9 } });
    const plan = { dataDir: dir, pipelines: [{ name: "웹" }, { name: "new" }] } as unknown as AgentPlan;
    assert.deepEqual(await filePositions(plan, "웹"), {
      positions: [
        { path: grows, offset: 400, atMs: 4, bytes: 1000, lagBytes: 600 },
        { path: emptied, offset: 90, atMs: 3, bytes: 10, lagBytes: 10 },
        { path: packed, offset: 900, atMs: 2, bytes: 50 },
        { path: join(dir, "gone.log"), offset: 7, atMs: 1 },
      ],
      hasMore: false,
    });
    assert.deepEqual(await filePositions(plan, "new"), { positions: [], hasMore: false }, "it has not read anything yet");
    assert.equal(await filePositions(plan, "other"), undefined);
    await store.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
