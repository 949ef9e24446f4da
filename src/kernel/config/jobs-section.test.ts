import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import type { JobsPlan } from "./jobs-plan.ts";
import { jobsUntilStart, planDifference } from "./plan-difference.ts";
import { renderProblem } from "./render.ts";
import { findSecrets, secretNames } from "./secrets/find-secrets.ts";
import { checkConfig } from "./check.ts";
import { check, fixtureRegistry, marks } from "./testing.ts";

const conf = resolve("conf");
const jobsOf = async (text: string, env: Record<string, string> = {}): Promise<JobsPlan> => {
  const { plan, problems } = await check(text, { env });
  assert.deepEqual(problems.map(({ text: said, place }) => `${place.line}:${place.column} ${said.en}`), []);
  return plan?.jobs ?? assert.fail("no jobs");
};
const place = (line: number, column: number) => ({ file: "conf/dure.yml", line, column });
const USUAL: JobsPlan = {
  rulesDir: join(conf, "rules"),
  queue: { type: "embedded" },
  workers: 2,
  slots: 5,
  limits: { workersMax: 100, slotsMax: 100, queuedMax: 1_000_000, dataBytesMax: 1 << 20, resultBytesMax: 1 << 20 },
  timeoutMs: 600_000,
  killAfterMs: 5000,
  loadTimeoutMs: 30_000,
  attempts: 1,
  backoff: { firstMs: 1000, mostMs: 60_000 },
  poisonAfter: 3,
  concurrency: null,
  rate: null,
  watcher: { isOn: true, intervalMs: 5000 },
  recycle: { jobs: null, memoryBytes: null },
  keepMs: 7 * 86_400_000,
  keepMax: 1_000_000,
  python: process.platform === "win32" ? "python" : "python3",
  env: {},
  schedules: [],
  notifiers: [],
  place: place(1, 1),
};
const BROKER = { type: "rabbitmq", name: "dure.jobs", kind: "auto", heartbeatMs: 30_000, connectTimeoutMs: 10_000 } as const;

for (const text of ["jobs: ./rules", "jobs: rules", "jobs:", "jobs: true", "jobs: {}", "jobs: { rules: ./rules, queue: embedded, operator: false }"])
  test(`jobs section: \`${text}\` is all there has to be`, async () => assert.deepEqual(await jobsOf(`${text}\n`), USUAL));

test("jobs section: everything that one can say", async () => {
  const plan = await jobsOf(
    `jobs:
  rules: /srv/규칙
  queue: { urls: ["amqps://a:\${env:PW}@one/v%2Fh", "amqps://two"], name: 두레.작업, kind: classic, heartbeat: 10s, connect_timeout: 500ms, tls: { ca: ca.pem, cert: c.pem, key: k.pem, verify: false } }
  workers: 3
  slots: 40
  timeout: none
  kill_after: 1s
  load_timeout: 2m
  attempts: 4
  backoff: { first: 200ms, most: 30s }
  poison_after: 2
  concurrency: 7
  rate: 1000/5m
  limits: { workers: 10, slots: 50, queued: 1000, data: 64KiB, result: 10MiB }
  watcher: { interval: 1s, on: false }
  recycle: { jobs: 1000, memory: 512MiB }
  keep: 1d
  keep_max: 10
  python: ./venv/bin/python
  env: { MODE: 010, TOKEN: "\${env:PW}" }
  operator:
    queues: { message_in: IN, management_in: M }
    websocket: { host: "[::1]", port: 9000, open: true, origins: ["null"] }
    logs: { dir: /var/log/op, prefix: a/op, level: INFO, rotate: true, rotate_size: 1MiB, rotate_files: 3, all_in_one: true }
    module_base: our.rules
    request_timeout: 1s
`,
    { PW: "p" },
  );
  assert.deepEqual(plan, {
    rulesDir: "/srv/규칙",
    queue: { ...BROKER, urls: ["amqps://a:p@one/v%2Fh", "amqps://two"], name: "두레.작업", kind: "classic", heartbeatMs: 10_000, connectTimeoutMs: 500, tls: { isVerified: false, caFile: join(conf, "ca.pem"), certFile: join(conf, "c.pem"), keyFile: join(conf, "k.pem") } },
    workers: 3,
    slots: 40,
    timeoutMs: null,
    killAfterMs: 1000,
    loadTimeoutMs: 120_000,
    attempts: 4,
    backoff: { firstMs: 200, mostMs: 30_000 },
    poisonAfter: 2,
    concurrency: 7,
    rate: { count: 1000, perMs: 300_000 },
    limits: { workersMax: 10, slotsMax: 50, queuedMax: 1000, dataBytesMax: 65_536, resultBytesMax: 10 << 20 },
    watcher: { intervalMs: 1000, isOn: false },
    recycle: { jobs: 1000, memoryBytes: 512 << 20 },
    keepMs: 86_400_000,
    keepMax: 10,
    python: join(conf, "venv/bin/python"),
    env: { MODE: "010", TOKEN: "p" },
    operator: {
      queues: { messageIn: "IN", messageOut: "ITSBOX.D.MSG_OUT", managementIn: "M", managementOut: "ITSBOX.D.MGMT_OUT" },
      websocket: { host: "::1", port: 9000, isOpen: true, origins: ["null"] },
      logs: { dir: "/var/log/op", prefix: "a/op", level: "INFO", isRotated: true, fileBytesMax: 1 << 20, filesMax: 3, isAllInOne: true },
      moduleBase: "our.rules",
      requestTimeoutMs: 1000,
    },
    schedules: [],
    notifiers: [],
    place: place(1, 1),
  } satisfies JobsPlan);
});

const OPERATOR = { moduleBase: "itsbox.operator", requestTimeoutMs: 3000, websocket: { host: "127.0.0.1", port: 8081, isOpen: false, origins: [] }, logs: { dir: join(conf, "logs"), prefix: "operator", level: "DEBUG", isRotated: false, fileBytesMax: 10 << 20, filesMax: 10, isAllInOne: false } } as const;
const QUEUES = { messageIn: "ITSBOX.D.MSG_IN", messageOut: "ITSBOX.D.MSG_OUT", managementIn: "ITSBOX.D.MGMT_IN", managementOut: "ITSBOX.D.MGMT_OUT" };

for (const [jobs, part] of [
  ["queue: amqp://itsbox:itsbox@127.0.0.1:5672/", { queue: { ...BROKER, urls: ["amqp://itsbox:itsbox@127.0.0.1:5672/"] } }],
  ["queue: [amqp://one, amqp://two]", { queue: { ...BROKER, urls: ["amqp://one", "amqp://two"] } }],
  ["queue: { url: 'amqp://[::1]:5672/v?heartbeat=10' }", { queue: { ...BROKER, urls: ["amqp://[::1]:5672/v?heartbeat=10"] } }],
  ["operator: true", { operator: OPERATOR }],
  ["{ operator: true, queue: amqp://one }", { operator: { ...OPERATOR, queues: QUEUES } }],
  ["{ operator: { websocket: 8082, logs: false, queues: false }, queue: amqp://one }", { operator: { moduleBase: "itsbox.operator", requestTimeoutMs: 3000, websocket: { ...OPERATOR.websocket, port: 8082 } } }],
  ["operator: { websocket: false, module_base: '' }", { operator: { moduleBase: "", requestTimeoutMs: 3000, logs: OPERATOR.logs } }],
  ["operator: { websocket: { host: 0.0.0.0, insecure: true } }", { operator: { ...OPERATOR, websocket: { ...OPERATOR.websocket, host: "0.0.0.0" } } }],
  ["timeout: 90", { timeoutMs: 90_000 }],
  ["rate: 30/m", { rate: { count: 30, perMs: 60_000 } }],
  ["workers: 0", { workers: 0 }],
] as const)
  test(`jobs section: \`${jobs}\``, async () => {
    const plan = await jobsOf(jobs.startsWith("{") ? `jobs: ${jobs}\n` : `jobs:\n  ${jobs}\n`);
    for (const [key, value] of Object.entries(part)) assert.deepEqual(plan[key as keyof JobsPlan], value);
  });

test("jobs section: `jobs: false` is none", async () => assert.equal((await check("jobs: false\nprocesses: { a: x }\n")).plan?.jobs, undefined));

for (const [what, jobs, found] of [
  ["an unknown option", "{ worker: 3 }", ["DURE207 1:9"]],
  ["one of ItsBox", "{ rules: a, operator: { rule_module_base: x } }", ["DURE207 1:31"]],
  ["a list", "[./rules]", ["DURE201 1:7"]],
  ["a number", "5", ["DURE201 1:7"]],
  ["more workers than the cap", "{ workers: 101 }", ["DURE205 1:18"]],
  ["more slots than the cap", "{ slots: 6, limits: { slots: 5 } }", ["DURE205 1:16"]],
  ["no slots", "{ slots: 0 }", ["DURE203 1:16"]],
  ["a wait that is no time", "{ kill_after: soon }", ["DURE205 1:21"]],
  ["a wait longer than timers go", "{ timeout: 90d }", ["DURE205 1:18"]],
  ["no time at all", "{ timeout: 0 }", ["DURE205 1:18"]],
  ["a rate without its time", "{ rate: \"100\" }", ["DURE205 1:15"]],
  ["a rate of nothing", "{ rate: 0/s }", ["DURE205 1:15"]],
  ["another kind of queue", "{ queue: redis }", ["DURE205 1:16"]],
  ["another scheme", "{ queue: http://one }", ["DURE205 1:16"]],
  ["a password that is not encoded", "{ queue: \"amqp://u:a/b@one\" }", ["DURE205 1:16"]],
  ["a hash in it", "{ queue: \"amqp://u:a#b@one\" }", ["DURE205 1:16"]],
  ["two addresses of which one is none", "{ queue: [amqp://one, amqp://] }", ["DURE205 1:29"]],
  ["a port that is none", "{ queue: { url: amqp://one:70000 } }", ["DURE205 1:23"]],
  ["a broker without address", "{ queue: { name: x } }", ["DURE204 1:9"]],
  ["both", "{ queue: { url: amqp://a, urls: [amqp://b] } }", ["DURE205 1:39"]],
  ["certificates without TLS", "{ queue: { url: amqp://a, tls: {} } }", ["DURE205 1:38"]],
  ["a certificate without its key", "{ queue: { url: amqps://a, tls: { cert: c } } }", ["DURE205 1:39"]],
  ["an option of the queue", "{ queue: { url: amqp://a, knd: quorum } }", ["DURE207 1:33"]],
  ["queues without a broker", "{ operator: { queues: { message_in: A } } }", ["DURE205 1:29"]],
  ["a queue that is another one", "{ queue: amqp://a, operator: { queues: { message_out: ITSBOX.D.MSG_IN } } }", ["DURE205 1:61"]],
  ["a WebSocket for everybody", "{ operator: { websocket: { host: 0.0.0.0 } } }", ["DURE205 1:40"]],
  ["open for everybody", "{ operator: { websocket: { host: 10.0.0.1, open: true, insecure: true } } }", ["DURE205 1:56"]],
  ["a result without bound", "{ limits: { result: 1GB } }", ["DURE205 1:27"]],
] as const)
  test(`jobs section: ${what} is refused at its place`, async () => {
    const checked = await check(`jobs: ${jobs}\n`);
    assert.deepEqual(marks(checked), found);
    assert.equal(checked.plan, undefined);
  });

test("jobs section: a misspelled key is told the right one", async () => {
  const { problems } = await check("job: ./rules\njobs: { time_out: 5m, recicle: { jobs: 5 } }\n");
  assert.deepEqual(problems.map(({ suggestion }) => suggestion), ["jobs", "timeout", "recycle"]);
});

test("jobs section: the WebSocket and the dashboard want ports of their own", async () => assert.deepEqual(marks(await check("http: 8081\njobs: { operator: true }\n")), ["DURE337 2:7"]));

// --- schedules --------------------------------------------------------------------------------------------------------------

test("schedules of jobs stand beside those of processes", async () => {
  const { plan } = await check(`jobs: ./rules
processes: { etl: x }
schedules:
  - { cron: "0 1 * * *", process: etl, message: go }
  - { name: 밤, cron: "0 2 * * *", job: "test.module:TestClass.callme", data: { arg1: "##DATE_TIME##", n: [1] }, priority: 9, time_zone: Asia/Seoul }
  - { cron: "0 3 * * *", job: "a:b" }
`);
  assert.deepEqual(plan?.processes.schedules.map(({ name, index }) => [name, index]), [["0 1 * * * etl", 0]]);
  assert.deepEqual(plan?.jobs?.schedules, [
    { name: "밤", cron: "0 2 * * *", rule: "test.module:TestClass.callme", data: '{"arg1":"##DATE_TIME##","n":[1]}', priority: 9, timeZone: "Asia/Seoul", index: 1, place: place(5, 7) },
    { name: "0 3 * * * a:b", cron: "0 3 * * *", rule: "a:b", data: "null", index: 2, place: place(6, 7) },
  ]);
});

for (const [what, schedule, found] of [
  ["neither a process nor a job", "{ cron: '* * * * *' }", ["DURE204 3:7"]],
  ["both", "{ cron: '* * * * *', process: a, job: 'a:b' }", ["DURE205 3:43"]],
  ["data for a process", "{ cron: '* * * * *', process: a, data: 1 }", ["DURE205 3:44"]],
  ["a message for a job", "{ cron: '* * * * *', job: 'a:b', message: x }", ["DURE205 3:47"]],
  ["a job that is started", "{ cron: '* * * * *', job: 'a:b', action: start }", ["DURE205 3:46"]],
  ["a rule that is none", "{ cron: '* * * * *', job: 'a.b' }", ["DURE205 3:31"]],
  ["times that are none", "{ cron: '61 * * * *', job: 'a:b' }", ["DURE208 3:13"]],
  ["one name twice", "{ name: s, cron: '* * * * *', job: 'a:b' }\n  - { name: s, cron: '* * * * *', job: 'a:c' }", ["DURE112 4:13"]],
] as const)
  test(`schedules of jobs: ${what} is refused at its place`, async () => assert.deepEqual(marks(await check(`jobs: { rules: a }\nschedules:\n  - ${schedule}\nprocesses: { a: x }\n`)), found));

test("schedules of jobs need `jobs:`", async () => assert.deepEqual(marks(await check("schedules:\n  - { cron: '* * * * *', job: 'a:b' }\nprocesses: { a: x }\n")), ["DURE330 2:31"]));

// --- this machine -----------------------------------------------------------------------------------------------------------

const dir = mkdtempSync(join(tmpdir(), "dure-jobs-section-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const folder = (name: string, files: Readonly<Record<string, string>>): string => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, file, ".."), { recursive: true });
    writeFileSync(join(dir, name, file), text);
  }
  mkdirSync(join(dir, name), { recursive: true });
  return join(dir, name);
};
const here = async (jobs: string) => {
  const { problems } = await checkConfig({ file: join(dir, "dure.yml"), text: `jobs: ${jobs}\n`, registry: fixtureRegistry(), levels: ["syntax", "schema", "topology", "environment"] });
  return problems.map(({ severity, code, place: { line, column }, text, help }) => `${severity} ${code} ${line}:${column} ${text.en.replaceAll(dir, "DIR")}${help === undefined ? " (no hint)" : ""}`);
};

test("environment of jobs: the rules folder is there and holds something", async () => {
  folder("full", { "a/b/hello.ts": "", ".hidden": "" });
  folder("empty", { "_left_out.ts": "", "node_modules/x.js": "", "read.me": "" });
  folder("file", { "x.ts": "" });
  assert.deepEqual(await here("full"), []);
  assert.deepEqual(await here("nowhere"), ["error DURE314 1:7 jobs: the folder DIR/nowhere is not there"]);
  assert.deepEqual(await here("{ workers: 1, rules: nowhere }"), ["error DURE314 1:28 jobs: the folder DIR/nowhere is not there"]);
  assert.deepEqual(await here("{ workers: 1 }"), ["error DURE314 1:1 jobs: the folder DIR/rules is not there"]);
  assert.deepEqual(await here("empty"), ["warning DURE314 1:7 jobs: no file in DIR/empty can be a rule"]);
  assert.deepEqual(await here("file/x.ts"), ["error DURE314 1:7 jobs: DIR/file/x.ts is no folder"]);
});

test("environment of jobs: a folder that cannot be read is said", async () => {
  if (process.platform === "win32" || process.getuid?.() === 0) return; // It has no modes, or root reads everything.
  chmodSync(folder("locked", { "a.ts": "" }), 0);
  assert.deepEqual(await here("locked"), ["error DURE314 1:7 jobs: the folder DIR/locked cannot be read (EACCES)"]);
});

test("environment of jobs: Python is looked for where there are Python rules", async () => {
  folder("python", { "old.py": "" });
  assert.deepEqual(await here("{ rules: full, python: no-such-python }"), []);
  assert.deepEqual(await here("{ rules: python, python: no-such-python }"), ["warning DURE314 1:32 jobs: old.py is a Python rule, but the program no-such-python is not there"]);
});

test("environment of jobs: the certificates of the broker can be read", async () => {
  assert.deepEqual(await here("{ rules: full, queue: { url: amqps://one, tls: { ca: nowhere.pem } } }"), ["error DURE310 1:60 jobs: the file DIR/nowhere.pem cannot be read (ENOENT)"]);
});

// --- reload -----------------------------------------------------------------------------------------------------------------

test("a reload names the settings of jobs that differ, and which of them wait for the next start", async () => {
  const plan = async (text: string) => (await check(text)).plan ?? assert.fail("no plan");
  const before = await plan("jobs: { rules: a, workers: 2, env: { A: 1 } }\nprocesses: { a: x }\n");
  const difference = (after: typeof before) => {
    const { atOnce, atNextStart } = planDifference(before, after);
    return { atOnce, atNextStart };
  };
  assert.deepEqual(difference(await plan("# Moved.\nprocesses: { a: x }\njobs: { rules: ./a, env: { A: 1 } }\n")), { atOnce: [], atNextStart: [] });
  assert.deepEqual(difference(await plan("jobs: { rules: b, slots: 9, queue: amqp://one, operator: true }\nschedules: [{ cron: '* * * * *', job: 'a:b' }]\nprocesses: { a: x }\n")), { atOnce: ["jobs.rules", "jobs.slots", "jobs.env", "jobs.schedules"], atNextStart: ["jobs.queue", "jobs.operator"] });
  const next = await plan("jobs: { rules: b, queue: amqp://one, operator: true }\nprocesses: { a: x }\n");
  const current = jobsUntilStart(before.jobs, next.jobs);
  assert.deepEqual([current?.rulesDir, current?.queue, current?.operator], [join(conf, "b"), { type: "embedded" }, undefined]);
  assert.ok(current !== undefined);
  assert.deepEqual(planDifference({ ...before, jobs: current }, next).atNextStart, ["jobs.queue", "jobs.operator"], "still to come");
  assert.deepEqual(difference(await plan("processes: { a: x }\n")), { atOnce: ["jobs"], atNextStart: [] });
});

// --- secrets ----------------------------------------------------------------------------------------------------------------

const awkward = fc.string({ unit: fc.constantFrom(..."abZ09/@#?:%&=!$*+;,[]{}()<>|~^.-_한"), minLength: 1, maxLength: 12 }).map((text) => `Canary${text}Canary`);

test("the password of a broker is hidden in a config's text, whatever it is made of and however it is written", async () => {
  const registry = fixtureRegistry();
  const names = await secretNames(registry);
  await fc.assert(
    fc.asyncProperty(awkward, fc.constantFrom("queue: 'amqp://hong:~@10.0.0.5:5672/v'", "queue:\n    - 'amqps://hong:~@10.0.0.5/'\n    - amqp://two", "queue: { name: x, url: \"amqp://hong:~@h\" }", "queue: { urls: ['amqp://a', 'amqp://:~@h/'] } # amqp://hong:~@h", "queue: 'amqp://hong:~@h'\n   broken: [", "queu: 'amqp://hong:~@h'"), async (password, form) => {
      const text = `jobs:\n  ${form.replaceAll("~", () => password)}\n`;
      const secrets = await findSecrets({ text, registry, configDir: "/", names });
      let shown = text;
      for (const { start, end } of secrets.toReversed()) shown = `${shown.slice(0, start)}…${shown.slice(end)}`;
      assert.doesNotMatch(shown, /Canary/);
    }),
    { numRuns: 200 },
  );
});

test("what is wrong with an address is said without its password", async () => {
  await fc.assert(
    fc.asyncProperty(awkward, fc.constantFrom("amqp://hong:~@10.0.0.5:99999", "amqp://hong:~@", "amqp://hong:~@a b/c", "http://hong:~@h"), async (password, form) => {
      const text = `jobs: { queue: "${form.replace("~", () => password)}" }\n`;
      const { problems } = await check(text);
      assert.notEqual(problems.length, 0);
      for (const problem of problems)
        for (const lang of ["en", "ko"] as const) {
          const said = renderProblem(problem, text, { color: false, lang, ascii: false });
          assert.doesNotMatch(said, /Canary/);
          assert.match(said, /\^/);
        }
    }),
    { numRuns: 200 },
  );
});

test("a config of an older form takes its jobs with it", async () => {
  const checked = await check("sources: [in.FakeData | tag t]\nmatches: { t: out.Stdout }\njobs: { rules: a, workers: 3 }\n");
  assert.deepEqual(checked.problems.filter(({ severity }) => severity === "error"), []);
  assert.equal(checked.plan?.jobs?.workers, 3);
});
