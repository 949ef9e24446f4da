// What a tap shows of secrets, and to whom.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "#dataplane/batch.ts";
import type { Caller, Role } from "#kernel/access/caller.ts";
import type { CommandCall } from "#kernel/commands/command.ts";
import { pipelineCommands } from "./commands.ts";
import { TapSeats } from "./tap-seats.ts";
import { Taps } from "./taps.ts";
import type { Sample, TapRequest } from "./taps.ts";

const LINES = [{ message: "login password=canary-1 ok", password: "canary-2" }];
const batch = { rows: 1, count: 1, tag: "web", timeMs: () => 1, isKept: () => true, record: (row: number) => LINES[row] } as unknown as Batch;

test("tap: secrets within texts are hidden, before and after, but for who asked for all", async () => {
  const taps = new Taps(() => 0);
  taps.setSteps(["1:in.Syslog"]);
  const samples: Sample[] = [];
  const request: TapRequest = { step: "1", isDiff: true, perSecondMax: 10 };
  await taps.add(request, (sample) => samples.push(sample));
  taps.after("1:in.Syslog", batch, taps.before("1:in.Syslog", batch));
  await taps.add({ ...request, isWhole: true }, (sample) => samples.push(sample));
  taps.after("1:in.Syslog", batch, taps.before("1:in.Syslog", batch));
  const hidden = { message: "login password=[hidden] ok", password: "[hidden]" };
  assert.deepEqual(samples.map(({ records }) => records[0]), [{ timeMs: 1, before: hidden, after: hidden }, { timeMs: 1, before: hidden, after: hidden }, { timeMs: 1, before: LINES[0], after: LINES[0] }]);
});

test("tap: only an admin may ask for all", async () => {
  const tap = pipelineCommands.find(({ name }) => name === "pipelines.tap");
  const asked: TapRequest[] = [];
  const run = async (role: Role): Promise<unknown> => {
    const caller: Caller = { name: role, role, edge: "http" };
    const call: CommandCall = { caller, signal: AbortSignal.abort(), emit: () => true, changed: () => {} };
    const port = { seats: new TapSeats(), tap: async (_pipeline: string, request: TapRequest) => (asked.push(request), () => {}) };
    return tap?.run(tap.params.parse({ pipeline: "p", isWhole: true }) as never, call, port as never);
  };
  await assert.rejects(run("operator"), { code: "FORBIDDEN" });
  await run("admin");
  assert.deepEqual(asked.map(({ isWhole }) => isWhole), [true]);
});
