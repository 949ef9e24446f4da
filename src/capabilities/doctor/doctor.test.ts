import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { unzipSync } from "fflate";
import { checkConfig } from "#kernel/config/check.ts";
import { createRegistry } from "#kernel/registry.ts";
import { takePidFile } from "#kernel/pid-file.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { bundleOf } from "./bundle.ts";
import type { Finding, Patient } from "./check.ts";
import { checks, examineAll } from "./doctor.ts";

const CONFIG = "pipelines:\n  web:\n    - in.FakeData: { count: 3 }\n    - out.Null\n";

/** A folder with a config, and what the doctor finds there. */
async function sick(config = CONFIG, more: Partial<Patient> = {}) {
  const dir = mkdtempSync(join(tmpdir(), "dure-doctor-"));
  const configFile = join(dir, "dure.yml");
  writeFileSync(configFile, config, { mode: 0o600 });
  const dataDir = join(dir, ".dure");
  mkdirSync(dataDir, { mode: 0o700 });
  const patient = async (): Promise<Patient> => {
    const { problems, plan } = await checkConfig({ file: configFile, registry: createRegistry(builtInPlugins), levels: ["syntax", "schema", "topology", "lint"] });
    return { configFile, problems, plan, dataDir, pidFile: join(dataDir, "dure.pid"), version: "1.0.0", env: { LANG: "ko_KR.UTF-8" }, platform: process.platform, ask: async () => Promise.reject(new Error("nobody")), ...more };
  };
  return {
    dir,
    configFile,
    dataDir,
    patient,
    findings: async () => examineAll(await patient()),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function found(findings: readonly Finding[], id: string): Finding {
  const own = findings.filter((finding) => finding.id === id);
  const [worst] = own.toSorted((one, other) => ["problem", "hint", "ok", "skipped"].indexOf(one.outcome) - ["problem", "hint", "ok", "skipped"].indexOf(other.outcome));
  assert(worst !== undefined, `nothing was said of ${id}`);
  return worst;
}

test("doctor: asks more than 25 things, and everything that is not well comes with what to do, in both languages", async () => {
  using here = await sick("pipelines:\n  web:\n    - in.FakeDat\n    - out.Null\n");
  const findings = await here.findings();
  assert(25 <= checks.length, `${checks.length} checks`);
  assert.deepEqual(checks.filter(({ id }) => !findings.some((finding) => finding.id === id)), []);
  for (const { outcome, text, fix } of findings) {
    if (outcome === "hint" || outcome === "problem") assert(fix !== undefined && fix.en !== "" && fix.ko !== "", text.en);
    assert(/[가-힣]/.test(text.ko) || text.ko === text.en, text.ko);
  }
});

test("doctor: a folder in which nothing is wrong has no problem", async () => {
  using here = await sick();
  const bad = (await here.findings()).filter(({ outcome, id }) => outcome === "problem" && !["memory", "disk-space", "open-files"].includes(id)); // Those are the machine's own.
  assert.deepEqual(bad, []);
});

test("doctor: says where a config is wrong", async () => {
  using here = await sick("pipelines:\n  web:\n    - in.FakeDat\n    - out.Null\n");
  const { outcome, text } = found(await here.findings(), "config");
  assert.equal(outcome, "problem");
  assert.match(text.en, /dure\.yml:3:7 /);
});

for (const [name, secret] of [["on a line", "    - out.Fluentd:\n        host: 127.0.0.1\n        shared_key: hunter2"], ["in braces", "    - out.Fluentd: { host: 127.0.0.1, shared_key: hunter2 }"]] as const) {
  test(`doctor: a secret ${name} that everybody can read is said, and one in a file of its own is not`, { skip: process.platform === "win32" && "no modes" }, async () => {
    using here = await sick(`pipelines:\n  web:\n    - in.FakeData\n${secret}\n`);
    chmodSync(here.configFile, 0o644);
    assert.equal(found(await here.findings(), "config-secrets").outcome, "hint");
    chmodSync(here.configFile, 0o600);
    assert.equal(found(await here.findings(), "config-secrets").outcome, "ok");
    writeFileSync(here.configFile, `pipelines:\n  web:\n    - in.FakeData\n${secret.replace("hunter2", '"${file:key}"')}\n`);
    chmodSync(here.configFile, 0o644);
    assert.equal(found(await here.findings(), "config-secrets").outcome, "ok");
  });
}

test("doctor: a pid file that a crash left, damaged positions, quarantined pieces and an old output file are seen", async () => {
  using here = await sick();
  writeFileSync(join(here.dataDir, "dure.pid"), "999999\nlong-ago\n0\n");
  mkdirSync(join(here.dataDir, "positions"));
  writeFileSync(join(here.dataDir, "positions", "web.damaged-20261101T000000000Z"), "x");
  mkdirSync(join(here.dataDir, "buffers", "web", "1", "quarantine"), { recursive: true });
  writeFileSync(join(here.dataDir, "buffers", "web", "1", "quarantine", "piece"), "x");
  writeFileSync(join(here.dataDir, "dure.out"), "FATAL ERROR: out of memory");
  const findings = await here.findings();
  for (const id of ["pid-file", "positions", "buffer-quarantine", "printed-output"]) assert.equal(found(findings, id).outcome, "hint", id);
});

test("doctor: a damaged store is a problem, a whole one without a backup a hint", async () => {
  using here = await sick();
  const file = join(here.dataDir, "dure.db");
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE t (a TEXT); INSERT INTO t VALUES (hex(randomblob(20000)))");
  database.close();
  let findings = await here.findings();
  assert.equal(found(findings, "store").outcome, "ok");
  assert.equal(found(findings, "backups").outcome, "hint");
  writeFileSync(file, Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(8000, 7)]));
  findings = await here.findings();
  assert.notEqual(found(findings, "store").outcome, "ok");
});

test("doctor: a dashboard's port that somebody else has is said", async () => {
  const other = createServer().listen({ host: "127.0.0.1", port: 0 });
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  using here = await sick();
  const patient = await here.patient();
  const http = { host: "127.0.0.1", port, isInsecure: false, allowedHosts: [], areMetricsOpen: true };
  const plan = patient.plan;
  assert(plan !== undefined);
  try {
    assert.equal(found(await examineAll({ ...patient, plan: { ...plan, http: { ...http, isPortGiven: true } } }), "http-port").outcome, "problem");
    assert.equal(found(await examineAll({ ...patient, plan: { ...plan, http: { ...http, isPortGiven: false } } }), "http-port").outcome, "hint");
    assert.equal(found(await examineAll({ ...patient, plan: { ...plan, http: { ...http, host: "0.0.0.0", isPortGiven: true } } }), "exposure").outcome, "problem");
  } finally {
    other.close();
  }
});

test("doctor: what a running agent says of itself is judged", async () => {
  using here = await sick();
  const pidFile = takePidFile(join(here.dataDir, "dure.pid"));
  try {
    const status = { name: "web", recordsIn: 0, recordsOut: 0, bytesIn: 0, bytesOut: 0, retries: 0, deadLetters: 0 };
    const answers: Record<string, unknown> = {
      "agent.show": { version: "0.9.0", pid: 1, address: "http://127.0.0.1:8602/" },
      "agent.plan": { changed: ["web"], added: [], removed: [], atNextStart: [] },
      "processes.list": { processes: [{ name: "etl", state: "backoff", isCrashLooping: true, reason: "exit 1" }, { name: "db", state: "unhealthy", isCrashLooping: false, reason: "it has not printed the line yet" }, { name: "web", state: "running", isCrashLooping: false }] },
      "pipelines.list": { pipelines: [{ ...status, state: "failed", error: "no such table", failing: [{ step: "2:out.Fluentd", sinceMs: 0, reason: "ECONNREFUSED" }], steps: [{ step: "1:buffer.Size", recordsIn: 1, held: { bytes: 90, batches: 1, bytesMax: 100 } }] }] },
    };
    const findings = await examineAll({ ...(await here.patient()), ask: async (command) => answers[command] as never });
    assert.deepEqual(["agent-answers", "config-drift", "pipelines", "outputs", "buffers"].map((id) => found(findings, id).outcome), ["hint", "hint", "problem", "problem", "hint"]);
    assert.deepEqual(findings.filter(({ id }) => id === "processes").map(({ outcome, text }) => [outcome, text.en, text.ko]), [["problem", "etl ends again and again: exit 1", "etl: 반복 종료: 종료 코드 1"], ["problem", "db is not well: it has not printed the line yet", "db: 비정상: 기다리는 줄을 아직 출력하지 않음"]]);
    const port = found(findings, "http-port");
    assert.deepEqual([port.outcome, port.text.ko], ["hint", "대시보드: http://127.0.0.1:8602/ (8600 포트는 쓰이고 있었음)"]);
    assert.equal(found(await examineAll(await here.patient()), "agent-answers").outcome, "problem");
  } finally {
    pidFile.release();
  }
});

test("doctor: a check that never answers keeps nobody waiting, and the others are heard", async () => {
  const { examine, ok } = await import("./check.ts");
  using here = await sick();
  const findings = await examine(
    await here.patient(),
    [
    { id: "stuck", run: () => new Promise(() => {}) },
    { id: "good", run: () => ok({ en: "good", ko: "정상" }) },
    {
      id: "broken",
      run: () => {
        throw new Error("oh");
      },
    },
    ],
    20,
  );
  assert.deepEqual(findings.map(({ id, outcome }) => [id, outcome]), [["stuck", "skipped"], ["good", "ok"], ["broken", "skipped"]]);
});

test("doctor: the bundle has what a report needs and no secret", async () => {
  const canary = "kanarienvogel-0451";
  using here = await sick(`agent: { data_dir: .dure }\npipelines:\n  web:\n    - in.Http: { listen: 8080, token: ${canary} }\n    - out.Fluentd:\n        host: 127.0.0.1\n        shared_key: |\n          ${canary}\n        user: { name: dure, password: "${canary}" }\n    - out.S3: { bucket: bbb, region: r, access_key_id: k, secret_access_key: ${canary} }\n    - filter.Mask: { key: ${canary}-0451 }\n    - out.Elasticsearch: { url: "http://me:${canary}@127.0.0.1:9200" }\n`);
  writeFileSync(join(here.dataDir, "dure.log"), '{"time":"2026-11-22T00:00:00.000Z","level":"info","message":"agent started"}\n');
  const patient = await here.patient();
  const files = unzipSync(await bundleOf(patient, await examineAll(patient), createRegistry(builtInPlugins)));
  assert.deepEqual(Object.keys(files).sort(), ["agent.json", "config.yml", "doctor.json", "dure.log", "files.json", "machine.json", "pipelines.json", "plan.json", "problems.json"]);
  for (const [name, bytes] of Object.entries(files)) assert(!Buffer.from(bytes).toString("utf8").includes(canary), `${name} has a secret`);
  assert.match(Buffer.from(files["config.yml"] ?? []).toString("utf8"), /host: 127\.0\.0\.1/);
});

test("doctor: jobs are looked at where the config has them: folder, Python, files, queue, workers, dead letters", async () => {
  const outcomes = (findings: readonly Finding[]): string[] => ["rules-folder", "rules-python", "rules", "job-queue", "job-workers", "dead-jobs"].map((id) => found(findings, id).outcome);
  using without = await sick();
  assert.deepEqual(outcomes(await without.findings()), Array.from({ length: 6 }, () => "skipped"));

  using here = await sick("jobs: { rules: ./rules, python: no-such-python }\n");
  assert.deepEqual(outcomes(await here.findings()), ["problem", "skipped", "skipped", "skipped", "skipped", "skipped"]);
  mkdirSync(join(here.dir, "rules", "업무"), { recursive: true });
  mkdirSync(join(here.dir, "rules", "node_modules"));
  writeFileSync(join(here.dir, "rules", "node_modules", "other.py"), "");
  assert.deepEqual(outcomes(await here.findings()).slice(0, 2), ["ok", "skipped"]);
  writeFileSync(join(here.dir, "rules", "업무", "정산.py"), "");
  assert.deepEqual(outcomes(await here.findings()).slice(0, 2), ["ok", "problem"]);
  const bin = join(here.dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "no-such-python"), "#!/bin/sh\n", { mode: 0o755 });
  if (process.platform !== "win32") assert.equal(found(await examineAll({ ...(await here.patient()), env: { PATH: bin } }), "rules-python").outcome, "ok");

  const pidFile = takePidFile(join(here.dataDir, "dure.pid"));
  try {
    const asked = async (rules: unknown, look: unknown): Promise<Finding[]> => {
      const answers: Record<string, unknown> = { "jobs.rules": rules, "jobs.look": look };
      return examineAll({ ...(await here.patient()), ask: async (command) => (command in answers ? (answers[command] as never) : Promise.reject(new Error("not asked"))) });
    };
    const worker = { pid: 7, state: "ready", isQuarantine: false };
    const queue = { backend: "embedded", place: "jobs.db", state: { is: "open" }, depth: { queued: 0, delayed: 0, running: 0, failed: 0 } };
    assert.deepEqual(outcomes(await asked({ rules: [{}], problems: [] }, { queue, workers: [worker] })).slice(2), ["ok", "ok", "ok", "ok"]);

    const away = { ...queue, backend: "rabbitmq", place: "amqp://broker", state: { is: "away", why: "ECONNREFUSED", sinceMs: 1 }, depth: { ...queue.depth, queued: 3, failed: 2 } };
    const broken = Array.from({ length: 25 }, (_, index) => ({ file: `a${index}.ts`, message: "bad", line: 3 }));
    const sickly = await asked({ rules: [], problems: broken }, { queue: away, workers: [{ ...worker, isQuarantine: true }] });
    assert.deepEqual(outcomes(sickly).slice(2), ["problem", "problem", "problem", "hint"]);
    const ofFiles = sickly.filter(({ id }) => id === "rules").map(({ text }) => text.en);
    assert.deepEqual([ofFiles.length, ofFiles[0], ofFiles.at(-1)], [11, "a0.ts:3 cannot be used: bad", "15 more files of rules cannot be used"]);
    assert.match(found(sickly, "job-queue").text.ko, /^amqp:\/\/broker의 작업 큐가 연결되지 않습니다: ECONNREFUSED$/);
    assert.equal(found(await asked({ rules: [], problems: [] }, { queue, workers: [{ ...worker, state: "blocked" }] }), "job-workers").outcome, "hint");
    const fleets = [undefined, { isOurs: true, holder: "a/1" }, { isOurs: false, holder: "a/1" }, { isOurs: false }, { isOurs: false, problem: "the store is away" }].map((schedules) => ({ queue, workers: [worker], ...(schedules === undefined ? {} : { schedules: { schedules: 1, ...schedules } }) }));
    assert.deepEqual(await Promise.all(fleets.map(async (look) => found(await asked({ rules: [], problems: [] }, look), "job-schedules").outcome)), ["skipped", "ok", "ok", "hint", "problem"]);
  } finally {
    pidFile.release();
  }
});
