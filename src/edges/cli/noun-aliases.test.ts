import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutAliases } from "./noun-aliases.ts";

for (const [written, meant] of [
  ["process ls", "processes ls"],
  ["job submit test.module TestClass.callme --wait", "jobs submit test.module:TestClass.callme --wait"],
  ["job submit test.module:callme --wait", "jobs submit test.module:callme --wait"],
  ["-c dure.yml job ls", "-c dure.yml jobs list"],
  ["operator start worker 3(40)", "jobs manage --action start --target worker --detail 3(40)"],
  ["operator stop all --json", "jobs manage --action stop --target all --json"],
  ["operator info worker pid=1", "jobs manage --action info --target worker --detail pid=1"],
  ["operator rules", "jobs rules"],
  ["process", "processes"],
  ["process --json", "processes --json"],
  ["-c dure.yml process rm etl", "-c dure.yml processes remove etl"],
  ["-c process ls", "-c process ls"],
  ["flow rm --type broad", "flows delete --type broad"],
  ["group add night --processes a", "groups set night --processes a"],
  ["schedule ls", "schedules list"],
  ["recovery add --process etl", "recoveries create --process etl"],
  ["process send etl --message-stdin", "processes send etl --message-stdin"],
  ["process send etl hello", "processes say etl hello"],
  ["process scale etl 3", "processes scale etl --instances 3"],
  ["processes signal nginx SIGHUP -c dure.yml", "processes signal nginx --signal SIGHUP -c dure.yml"],
  ["program use etl 2", "programs use etl --version 2"],
  ["programs use etl --version 2", "programs use etl --version 2"],
  ["process-settings set kill_wait 20", "process-settings set kill_wait --value 20"],
  ["recovery add etl 2026-11-22", "recoveries run etl 2026-11-22"],
  ["recoveries create --process etl --message-stdin", "recoveries create --process etl --message-stdin"],
  ["program upload etl etl.py", "programs put etl etl.py"],
  ["programs upload etl --file x", "programs upload etl --file x"],
  ["add_task etl python3 etl.py -v --json", "processes add etl -- python3 etl.py -v --json"],
  ["add_task etl -- python3 x", "processes add etl -- python3 x"],
  ["act_task etl", "processes start etl"],
  ["trm_task all", "processes stop all"],
  ["del_task etl", "processes remove etl"],
  ["help process ls", "help processes ls"],
  ["ls", "ls"],
  ["config show", "config show"],
] as const) test(`aliases: dure ${written}`, () => assert.deepEqual(withoutAliases(written.split(" ")), meant.split(" ")));

test("aliases: nothing but words is looked at", () => assert.deepEqual([withoutAliases([]), withoutAliases(["constructor"]), withoutAliases(["process", "constructor"])], [[], ["constructor"], ["processes", "constructor"]]));
