// Whatever a rule gives back or throws, each job is answered once, and the jobs beside it are answered too. A real worker process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { FromWorker } from "../worker-protocol.ts";

const RULES = `
export async function lateTimer() { setTimeout(() => { throw new Error("late"); }, 1); await new Promise((done) => setTimeout(done, 50)); return "again"; }
export function poorThenable() { return { then(done) { done(1); done(2); } }; }
export function thenThrows() { return { get then() { throw new Error("no"); } }; }
export function unreadable() { throw { get isFinal() { throw new Error("no"); } }; }
export function longMessage() { throw new Error("x".repeat(5_000_000)); }
export function fine() { return "fine"; }
`;
const NAMES = ["lateTimer", "poorThenable", "thenThrows", "unreadable", "longMessage", "fine"];

test("each job is answered once, whatever the rule beside it does", { timeout: 60_000 }, async (context) => {
  const rulesDir = mkdtempSync(join(tmpdir(), "dure-rules-"));
  context.after(() => rmSync(rulesDir, { recursive: true, force: true }));
  writeFileSync(join(rulesDir, "hostile.mjs"), RULES);
  const worker = spawn(process.execPath, [fileURLToPath(new URL("./worker-start.ts", import.meta.url))], { env: { ...process.env, DURE_RULES_DIR: rulesDir }, stdio: ["pipe", "pipe", "ignore"] });
  context.after(() => worker.kill("SIGKILL"));
  const runs = NAMES.map((name, job) => JSON.stringify({ type: "run", job, id: String(job), rule: `hostile:${name}`, attempt: 1, data: {} }));
  // One piece, so that what one job throws could cost the others; draining ends the worker when all are answered.
  worker.stdin.end(`${runs.join("\n")}\n{"type":"drain"}\n`);
  let said = "";
  for await (const chunk of worker.stdout) said += String(chunk);
  const answers = said.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as FromWorker).filter((message) => message.type === "done" || message.type === "failed");
  assert.deepEqual(answers.map(({ job, type }) => `${NAMES[job]} ${type}`).toSorted(), ["fine done", "lateTimer failed", "longMessage failed", "poorThenable done", "thenThrows failed", "unreadable failed"]);
  assert.ok(said.length < 100_000);
});
