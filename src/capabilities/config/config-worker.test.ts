// The process that reads configs: asked, left alone, gone, hanging.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { ConfigWorker } from "./config-worker.ts";

const CONFIG = "# password: canary-comment\npipelines:\n  web:\n    - in.FakeData\n    - out.Http: { url: 'http://127.0.0.1:1/', username: hong, password: canary-plain }\n";

function folder(text = CONFIG) {
  const dir = newFolder();
  const file = join(dir, "dure.yml");
  writeFileSync(file, text);
  return { file, dataDir: join(dir, ".dure") };
}

/** A program that answers what it is told to, in the place of ours. */
function program(source: string): string {
  const file = join(newFolder(), "program.mjs");
  writeFileSync(file, source);
  return file;
}

test("a config is planned, read, checked, changed and formatted in a process apart", async () => {
  await using worker = new ConfigWorker();
  const { file, dataDir } = folder();
  const { plan, hash, problems } = await worker.ask({ type: "plan", file });
  assert.deepEqual(problems, []);
  assert.deepEqual(plan?.pipelines.map(({ name }) => name), ["web"]);
  const kept = await worker.ask({ type: "read", file, dataDir });
  assert.ok("masked" in kept);
  assert.equal(kept.hash, hash);
  assert.doesNotMatch(kept.masked + JSON.stringify(kept), /canary/);

  const text = `${kept.masked.replace("in.FakeData", "in.FakeDat")}# [hidden:0123456789abcdef]\n`;
  const draft = { file, dataDir, text, sealed: [] };
  const checked = await worker.ask({ type: "check", draft, hasEnvironment: false, hasLint: false });
  assert.deepEqual(checked.problems.map(({ code, place, endColumn, suggestion }) => [code, place.line, place.column, endColumn, suggestion]), [
    ["DURE101", 4, 7, 17, "in.FakeData"],
    ["DURE017", 6, 3, 28, undefined],
  ]);
  assert.equal(checked.unknown, 1);
  assert.deepEqual(checked.pipelines[0]?.nodes.map(({ plugin }) => plugin), ["in.FakeDat", "out.Http"]);

  const changed = await worker.ask({ type: "change", draft: { file, dataDir, text: kept.masked.replace("web:", "game:"), sealed: [] } });
  assert.equal(changed.text, CONFIG.replace("web:", "game:"));
  assert.equal(changed.current?.hash, hash);
  assert.deepEqual([changed.diff.added, changed.diff.removed], [1, 1]);
  assert.doesNotMatch(JSON.stringify([changed.diff, changed.next]), /canary/);
  const formatted = await worker.ask({ type: "format", draft: { file, dataDir, text: kept.masked.replace("{ url", "{   url"), sealed: [] } });
  assert.ok("text" in formatted);
  assert.match(formatted.text, /\{ url: 'http:\/\/127\.0\.0\.1:1\/', username: hong, password: \[hidden:[0-9a-f]{16}\] \}/);
  assert.doesNotMatch(formatted.text, /canary/);
});

test("places of problems behind a secret of several lines are those of the shown text", async () => {
  await using worker = new ConfigWorker();
  const { file, dataDir } = folder("pipelines:\n  web:\n    - in.FakeData\n    - out.Http:\n        bearer_token: |\n          canary one\n          canary two\n        url: http://127.0.0.1:1/\n        tmeout: 1s\n");
  const kept = await worker.ask({ type: "read", file, dataDir });
  assert.ok("masked" in kept);
  const { problems } = await worker.ask({ type: "check", draft: { file, dataDir, text: kept.masked, sealed: [] }, hasEnvironment: false, hasLint: false });
  assert.deepEqual(problems.map(({ place, endColumn }) => [place.line, place.column, endColumn]), [[7, 9, 15]]);
  assert.equal(kept.masked.split("\n")[6], "        tmeout: 1s");
});

test("what a problem says has no secret in it", async () => {
  await using worker = new ConfigWorker();
  const { file, dataDir } = folder("pipelines:\n  web:\n    - in.FakeData\n    - out.Http: { url: 'canary://hong:canary-secret@x', password: [canary-one, canary-two] }\n    - out.MySql: password canary-three\n");
  const kept = await worker.ask({ type: "read", file, dataDir });
  assert.ok("masked" in kept);
  const answer = await worker.ask({ type: "check", draft: { file, dataDir, text: kept.masked, sealed: [] }, hasEnvironment: false, hasLint: true });
  assert.notDeepEqual(answer.problems, []);
  assert.doesNotMatch(JSON.stringify(answer), /canary-/);
});

test("line ends, the mark at the beginning and the secrets of a file stay what they are", async () => {
  await using worker = new ConfigWorker();
  const { file, dataDir } = folder(`\uFEFF${CONFIG.replaceAll("\n", "\r\n")}`);
  const kept = await worker.ask({ type: "read", file, dataDir });
  assert.ok("masked" in kept);
  const { text } = await worker.ask({ type: "change", draft: { file, dataDir, text: kept.masked.replaceAll("\r\n", "\n"), sealed: [] } });
  assert.equal(text, readFileSync(file, "utf8"));
});

test("what an earlier text had comes back with its seal, but only with this folder's key", async () => {
  await using worker = new ConfigWorker();
  const { file, dataDir } = folder();
  const before = await worker.ask({ type: "read", file, dataDir });
  assert.ok("masked" in before);
  writeFileSync(file, "pipelines: { web: [in.FakeData, out.Null] }\n");
  const draft = { file, dataDir, text: before.masked, sealed: [before.sealed], isKept: true };
  assert.equal((await worker.ask({ type: "change", draft })).text, CONFIG);
  assert.equal((await worker.ask({ type: "change", draft: { ...draft, dataDir: `${dataDir}-other` } })).unknown, 2);
});

test("a process that hangs is killed, one that ends is replaced, and too many questions are refused", async () => {
  const hanging = program("process.on('message', ({ id, question }) => { if (question.lang === 'en') process.send({ id, answer: { pid: process.pid } }); else for (;;) {} });");
  await using worker = new ConfigWorker({ program: hanging, limitMs: 5000 });
  const good = { type: "schema", file: "x", lang: "en" } as const;
  const first = (await worker.ask(good)) as { readonly pid: number };
  await assert.rejects(worker.ask({ ...good, lang: "ko" }), (error) => error instanceof CommandFailure && error.code === "UNAVAILABLE");
  const second = (await worker.ask(good)) as { readonly pid: number };
  assert.notEqual(second.pid, first.pid);
  assert.throws(() => process.kill(first.pid, 0));
  process.kill(second.pid, "SIGKILL");
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => worker.ask(good)));
  assert.ok(outcomes.some(({ status }) => status === "fulfilled"));
  assert.ok(outcomes.some((outcome) => outcome.status === "rejected" && outcome.reason instanceof CommandFailure && outcome.reason.code === "BUSY"));
});

test("a process that nobody asks ends, and so does one whose agent has gone", async () => {
  const told = program("process.on('disconnect', () => process.exit()); process.on('message', ({ id }) => process.send({ id, answer: { pid: process.pid } }));");
  await using worker = new ConfigWorker({ program: told, idleMs: 1 });
  const { pid } = (await worker.ask({ type: "schema", file: "x", lang: "en" })) as { readonly pid: number };
  while (isAlive(pid)) await once(process.stdout, "never", { signal: AbortSignal.timeout(5) }).catch(() => {});
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Gone with the test that asks for it. */
function newFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "dure-config-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
