// What watches an agent from outside sees its jobs: `dure metrics`, a scrape, `dure doctor`.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { freePort } from "#test/servers/free-port.ts";
import { folder, until } from "./run-dure.ts";

const skip = process.platform === "win32" && "the tests stop agents by signals";

test("jobs: metrics count what ran, and doctor says which file of rules cannot be used and what was given up", { skip }, async () => {
  await using here = folder();
  const port = await freePort();
  here.write("dure.yml", `agent: { metrics: ${port} }\njobs: { rules: ./rules, workers: 1, slots: 2 }\n`);
  mkdirSync(here.file("rules"));
  here.write("rules/인사.js", 'export function hello({ name }) { return { hi: name }; }\nexport function bad() { throw new Error("no luck"); }\n');
  here.write("rules/broken.js", "export function oh( {\n");
  const agent = here.spawn(["run"]);
  await until(async () => (await here.dure(["job", "submit", "인사", "hello", "--data", '{"name":"길동"}', "--wait"])).code === exitCode.done, "a job has run");
  assert.equal((await here.dure(["job", "submit", "인사", "bad", "--wait"])).code, exitCode.failed);

  const asked = (await here.dure(["metrics", "dure_rule_runs_total"])).stdout;
  assert.match(asked, /^dure_rule_runs_total\{rule="인사:hello",outcome="succeeded"\} [1-9]/m);
  assert.match(asked, /^dure_rule_runs_total\{rule="인사:bad",outcome="failed"\} 1$/m);
  const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(scraped, /^dure_jobs_queue_open\{backend="embedded"\} 1$/m);
  assert.match(scraped, /^dure_jobs_held\{state="failed"\} 1$/m);
  assert.match(scraped, /^dure_jobs_slots 2$/m);
  assert.match(scraped, /^dure_build_info\{/m);

  const { findings } = JSON.parse((await here.dure(["doctor", "--json"])).stdout) as { findings: { id: string; outcome: string; text: { en: string } }[] };
  const of = (id: string): string[] => findings.filter((each) => each.id === id).map(({ outcome }) => outcome);
  assert.deepEqual([of("rules-folder"), of("rules-python"), of("rules"), of("job-queue"), of("job-workers"), of("dead-jobs")], [["ok"], ["skipped"], ["problem"], ["ok"], ["ok"], ["hint"]]);
  assert.match(JSON.stringify(findings.find(({ id }) => id === "rules")?.text), /broken\.js/);

  const help = (await here.dure(["jobs", "submit", "--help"])).stdout;
  assert.match(help, /--data/);
  assert.doesNotMatch(help, /\[object Object\]/);

  assert.match((await here.dure(["job", "ls", "--states", "failed"])).stdout, /Error: no luck/);

  // In two hours, and not two hours ago.
  const later = await here.dure(["job", "submit", "인사", "hello", "--data", '{"name":"길동"}', "--at", "2h", "--wait", "--timeout", "50ms", "--json"]);
  assert.deepEqual([later.code, (JSON.parse(later.stdout) as { result: { job: { state: string } } }).result.job.state], [exitCode.timeLimit, "delayed"]);

  assert.equal((await here.dure(["status", "--strict"])).code, exitCode.done);
  await here.dure(["operator", "stop", "worker", "all"]);
  const idle = await here.dure(["status", "--strict", "--lang", "en"]);
  assert.equal(idle.code, exitCode.cannotTell);
  assert.match(idle.stdout, /no worker is ready/);
  agent.child.kill("SIGTERM");
  await agent.ended;
});

test("jobs: a number of any length stays as it was written, from the command line into a rule and back, run again with others, too", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", "agent: { data_dir: ./data }\njobs: { rules: ./rules, workers: 1, slots: 2 }\n");
  mkdirSync(here.file("rules"));
  here.write("rules/echo.py", "def back(data):\n    return data\n");
  const agent = here.spawn(["run"]);
  interface Shown { readonly result: { readonly job: { readonly id: string; readonly data: string; readonly result: string } } }
  const submit = async (...words: readonly string[]) => here.dure(["job", "submit", "echo:back", "--wait", "--json", ...words]);
  await until(async () => (await submit()).code === exitCode.done, "a job has run");
  const { job } = (JSON.parse((await submit("--data", '{"n":12345678901234567890123}')).stdout) as Shown).result;
  assert.deepEqual([job.data, JSON.parse(job.result.replaceAll(/\d+/g, '"$&"'))], ['{"n":12345678901234567890123}', { n: "12345678901234567890123" }]);
  const retried = JSON.parse((await here.dure(["job", "retry", "--ids", job.id, "--data", "[\n98765432109876543210\n]", "--json"])).stdout) as { result: { retried: readonly { as: string }[] } };
  const again = JSON.parse((await here.dure(["job", "wait", retried.result.retried[0]?.as ?? "", "--json"])).stdout) as { result: Shown["result"]["job"] };
  assert.match(again.result.result, /^\[98765432109876543210\]$/);

  const socket = controlAddress(here.file("data/dure.pid"));
  await assert.rejects(callControl(socket, "jobs.submit", { rule: "echo:back", data: 1, dataJson: "1" }), { code: "INVALID", message: "a job has one argument" });
  await assert.rejects(callControl(socket, "jobs.submit-many", { jobs: [{ rule: "echo:back", dataJson: '{"n":' }] }), { code: "INVALID", message: /is not JSON/ });
  await assert.rejects(callControl(socket, "jobs.retry", { ids: [job.id], dataJson: "{" }), { code: "INVALID", message: /is not JSON/ });
  agent.child.kill("SIGTERM");
  await agent.ended;
});
