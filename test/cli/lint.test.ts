// `dure lint`: each rule with a config that it is about and one beside it that it leaves alone; ignoring; what the command says and ends with.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { lintCodes } from "#kernel/config/lint-codes.ts";
import { offlineLevels } from "#kernel/config/problem.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { folder } from "./run-dure.ts";

const NULL = "out.Null";
const pipeline = (...steps: readonly string[]): string => `pipelines:\n  웹:\n${steps.map((step) => `    - ${step}\n`).join("")}`;
const TAIL = "in.FileTail: { path: logs/app.log }";

/** What is found, as `code: what is underlined`, in a config and in one that was put right. */
const RULES: readonly { readonly id: keyof typeof lintCodes; readonly found: string; readonly config: string; readonly better: readonly string[] }[] = [
  {
    id: "DURE601",
    found: "out.Tcp",
    config: pipeline(TAIL, "out.Tcp: { host: a.test, port: 1 }"),
    better: [
      pipeline(TAIL, "buffer.Size: { bytes: 1MB, storage: disk }", "out.Tcp: { host: a.test, port: 1 }"),
      pipeline(TAIL, "failover: { outputs: [out.Tcp: { host: a.test, port: 1 }, out.Tcp: { host: b.test, port: 1 }] }"),
      pipeline(TAIL, "out.Stdout"),
    ],
  },
  {
    id: "DURE602",
    found: "memory",
    config: pipeline("in.Tcp: 5170", "buffer.Lines: { lines: 10, storage: memory }", NULL),
    better: [pipeline("in.Tcp: 5170", "buffer.Lines: { lines: 10, storage: disk }", NULL), pipeline(TAIL, "buffer.Lines: { lines: 10 }", NULL)],
  },
  {
    id: "DURE602",
    found: "buffer.Time",
    config: pipeline("in.Stdin", "route: [{ steps: [buffer.Time: 10s, out.Null] }]"),
    better: [pipeline("in.Stdin", "route: [{ steps: [out.Null] }]")],
  },
  {
    id: "DURE603",
    found: "false",
    config: pipeline(TAIL, "buffer.Lines: 1", "out.Fluentd: { host: a.test, ack: false }"),
    better: [pipeline(TAIL, "buffer.Lines: 1", "out.Fluentd: { host: a.test }")],
  },
  {
    id: "DURE604",
    found: "in.FileTail",
    config: `pipelines:\n  a: [${TAIL}, buffer.Lines: 1, out.Tcp: { host: a.test, port: 1 }]\n  b: [${TAIL}, buffer.Lines: 1, out.Tcp: { host: a.test, port: 1 }]\n`,
    better: [`pipelines:\n  a: [${TAIL}, buffer.Lines: 1, out.Tcp: { host: a.test, port: 1 }]\n  b: [${TAIL}, buffer.Lines: 1, out.Tcp: { host: b.test, port: 1 }]\n`],
  },
  {
    id: "DURE605",
    found: "stauts",
    config: pipeline(TAIL, "parse.Regex: { pattern: '(?<path>\\S+) (?<status>\\d+)' }", "filter.Where: r.stauts >= 500", NULL),
    better: [
      pipeline(TAIL, "parse.Regex: { pattern: '(?<path>\\S+) (?<status>\\d+)' }", 'filter.Where: "r.status >= 500 && r.path !== ` r.stauts `"', NULL),
      pipeline(TAIL, "parse.Json", "filter.Where: r.stauts >= 500", NULL),
      pipeline(TAIL, "parse.Csv: { columns: [a] }", "filter.Map: { set: { b: r.a } }", "filter.Where: r.b > 1", NULL),
      pipeline(TAIL, "parse.Csv: { columns: [a] }", "filter.Where: r.message === undefined", NULL),
      pipeline("in.FakeData", "parse.Csv: { columns: [a], key: message }", "filter.Where: r.name !== ''", NULL),
    ],
  },
  {
    id: "DURE605",
    found: "amuont",
    config: pipeline(TAIL, "parse.Csv: { columns: [user, amount], unmatched: drop }", "filter.Where: r.user !== ''", `filter.Where: 'r["x"] + r?.amuont > 3'`, NULL),
    better: [pipeline(TAIL, "parse.Csv: { columns: [user, amount] }", "filter.Where: r?.amount > 3", NULL)],
  },
  {
    id: "DURE606",
    found: "out/all.ndjson",
    config: pipeline("in.Counter: 1", "out.File: out/all.ndjson"),
    better: [pipeline("in.Counter: 1", "out.File: out/all-%Y%m%d.ndjson"), pipeline("in.Counter: 1", "out.File: { path: out/all.ndjson, rotate: { size: 1MB } }")],
  },
  {
    id: "DURE607",
    found: "열쇠12",
    config: pipeline(TAIL, "buffer.Lines: 1", "out.Fluentd: { host: a.test, shared_key: 열쇠12 }"),
    better: [pipeline(TAIL, "buffer.Lines: 1", "out.Fluentd: { host: a.test, shared_key: '${env:KEY}' }")],
  },
  {
    id: "DURE607",
    found: "two",
    config: pipeline("in.Forward: { shared_key: '${env:KEY}', users: [{ username: one, password: two }] }", NULL),
    better: [pipeline("in.Forward: { shared_key: '${env:KEY}', users: [{ username: one, password: '${env:KEY}' }] }", NULL)],
  },
  {
    id: "DURE607",
    found: "셋째",
    config: `store: { type: mysql, user: u, password: 셋째, database: d }\n${pipeline("in.Counter: 1", NULL)}`,
    better: [`store: { type: mysql, user: u, password: "\${env:KEY}", database: d }\n${pipeline("in.Counter: 1", NULL)}`],
  },
  {
    id: "DURE608",
    found: "'(?<a>(x+)*)y'",
    config: pipeline(TAIL, "parse.Regex: { pattern: '(?<a>(x+)*)y' }", NULL),
    better: [pipeline(TAIL, "parse.Regex: { pattern: '(?<a>x*)y' }", NULL), pipeline(TAIL, "parse.MultiLine: java", NULL)],
  },
  {
    id: "DURE608",
    found: "{ path: '(a+)+$' }",
    config: pipeline(TAIL, "filter.Grep: { include: { path: '(a+)+$' } }", NULL),
    better: [pipeline(TAIL, "filter.Grep: { include: { path: 'a+$' } }", NULL)],
  },
  {
    id: "DURE609",
    found: "0.0.0.0",
    config: pipeline("in.Forward: { host: 0.0.0.0 }", NULL),
    better: [pipeline("in.Forward", NULL), pipeline("in.Forward: { host: 0.0.0.0, shared_key: '${env:KEY}' }", NULL), pipeline("in.Udp: { port: 5, host: 127.0.0.1 }", NULL)],
  },
  { id: "DURE609", found: "true", config: `http: { host: 0.0.0.0, insecure: true }\n${pipeline("in.Counter: 1", NULL)}`, better: [`http: { insecure: true }\n${pipeline("in.Counter: 1", NULL)}`, `http: { host: 0.0.0.0, insecure: true, tls: { cert: a, key: b } }\n${pipeline("in.Counter: 1", NULL)}`] },
  { id: "DURE609", found: "in.Syslog", config: pipeline("in.Syslog", NULL), better: [pipeline("in.Syslog: { host: 127.0.0.1 }", NULL)] },
  {
    id: "DURE610",
    found: '"logs/**/*.log"',
    config: pipeline('in.FileTail: { path: "logs/**/*.log" }', "out.File: logs/out/%Y%m%d.log"),
    better: [
      pipeline('in.FileTail: { path: "logs/**/*.log" }', "out.File: written/%Y%m%d.log"),
      pipeline('in.FileTail: { path: "logs/**/*.log", exclude: "*01.log" }', "out.File: logs/out/%Y%m%d.log"),
      pipeline('in.FileTail: { path: "logs/**/*.log", exclude: "/out.\\d+/" }', "out.File: logs/out/%Y%m%d.log"),
    ],
  },
  {
    id: "DURE610",
    found: ".dure/*.log",
    config: pipeline("in.FileTail: { path: .dure/*.log }", NULL),
    better: [pipeline("in.FileTail: { path: .dure/*.log, exclude: dure.log }", NULL)],
  },
  {
    id: "DURE611",
    found: "parse.Json",
    config: pipeline(TAIL, "parse.Csv: { columns: [a, b] }", "parse.Json", NULL),
    better: [pipeline(TAIL, "parse.Csv: { columns: [a, message] }", "parse.Json", NULL), pipeline(TAIL, "parse.Csv: { columns: [a, b] }", "parse.Json: { key: b }", NULL), pipeline(TAIL, "parse.Syslog", "parse.Json", NULL)],
  },
  { id: "DURE611", found: "parse.Json", config: pipeline(TAIL, "parse.Json", "parse.Json", NULL), better: [pipeline(TAIL, "parse.Json", NULL)] },
  {
    id: "DURE612",
    found: "호스트",
    config: `vars: { 호스트: a, port: 3 }\n${pipeline("in.Counter: '${var:port}'", NULL)}`,
    better: [`vars: { port: 3 }\n${pipeline("in.Counter: '${var:port}'", NULL)}`],
  },
  {
    id: "DURE613",
    found: "cp949.log",
    config: pipeline("in.FileTail: { path: cp949.log }", NULL),
    better: [pipeline("in.FileTail: { path: cp949.log, encoding: cp949 }", NULL), pipeline("in.FileTail: { path: utf8.log }", NULL), pipeline("in.FileTail: { path: none.log }", NULL)],
  },
];

test("lint: every rule has its cases here, and a number that `dure explain` knows", () => {
  assert.deepEqual([...new Set(RULES.map(({ id }) => id))].sort(), Object.keys(lintCodes).sort());
});

for (const { id, found, config, better } of RULES) {
  test(`lint: ${id} ${found}`, async () => {
    await using here = folder();
    // "한글" in CP949, and a UTF-8 file whose 64th KiB ends inside of a character.
    writeFileSync(here.file("cp949.log"), Buffer.from([0xc7, 0xd1, 0xb1, 0xdb, 0x0a]));
    here.write("utf8.log", `${"x".repeat(64 * 1024 - 1)}한글\n`);
    assert.deepEqual(await findings(here.file("dure.yml"), config), [`${id}: ${found}`]);
    for (const text of better) assert.deepEqual((await findings(here.file("dure.yml"), text)).filter((finding) => finding.startsWith(id)), [], text);
  });
}

test("lint: a comment or the config leaves a rule out, for its line or everywhere", async () => {
  await using here = folder();
  const file = here.file("dure.yml");
  const [tail, out] = ["    - in.Counter: 1\n", "    - out.File: all.ndjson"];
  const head = "pipelines:\n  a:\n";
  for (const text of [
    `${head}${tail}${out} # dure-ignore: DURE606\n`,
    `${head}${tail}    # dure-ignore DURE601, DURE606\n${out}\n`,
    `agent: { lint: { ignore: [DURE606] } }\n${head}${tail}${out}\n`,
  ])
    assert.deepEqual(await findings(file, text), [], text);
  for (const text of [
    `${head}${tail}${out} # dure-ignore: DURE601\n`,
    `${head}    - in.Counter: 1 # dure-ignore: DURE606\n${out}\n`,
    `${head}${tail}    # dure-ignore: DURE606\n\n${out}\n`,
  ])
    assert.deepEqual(await findings(file, text), ["DURE606: all.ndjson"], text);
  assert.deepEqual(await findings(file, `agent: { lint: { ignore: [DURE699] } }\n${head}${tail}${out}\n`), ["DURE202: DURE699"]);
});

test("lint: shown with id, place and better form, no secret; exit 0, or 5 with --strict", async () => {
  await using here = folder();
  here.write("dure.yml", pipeline(TAIL, "buffer.Lines: 1", "out.Fluentd: { host: a.test, ack: false, shared_key: hunter2 }"));
  const [plain, strict, korean, validated, json] = await Promise.all([here.dure(["lint"]), here.dure(["lint", "--strict"]), here.dure(["lint", "--lang", "ko"]), here.dure(["validate", "--lint", "--no-environment"]), here.dure(["lint", "--json"])]);
  assert.equal(plain.code, exitCode.done, plain.stderr);
  assert.match(plain.stderr, /warning\[DURE603\]: .*\n.*dure\.yml:5:41\n.*\n.*\^\^\^\^\^ write true\n/);
  assert.match(plain.stderr, /write \$\{env:SHARED_KEY\}/);
  assert.match(plain.stderr, /0 errors, 2 warnings/);
  assert.equal(strict.code, exitCode.testFailed);
  assert.match(korean.stderr, /true로 쓰세요/);
  assert.match(validated.stderr, /DURE603/);
  assert.equal(validated.code, exitCode.done);
  for (const { stdout, stderr } of [plain, strict, korean, validated, json]) assert.ok(!`${stdout}${stderr}`.includes("hunter2"), stderr);
  const { problems } = JSON.parse(json.stdout) as { problems: { code: string; level: string }[] };
  assert.deepEqual(problems.map(({ code, level }) => [code, level]), [["DURE603", "lint"], ["DURE607", "lint"]]);
  here.write("dure.yml", "pipelines: { a: [in.FakeDat, out.Null] }\n");
  assert.equal((await here.dure(["lint"])).code, exitCode.configInvalid);
});

test("lint: a folder whose name looks like a pattern, and lists in one text", async () => {
  await using here = folder();
  const file = here.file("로그 (1) [a]{b}", "dure.yml");
  const written = "out.File: logs/%Y.log";
  assert.deepEqual(await findings(file, pipeline("in.FileTail: logs/*.log", written)), ["DURE610: logs/*.log"]);
  assert.deepEqual(await findings(file, pipeline('in.FileTail: "a.txt, logs/{x,*}.log"', written)), ['DURE610: "a.txt, logs/{x,*}.log"']);
  assert.deepEqual(await findings(file, pipeline('in.FileTail: { path: logs/*.log, exclude: "*.gz,0?.log" }', written)), []);
  assert.deepEqual(await findings(file, pipeline('in.FileTail: { path: logs/*.log, exclude: "/(x,|0)1.log$/i" }', written)), []);
});

test("lint: the form of sources and matches", async () => {
  await using here = folder();
  assert.deepEqual(await findings(here.file("dure.yml"), 'sources:\n  - in.Syslog | tag a\nmatches:\n  "a": out.File all.ndjson\n'), ["DURE609: in.Syslog", "DURE606: all.ndjson"]);
});

async function findings(file: string, text: string): Promise<string[]> {
  const { problems } = await checkConfig({ file, text, registry: createRegistry(builtInPlugins), levels: [...offlineLevels, "lint"], env: { KEY: "a key" } });
  const lines = text.split("\n");
  return problems.map(({ code, place, endColumn }) => `${code}: ${lines[place.line - 1]?.slice(place.column - 1, endColumn - 1)}`);
}
