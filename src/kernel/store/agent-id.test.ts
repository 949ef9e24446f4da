import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { agentId, agentIdFile } from "./agent-id.ts";

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
