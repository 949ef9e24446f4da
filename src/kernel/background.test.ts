// What a process in the background is given to begin with comes to it, or it is told that nothing will come.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startInBackground } from "./background.ts";

const MODULE = pathToFileURL(join(import.meta.dirname, "background.ts")).href;
const PROGRAM = `
const { handedOver, isInBackground, reportReady } = await import(${JSON.stringify(MODULE)});
const isMarked = isInBackground();
const given = await handedOver();
console.log(JSON.stringify({ isMarked, given, mark: process.env.DURE_BACKGROUND }));
await reportReady({ pipelines: [] });
`;

for (const [what, given] of [
  ["what it is given comes to it, large as it may be", { plan: { names: ["가", "b"], text: "x".repeat(1 << 20) } }],
  ["nothing given is nothing to wait for", undefined],
] as const)
  test(`background: ${what}`, async () => {
    using dir = programFolder();
    const outcome = await startInBackground({ args: [dir.program], outputFile: dir.output, readyWithinMs: 60_000, given });
    assert.equal(outcome.type, "ready", JSON.stringify(outcome));
    assert.deepEqual(JSON.parse(readFileSync(dir.output, "utf8")), { isMarked: true, ...(given === undefined ? {} : { given }) });
  });

test("background: a parent that has gone before it gave anything is not waited for", async () => {
  using dir = programFolder();
  const output = openSync(dir.output, "w");
  const child = spawn(process.execPath, [dir.program], { stdio: ["ignore", output, "inherit", "ipc"], env: { ...process.env, DURE_BACKGROUND: "given" } });
  closeSync(output);
  child.disconnect();
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(readFileSync(dir.output, "utf8")), { isMarked: true });
});

function programFolder() {
  const path = mkdtempSync(join(tmpdir(), "dure-background-"));
  const program = join(path, "program.mjs");
  writeFileSync(program, PROGRAM);
  return { program, output: join(path, "program.out"), [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
