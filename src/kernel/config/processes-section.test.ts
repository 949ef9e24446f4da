import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProcessPlan } from "./process-plan.ts";
import { planDifference } from "./plan-difference.ts";
import { check, marks, noProcesses } from "./testing.ts";

const conf = `${process.cwd()}/conf`;
const planOf = async (text: string, env: Record<string, string> = {}) => {
  const { plan, problems } = await check(text, { env });
  assert.deepEqual(problems.map(({ text: said, place }) => `${place.line}:${place.column} ${said.en}`), []);
  return plan ?? assert.fail("no plan");
};
const only = async (definition: string, env: Record<string, string> = {}): Promise<ProcessPlan> => {
  const { processes: { processes } } = await planOf(`processes:\n  p: ${definition}\n`, env);
  return processes[0] ?? assert.fail("no process");
};

test("processes: a config has none unless it says so, and needs no pipeline when it does", async () => {
  const without = await planOf("pipelines: { p: [in.FakeData, out.Stdout] }\n");
  assert.deepEqual(without.processes, noProcesses(`${conf}/.dure`));
  const { pipelines, processes } = await planOf("processes:\n  etl: python3 etl.py\n");
  assert.deepEqual(pipelines, []);
  assert.deepEqual(processes.processes[0], {
    name: "etl", type: "process", command: ["/bin/sh", "-c", "python3 etl.py"], written: "python3 etl.py", cwd: conf, env: {}, shownEnv: {}, limits: {}, start: "auto", instances: 1,
    restart: { when: "always", firstMs: 1000, mostMs: 30_000, attemptsMax: null, steadyMs: 10_000 }, stop: { signal: "SIGTERM", waitMs: 10_000 }, dependsOn: [], encoding: "utf-8", lineBytesMax: 1 << 20,
    ack: { type: "none", timeoutMs: 30_000, onFailure: "retry", attemptsMax: null }, queue: { eventsMax: 100_000, bytesMax: 64 << 20 }, output: { linesKept: 1000, fileBytesMax: 10 << 20, filesMax: 10 }, place: { file: "conf/dure.yml", line: 2, column: 3 },
  });
  assert.deepEqual(marks(await check("agent: { threads: 1 }\n")), ["DURE305 1:1"]);
  assert.deepEqual((await planOf("console: 9999\n")).processes.console, { host: "127.0.0.1", port: 9999 }, "processes come from there");
});

test("processes: pipelines that read what one prints are known before it starts, by the name under which they will ask", async () => {
  const { processes } = await planOf("processes: { etl: [cat], load: [cat] }\npipelines:\n  장부: [in.Talk: etl, out.Stdout]\n  q: [in.Talk: { process: load }, out.Stdout]\n  r: [in.FakeData, out.Stdout]\n");
  assert.deepEqual(processes.readers, [{ process: "etl", consumer: "장부/1" }, { process: "load", consumer: "q/1" }]);
});

test("processes: everything that one can say of a process", async () => {
  const { processes: { processes } } = await planOf(`
processes:
  db: [postgres, -D, data]
  prep: { command: ./prep.sh, restart: never }
  load:
    type: process
    command: [python3, load.py, "{program}", "{work}"]
    cwd: ./jobs
    env: { MODE: prod, PORT: 0010, TOKEN: "\${env:TOKEN}" }
    user: batch
    limits: { memory: 512MB, processes: 64, files: 1024, cpus: 0.5 }
    start: manual
    instances: 3
    restart: { when: on-failure, first: 2s, most: 1m, attempts: 10, steady: 1m }
    stop: { signal: SIGINT, wait: 1s }
    depends_on: { db: started, prep: done }
    health: { http: "http://127.0.0.1:8080/health", status: 200, every: 1s, timeout: 2s, failures: 2, grace: 5s, restart: true }
    encoding: cp949
    line_max: 64k
    ack: json
    ack_timeout: 5s
    on_failure: skip
    attempts: 3
    queue: { events: 10, bytes: 1MB }
    output: { lines: 5, rotate_size: 1MB, rotate_files: 2 }
`, { TOKEN: "hunter2hunter2" });
  const { place: _, ...load } = processes[2] ?? assert.fail("no load");
  assert.deepEqual(load, {
    name: "load", type: "process", command: ["python3", "load.py", "{program}", "{work}"], written: ["python3", "load.py", "{program}", "{work}"], cwd: `${conf}/jobs`,
    env: { MODE: "prod", PORT: "0010", TOKEN: "hunter2hunter2" }, shownEnv: { MODE: "prod", PORT: "0010", TOKEN: "${env:TOKEN}" }, user: "batch",
    limits: { memoryBytesMax: 512 << 20, processesMax: 64, filesMax: 1024, cpus: 0.5 }, start: "manual", instances: 3,
    restart: { when: "on-failure", firstMs: 2000, mostMs: 60_000, attemptsMax: 10, steadyMs: 60_000 }, stop: { signal: "SIGINT", waitMs: 1000 },
    dependsOn: [{ process: "db", until: "started" }, { process: "prep", until: "done" }],
    health: { type: "http", url: "http://127.0.0.1:8080/health", status: 200, intervalMs: 1000, timeoutMs: 2000, failures: 2, graceMs: 5000, isRestarted: true },
    encoding: "cp949", lineBytesMax: 64 << 10, ack: { type: "json", timeoutMs: 5000, onFailure: "skip", attemptsMax: 3 }, queue: { eventsMax: 10, bytesMax: 1 << 20 }, output: { linesKept: 5, fileBytesMax: 1 << 20, filesMax: 2 },
  });
});

test("processes: short forms", async () => {
  assert.deepEqual((await only("[sleep, 010, yes]")).command, ["sleep", "010", "yes"], "as they are written");
  assert.deepEqual((await only("{ command: x, restart: on-failure }")).restart, { when: "on-failure", firstMs: 1000, mostMs: 30_000, attemptsMax: null, steadyMs: 10_000 });
  assert.deepEqual((await only("{ command: x, health: { tcp: 5432 } }")).health, { type: "tcp", host: "127.0.0.1", port: 5432, intervalMs: 10_000, timeoutMs: 3000, failures: 3, graceMs: 0, isRestarted: false });
  assert.deepEqual((await only("{ command: x, health: { exec: [test, -f, 1] } }")).health?.type === "exec" && ((await only("{ command: x, health: { exec: [test, -f, 1] } }")).health as { command: unknown }).command, ["test", "-f", "1"]);
  assert.deepEqual((await only("{ command: x, output: { file: logs/x.log } }")).output.file, `${conf}/logs/x.log`);
  assert.deepEqual((await only("{ type: talend, talend: { context: Prod, context_params: { a: b } } }")).options, { context: "Prod", context_params: { a: "b" } });
  assert.deepEqual((await planOf("console: true\nprocesses: { a: x }\n")).processes.console, { host: "127.0.0.1", port: 9999 });
  assert.equal((await planOf("console: false\nprocesses: { a: x }\n")).processes.console, undefined);
});

test("processes: what is secret is never shown", async () => {
  const secret = "hunter2-and-more";
  const { env, shownEnv, written } = await only(`{ command: [run, --password, plain-text, "-H=Bearer \${env:KEY}", "https://a:${secret}@host/"], env: { DB_PASSWORD: plain-text, URL: "https://a:${secret}@host/", KEY: "\${env:KEY}", WITH: "x-\${env:KEY}-y", COPY: ${secret}2 } }`, { KEY: `${secret}2` });
  assert.equal(env["DB_PASSWORD"], "plain-text");
  assert.deepEqual(shownEnv, { DB_PASSWORD: "[hidden]", URL: "https://a:[hidden]@host/", KEY: "${env:KEY}", WITH: "x-${env:KEY}-y", COPY: "${env:KEY}" });
  assert.deepEqual(written, ["run", "--password", "[hidden]", "-H=Bearer ${env:KEY}", "https://a:[hidden]@host/"]);
});

test("flows, groups, schedules and settings", async () => {
  const { processes } = await planOf(`
processes: { a: x, b: y, 적재: z }
flows:
  - { from: a, to: [b, 적재], ack: line }
  - { type: share, from: [b], to: 적재, ack: line, view: false }
groups: { night: [a, b], one: b }
schedules:
  - { cron: "0 2 * * *", process: a, message: "run ##DATE_TIME##" }
  - { name: nightly, cron: "*/5 * * * *", process: b, action: restart, time_zone: Asia/Seoul }
console: { port: 9998 }
process_settings:
  work_dir: ./work
  queue_max: 7
  kill_wait: 3s
  skip_failed_event: true
  event_file: events.log
  schedules: false
  old_api: { on: true, port: 5001 }
  announcer: { on: true, host: 10.0.0.1 }
  recovery: { timeout: 1m }
`);
  assert.deepEqual(processes.flows.map(({ place: _, ...flow }) => flow), [
    { type: "broad", from: ["a"], to: ["b", "적재"], isViewed: true, index: 0 },
    { type: "share", from: ["b"], to: ["적재"], isViewed: false, index: 1 },
  ]);
  assert.deepEqual(processes.processes.map(({ ack }) => ack.type), ["none", "line", "line"]);
  assert.deepEqual(processes.processes[0]?.queue.eventsMax, 7);
  assert.deepEqual(processes.processes[0]?.stop.waitMs, 3000);
  assert.deepEqual(processes.processes[0]?.ack.onFailure, "skip");
  assert.deepEqual(processes.groups, [{ name: "night", processes: ["a", "b"] }, { name: "one", processes: ["b"] }]);
  assert.deepEqual(processes.schedules, [
    { name: "0 2 * * * a", cron: "0 2 * * *", process: "a", action: "send", message: "run ##DATE_TIME##", index: 0 },
    { name: "nightly", cron: "*/5 * * * *", process: "b", action: "restart", message: "", timeZone: "Asia/Seoul", index: 1 },
  ]);
  assert.deepEqual(processes.console, { host: "127.0.0.1", port: 9998 });
  const { settings } = processes;
  assert.deepEqual([settings.workDir, settings.eventFile, settings.areSchedulesRun, settings.oldApi, settings.announcer.host, settings.recovery], [`${conf}/work`, `${conf}/events.log`, false, { isOn: true, host: "127.0.0.1", port: 5001 }, "10.0.0.1", { timeoutMs: 60_000, keepMs: 86_400_000 }]);
});

test("processes: the announcer is two pipelines, there while it is on; no other may have their names", async () => {
  const on = "process_settings:\n  result_dir: ./결과\n  resource_samples: 3\n  announcer: { on: true, host: '::1', port: 8889, result_path: /a, resource_path: /b }\n";
  const { pipelines } = await planOf(on);
  assert.deepEqual(pipelines.map(({ name, place, steps }) => [name, place.line, steps.map((step) => step.type === "plugin" && { [step.plugin]: step.options })]), [
    ["announcer-resources", 4, [{ "in.Resource": { format: "eventflow", interval: 60_000, keep: 3 } }, { "out.Http": { url: "http://[::1]:8889/b", format: "record", time_key: "" } }]],
    ["announcer-results", 4, [{ "in.ResultLogs": { path: `${conf}/결과`, encoding: "utf-8", keep: 10 } }, { "out.Http": { url: "http://[::1]:8889/a", format: "record", time_key: "" } }]],
  ]);
  const own = "pipelines: { announcer-results: [in.FakeData, out.Stdout] }\n";
  assert.deepEqual((await planOf(own)).pipelines.map(({ name }) => name), ["announcer-results"], "while it is off the name is free");
  assert.deepEqual(marks(await check(on + own)), ["DURE108 5:14"]);
});

test("processes: what a reload changes is said by name, wherever it stands", async () => {
  const before = await planOf("processes: { a: x, b: y, gone: z }\nflows: [{ from: a, to: b }]\nconsole: 9999\n");
  const after = await planOf("# moved\n\nprocesses:\n  a: x\n  b: other\n  new: z\nflows: [{ from: a, to: new }]\nprocess_settings: { kill_wait: 10s, events_kept: 5, work_dir: w }\n");
  const { processes, atOnce, atNextStart } = planDifference(before, after);
  assert.deepEqual(processes, { same: ["a"], changed: ["b"], added: ["new"], removed: ["gone"] });
  assert.deepEqual(atOnce, ["flows", "process_settings"]);
  assert.deepEqual(atNextStart, ["console", "process_settings.work_dir"]);
  const same = planDifference(before, await planOf("\n\nflows: [{ from: a, to: b }]\nprocesses: { a: x, b: y, gone: z }\nconsole: { port: 9999 }\n"));
  assert.deepEqual([same.processes.same, same.atOnce, same.atNextStart], [["a", "b", "gone"], [], []]);
});
