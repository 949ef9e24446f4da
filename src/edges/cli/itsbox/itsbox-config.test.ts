import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { checkConfig } from "#kernel/config/check.ts";
import { createRegistry } from "#kernel/registry.ts";
import { importedConfig, isOldConfig, projectOf } from "./itsbox-config.ts";
import { pythonConstants } from "./python-constants.ts";

const FILE = "/srv/itsbox_d_operator/itsbox/operator/Config.py";
const read = (source: string) => pythonConstants(source, FILE, new Map([["PROJECT_DIR", projectOf(FILE)]]));
const imported = (source: string, hasPassword = true) => importedConfig({ constants: read(source), file: FILE, dir: "/srv/itsbox_d_operator", rules: "./rules", hasPassword });
const jobsOf = async (source: string, hasPassword = true) => {
  const { text, notes } = imported(source, hasPassword);
  const { plan, problems } = await checkConfig({ file: "/srv/itsbox_d_operator/dure.yml", text, registry: createRegistry({}), env: { RABBITMQ_PASS: "x" } });
  assert.deepEqual(problems.map(({ text: said, place }) => `${place.line}:${place.column} ${said.en}`), []);
  return { jobs: plan?.jobs ?? assert.fail("no jobs"), text, notes: notes.map(({ en }) => en) };
};

const OLD = `# -*- coding: utf-8 -*-
import os, sys, logging
PROJECT_NAME = 'itsbox_d_operator'
PROJECT_DIR = None
for path in sys.path:
    if path.endswith(PROJECT_NAME):
        PROJECT_DIR = path
        break

LOG_LEVEL = logging.WARNING
LOG_FILE_DIR = os.path.join(PROJECT_DIR, 'log files')
LOG_FILE_PREFIX = os.path.join(LOG_FILE_DIR, 'op')
LOG_FILE_ROTATION = True
LOG_FILE_MAX_BYTES = 2 * 1024 ** 2
LOG_FILE_MAX_COUNT = 7
LOG_FILE_ALLINONE = True

RABBITMQ_IP = "10.0.0.5"  # 브로커
RABBITMQ_PORT = 5673
RABBITMQ_VHOST = '/its/box'
RABBITMQ_USER = u'운영'
RABBITMQ_PASS = 'p@ss/w#r%d:\\'' r'\\n'
RABBITMQ_QNAME_MGR_IN = 'A.' \\
    'IN'
RABBITMQ_QNAME_MGR_OUT = ('A.'
    'OUT')  # two lines
RABBITMQ_QNAME_MSG_IN, RABBITMQ_QNAME_MSG_OUT = 'x', 'y'
MAX_WORKER_PER_NODE = 50
MAX_THREAD_PER_WORKER = 60
WORKER_COUNT = 3; THREAD_COUNT = 40
WORKER_WATCHER_INTERVAL = 2.5
MANAGER_REQUEST_TIMEOUT_PER_WORKER = 4
WEBSOCKET_MGMT_SERVER_BOOT = True
WEBSOCKET_MGMT_SERVER_PORT = 9081
RULE_MODULE_BASE = 'our.rules'
AWS_SECRET_KEY = 'CANARY'
`;

test("import: every key of Config.py is where it belongs", async () => {
  const { jobs, text, notes } = await jobsOf(OLD);
  assert.ok(isOldConfig(read(OLD)));
  assert.equal(jobs.rulesDir, "/srv/itsbox_d_operator/rules");
  assert.deepEqual([jobs.workers, jobs.slots, jobs.limits.workersMax, jobs.limits.slotsMax, jobs.watcher, jobs.timeoutMs, jobs.attempts], [3, 40, 50, 60, { isOn: true, intervalMs: 2500 }, null, 1]);
  assert.ok(jobs.queue.type === "rabbitmq");
  const url = new URL(jobs.queue.urls[0] ?? "");
  assert.deepEqual([url.hostname, url.port, decodeURIComponent(url.username), decodeURIComponent(url.password), decodeURIComponent(url.pathname)], ["10.0.0.5", "5673", "운영", "p@ss/w#r%d:'\\n", "//its/box"]);
  assert.deepEqual(jobs.operator, {
    queues: { messageIn: "ITSBOX.D.MSG_IN", messageOut: "ITSBOX.D.MSG_OUT", managementIn: "A.IN", managementOut: "A.OUT" },
    websocket: { host: "127.0.0.1", port: 9081, isOpen: false, origins: [] },
    logs: { dir: "/srv/itsbox_d_operator/log files", prefix: "op", level: "WARNING", isRotated: true, fileBytesMax: 2 << 20, filesMax: 7, isAllInOne: true },
    moduleBase: "our.rules",
    requestTimeoutMs: 4000,
  });
  assert.match(text, /AWS_SECRET_KEY/);
  assert.doesNotMatch(text, /CANARY/);
  assert.match(notes.join("\n"), /\/srv\/itsbox_d_operator\/our\/rules/);
  // Where the file lies among its rules they are beside it, whatever its PROJECT_DIR says.
  const beside = imported("import os\nPROJECT_DIR = os.path.dirname(__file__)\nWORKER_COUNT = 2\n").notes.map(({ en }) => en);
  assert.match(beside.join("\n"), /from \/srv\/itsbox_d_operator\/itsbox\/operator to the folder/);
});

test("import: what is not written is what the old program had", async () => {
  const { jobs } = await jobsOf("RABBITMQ_IP = '127.0.0.1'\nWORKER_COUNT = 2\nWEBSOCKET_MGMT_SERVER_BOOT = False\n");
  assert.deepEqual(jobs.queue.type === "rabbitmq" && jobs.queue.urls, ["amqp://itsbox:itsbox@127.0.0.1:5672/%2F"]);
  assert.deepEqual([jobs.workers, jobs.slots, jobs.operator?.websocket, jobs.operator?.logs?.dir, jobs.operator?.logs?.prefix, jobs.operator?.queues?.managementIn], [2, 5, undefined, "/srv/itsbox_d_operator/logs", "operator", "ITSBOX.D.MGMT_IN"]);
});

test("import: both spellings of the management queues; what the code read wins", async () => {
  const { jobs } = await jobsOf("WORKER_COUNT = 1\nRABBITMQ_QNAME_MGR_IN = 'a'\nRABBITMQ_QNAME_MGMT_IN = 'b'\nRABBITMQ_QNAME_MGMT_OUT = 'c'\n");
  assert.deepEqual([jobs.operator?.queues?.managementIn, jobs.operator?.queues?.managementOut], ["b", "c"]);
});

test("import: without --with-password it stands nowhere, and it is said where it was", async () => {
  const { text, notes } = imported(OLD, false);
  assert.doesNotMatch(text + JSON.stringify(notes), /p@ss|w#r|p%40ss/);
  assert.match(text, /\$\{env:RABBITMQ_PASS\}@10\.0\.0\.5/);
  assert.match(notes.map(({ en }) => en).join("\n"), /RABBITMQ_PASS to the password of line 22, percent-encoded/);
});

test("import: what takes more than reading is said with its line, and nothing of it is run", async () => {
  const { jobs, notes } = await jobsOf("WORKER_COUNT = __import__('os').system('touch /tmp/owned')\nTHREAD_COUNT = 'five'\nRABBITMQ_IP = os.environ['IP']\nLOG_LEVEL = 10\nLOG_FILE_MAX_COUNT = [1, 2][0]\nRABBITMQ_PORT = f'{1}'\n");
  assert.deepEqual([jobs.workers, jobs.slots, jobs.operator?.logs?.level, jobs.operator?.logs?.filesMax], [2, 5, "DEBUG", 10]);
  for (const [line, name] of [[1, "WORKER_COUNT"], [2, "THREAD_COUNT"], [3, "RABBITMQ_IP"], [5, "LOG_FILE_MAX_COUNT"], [6, "RABBITMQ_PORT"]] as const) assert.ok(notes.some((note) => note.startsWith(`line ${line}: ${name} `)), name);
});

test("import: whatever the file holds, it is read, in time, and no password of it gets out", () => {
  const part = fc.constantFrom("RABBITMQ_PASS = ", "WORKER_COUNT", " = ", "'", '"""', "\\", "(", ")", "[", "\n", "#", "CANARY", "os.path.join(", ",", "-", "**", "9", "x", "%s", "한", "\0", "RABBITMQ_IP = 'a'\n", "THREAD_COUNT = 1\n", "MAX_WORKER_PER_NODE = 2\n");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      const { text, notes } = imported(parts.join(""), false);
      const named = read(parts.join("")).get("RABBITMQ_PASS")?.value;
      if (typeof named === "string" && named.includes("CANARY") && !/=[^=]*CANARY/.test(parts.join("").replace(/RABBITMQ_PASS = [^\n]*/g, ""))) assert.doesNotMatch(text + JSON.stringify(notes), /CANARY/);
    }),
    { numRuns: 2000 },
  );
  assert.equal(read(`A = ${"(".repeat(50_000)}1`).get("A")?.value, undefined);
  assert.equal(read(`A = ${"-".repeat(50_000)}1`).get("A")?.value, undefined);
});

const PYTHON = spawnSync("python3", ["-c", "pass"]).status === 0;
const literal = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }).map(String),
  fc.constantFrom("True", "False", "None", "0x1F", "1_000", "2.5", "'it''s'", '"a\\tb\\x41\\u00e9\\101"', "r'\\n'", "'''a\nb'''", "'한글'", "B", "-3", "(4)"),
);
const expression = fc.oneof(
  literal,
  fc.tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom("+", "-", "*", "//", "%"), fc.integer({ min: 1, max: 50 }), fc.constantFrom("+", "*", "-"), fc.integer({ min: 0, max: 50 })).map((parts) => parts.join(" ")),
  fc.tuple(fc.constantFrom("a", "a/", "/a", ""), fc.constantFrom("b", "/b", "")).map(([one, other]) => `os.path.join('${one}', '${other}', "c")`),
  fc.constantFrom("2 ** 3 * 4", "-2 ** 2", "10 - 4 - 3", "'%s/logs' % 'x'", "os.path.dirname('/a/b/c')", "os.path.abspath('/a/../b/./c')", "str(5)", "int('7')", "('a' 'b')"),
);

test("import: what is read is what Python makes of it", { skip: !PYTHON && "there is no Python" }, () => {
  const lines = fc.sample(expression, { numRuns: 300, seed: 6 }).map((text, index) => `V${index} = ${text}`);
  const source = `import os\nB = 'base'\n${lines.join("\n")}\n`;
  const made = JSON.parse(execFileSync("python3", ["-c", "import sys, json\nnames = {}\nexec(sys.stdin.buffer.read().decode('utf-8'), names)\nprint(json.dumps({k: v for k, v in names.items() if k[0] == 'V'}))"], { input: source, encoding: "utf8", timeout: 60_000 })) as Record<string, unknown>;
  const ours = Object.fromEntries([...read(source)].filter(([name]) => name.startsWith("V")).map(([name, { value }]) => [name, value]));
  assert.deepEqual(ours, made);
});
