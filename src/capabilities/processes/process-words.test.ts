import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import { shownCommand } from "./process-words.ts";

const shown = (started: readonly string[], command: readonly string[], written: ProcessPlan["written"]) => shownCommand(started, { command, written } as ProcessPlan);

test("what a process is started with is shown without what was kept out of the config", () => {
  assert.deepEqual(shown(["curl", "/data/x.py", "Bearer canary"], ["curl", "{program}", "Bearer canary"], ["curl", "{program}", "Bearer ${env:T}"]), ["curl", "/data/x.py", "Bearer ${env:T}"]);
  assert.deepEqual(shown(["/bin/sh", "-c", "run /data/x --key canary"], ["/bin/sh", "-c", "run {program} --key canary"], "run {program} --key [hidden]"), ["/bin/sh", "-c", "run {program} --key [hidden]"]);
  assert.deepEqual(shown(["/bin/sh", "/data/job_run.sh", "--context=P", "canary"], ["canary"], ["${env:T}"]), ["${env:T}"]);
  assert.deepEqual(shown(["/bin/sh", "-c", "run /data/x"], ["/bin/sh", "-c", "run {program}"], "run {program}"), ["/bin/sh", "-c", "run /data/x"]);
});
