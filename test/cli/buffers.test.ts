// `dure buffers`: what waits on the disk, damage found at its place, and set aside so that all else still arrives.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { FRAME_HEAD_BYTES, FRAME_MAGIC } from "#dataplane/frames.ts";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { startAgent } from "../faults/agent.ts";
import type { Agent } from "../faults/agent.ts";
import { appendNumbered, numbersIn } from "../faults/numbered.ts";
import { folder, until } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const PARTS = 4;
const LINES = 6;
const WIDTH = 40;

interface Report {
  readonly isInUse: boolean;
  readonly buffers: readonly { readonly pipeline: string; readonly records: number; readonly batches: number; readonly bytes: number; readonly oldestMs: number; readonly damage: readonly { readonly file: string; readonly offset: number; readonly what: string; readonly isUnfinished: boolean }[]; readonly quarantine: { readonly bytes: number; readonly files: number } }[];
}

const REFUSED = { "out.Fluentd": { host: "127.0.0.1", port: 1 } };
const pipelines = (output: Record<string, unknown>) => ({
  웹: { retry: { first: "50ms", most: "200ms" }, steps: [{ "in.FileTail": "app.log" }, { "buffer.Size": { bytes: "64KB", timeout: "20ms", storage: "disk", path: "held" } }, output] },
});

/** An agent with four frames in its buffer, and nobody who takes them. */
async function filled(here: Folder): Promise<Agent> {
  here.write("app.log", "");
  const agent = startAgent(here, pipelines(REFUSED));
  for (let part = 1; part <= PARTS; part += 1) {
    appendNumbered(here.file("app.log"), (part - 1) * LINES, part * LINES, WIDTH);
    await until(() => existsSync(here.file("held")) && framesIn(here).length === part, `part ${part} in the buffer`);
    await until(() => positions(here).includes(`"offset":${part * LINES * WIDTH}`), `part ${part} is settled`);
  }
  return agent;
}

function segment(here: Folder): string {
  const [name = "none"] = readdirSync(here.file("held")).filter((one) => one.endsWith(".seg"));
  return here.file("held", name);
}
function framesIn(here: Folder): number[] {
  const bytes = existsSync(segment(here)) ? readFileSync(segment(here)) : Buffer.alloc(0);
  const starts: number[] = [];
  for (let at = bytes.indexOf(FRAME_MAGIC); at !== -1; at = bytes.indexOf(FRAME_MAGIC, at + 1)) starts.push(at);
  return starts;
}
function positions(here: Folder): string {
  return readFileSync(here.file(".dure", "positions", "웹.pos"), "utf8").trimEnd().split("\n").at(-1) ?? "";
}
function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  writeFileSync(file, bytes);
}
async function report(here: Folder, action: string): Promise<Report & { readonly code: number | null }> {
  const { code, stdout, stderr } = await here.dure(["buffers", action, "--json"]);
  assert.notEqual(stdout, "", stderr);
  return { code, ...(JSON.parse(stdout) as Report) };
}

test("list: what waits, beside a running agent too; nothing where there is no disk buffer", async () => {
  await using here = folder();
  here.write("none.yml", "pipelines: { a: [in.FakeData, buffer.Lines: 3, out.Null] }\n");
  for (const args of [["buffers", "list", "none.yml"], ["buffers", "none.yml"], ["-c", "none.yml", "buffers"]]) assert.match((await here.dure(args)).stderr, /no pipeline has a disk buffer/);
  here.write("new.yml", JSON.stringify({ pipelines: pipelines(REFUSED) }));
  assert.match((await here.dure(["buffers", "verify", "new.yml"])).stdout, /✓ 웹 2:buffer\.Size records: 0, batches: 0/);
  assert.ok(!existsSync(here.file("held")), "looking makes nothing");

  const agent = await filled(here);
  const { isInUse, buffers } = await report(here, "list");
  const [one] = buffers;
  assert.deepEqual([isInUse, one?.pipeline, one?.records, one?.batches, one?.damage], [true, "웹", PARTS * LINES, PARTS, []]);
  assert.ok(PARTS * LINES * WIDTH < (one?.bytes ?? 0) && Math.abs(Date.now() - (one?.oldestMs ?? 0)) < 60_000);
  const verify = await here.dure(["buffers", "verify"]);
  assert.equal(verify.code, 0, verify.stdout);
  assert.match(verify.stderr, /an agent is running/);
  const repair = await here.dure(["buffers", "repair"]);
  assert.equal(repair.code, exitCode.temporary, repair.stderr);
  await agent.kill();
  assert.match((await here.dure(["buffers", "ls", "-t", "웹"])).stdout, /웹 +2:buffer\.Size +24 +1\.\d KiB +\d+\S* \w+ +0 B +\S+held/);
});

const damages: readonly [string, (frames: readonly number[], end: number) => number, "head" | "payload"][] = [
  ["in a head", ([, second = 0]) => second + 9, "payload"],
  ["in the part of a head that its checksum covers", ([, second = 0]) => second + 20, "head"],
  ["in the magic", ([, second = 0]) => second + 1, "head"],
  ["in a payload", ([, second = 0]) => second + FRAME_HEAD_BYTES + 90, "payload"],
];
for (const [place, where, what] of damages) {
  test(`a byte flipped ${place}: verify names it, repair sets it aside, all else arrives`, async () => {
    await using here = folder();
    await (await filled(here)).kill();
    assert.equal((await report(here, "verify")).code, 0);
    const frames = framesIn(here);
    flip(segment(here), where(frames, readFileSync(segment(here)).length));
    const hurt = readFileSync(segment(here));

    const verify = await here.dure(["buffers", "verify"]);
    assert.equal(verify.code, exitCode.testFailed, verify.stderr);
    assert.match(verify.stdout, new RegExp(`✗ 웹 2:buffer\\.Size \\S+held/\\d{10}\\.seg offset ${frames[1]}, ${(frames[2] ?? 0) - (frames[1] ?? 0)} bytes: the batch's ${what === "head" ? "head is damaged" : "checksum is wrong"}`));
    assert.deepEqual([readFileSync(segment(here)), existsSync(here.file("held", "quarantine"))], [hurt, false], "verify only reads");

    const repair = await here.dure(["buffers", "repair"]);
    assert.equal(repair.code, 0, repair.stderr);
    assert.match(repair.stdout, /set aside: \S+quarantine\/\S+\.damaged/);
    assert.deepEqual(readFileSync(here.file("held", "quarantine", readdirSync(here.file("held", "quarantine")).sort()[0] ?? "")), hurt.subarray(frames[1], frames[2]));
    const after = await report(here, "verify");
    assert.deepEqual([after.code, after.buffers[0]?.records, after.buffers[0]?.quarantine], [0, (PARTS - 1) * LINES, { bytes: (frames[2] ?? 0) - (frames[1] ?? 0), files: 1 }]);
    assert.match((await here.dure(["buffers", "repair"])).stderr, /nothing was set aside/);

    const onward = startAgent(here, pipelines({ "out.File": { path: "out.log", format: "lines" } }));
    appendNumbered(here.file("app.log"), PARTS * LINES, PARTS * LINES + 1, WIDTH);
    await until(() => existsSync(here.file("out.log")) && numbersIn(here.file("out.log")).includes(PARTS * LINES), "what came later arrives");
    await onward.stop();
    const isLost = (number: number): boolean => LINES <= number && number < 2 * LINES;
    assert.deepEqual(numbersIn(here.file("out.log")), Array.from({ length: PARTS * LINES + 1 }, (_, number) => number).filter((number) => !isLost(number)));
    assert.doesNotMatch(onward.log(), /damaged|cut off/);
  });
}

test("a file cut off where all was settled is damage; an unfinished end behind that is none", async () => {
  await using here = folder();
  await (await filled(here)).kill();
  const whole = readFileSync(segment(here));
  writeFileSync(segment(here), Buffer.concat([whole, whole.subarray(0, 30)]));
  const unfinished = await here.dure(["buffers", "verify"]);
  assert.equal(unfinished.code, 0, unfinished.stdout);
  assert.match(unfinished.stdout, new RegExp(`! .* offset ${whole.length}, 30 bytes: unfinished`));
  assert.equal((await report(here, "repair")).code, 0);
  assert.ok(!existsSync(here.file("held", "quarantine")));

  for (const left of [30, 100]) {
    const last = framesIn(here)[PARTS - 1] ?? 0;
    writeFileSync(segment(here), whole);
    truncateSync(segment(here), last + left);
    const { code, buffers } = await report(here, "verify");
    assert.deepEqual([code, buffers[0]?.damage.map(({ offset, isUnfinished }) => [offset, isUnfinished])], [exitCode.testFailed, [[last, false]]]);
    assert.equal((await here.dure(["buffers", "repair"])).code, 0);
    assert.equal((await report(here, "verify")).code, 0, `${left} bytes`);
  }
});

test("a quarantine that takes no more: the damage stays where it is, and the code says so", async () => {
  await using here = folder();
  await (await filled(here)).kill();
  flip(segment(here), 60);
  here.write("held/quarantine", "a file where the folder would be");
  const hurt = readFileSync(segment(here));
  const repair = await here.dure(["buffers", "repair"]);
  assert.equal(repair.code, exitCode.failed, repair.stdout);
  assert.match(repair.stdout, /left as it is: /);
  assert.deepEqual(readFileSync(segment(here)), hurt);
});
