// What a newcomer does first: `npm start`. It runs on real input, shows what it does, ends by itself, and leaves the checkout as it was.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT, folder } from "./run-dure.ts";
import type { Ended } from "./run-dure.ts";

function start(args: readonly string[], onPrinted: (text: string, child: ReturnType<typeof spawn>) => void = () => {}): Promise<Ended> {
  const { DURE_LANG: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(ROOT, "scripts/start.mjs"), ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...inherited, LC_ALL: "C.UTF-8" } });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => onPrinted((stdout += text), child));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return once(child, "close").then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr }));
}

const SHOWN = /^\{.*"status":5\d\d.*\}$/m;

test("quickstart: --for ends by itself, with a summary of what moved and where to look next", async () => {
  const { code, stdout, stderr } = await start(["--for", "3s"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /access\.log, which grows while you look/);
  assert.match(stdout, SHOWN);
  assert.match(stdout, /Next:\n.*dure try/);
  for (const name of ["web-server", "errors", "on-screen"]) assert.match(stderr, new RegExp(`^${name} +✓ ended +[1-9]`, "m"));
  const errors = readFileSync(join(ROOT, ".dure/quickstart/errors.ndjson"), "utf8").trimEnd().split("\n");
  for (const line of errors) assert.ok((JSON.parse(line) as { status: number }).status >= 500);
});

test("quickstart: in Korean; ends when it is asked to, without a complaint", { skip: process.platform === "win32" }, async () => {
  let isAsked = false;
  const { code, stdout, stderr } = await start(["--lang", "ko"], (text, child) => {
    if (isAsked || !SHOWN.test(text)) return;
    isAsked = true;
    child.kill("SIGTERM");
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /보는 동안 계속 늘어납니다[\s\S]*다음:/);
});

test("quickstart: its config is faultless, and what it writes is not tracked", async () => {
  await using here = folder();
  const { code, stderr } = await here.dure(["validate", join(ROOT, "examples/quickstart/dure.yml"), "--no-environment", "--deny-warnings"]);
  assert.equal(code, 0, stderr);
  assert.match(readFileSync(join(ROOT, ".gitignore"), "utf8"), /^\/\.dure\/$/m);
  assert.ok(!existsSync(join(ROOT, "examples/quickstart/.dure")));
});
