import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { checkConfig } from "./check.ts";
import { exitCodeOf } from "./problem.ts";
import { check, fixtureRegistry, marks, noProcesses } from "./testing.ts";

const ALL = ["syntax", "schema", "topology", "environment"] as const;
/** One pipeline `p` of these steps, each on its own line from line 3 on. */
const steps = (...lines: readonly string[]) => `pipelines:\n  p:\n${lines.map((line) => (line.startsWith(" ") ? `    ${line}\n` : `    - ${line}\n`)).join("")}`;
const IN = "in.FileTail: { path: a.log }";

test("config: our own form becomes a plan with defaults filled in and units resolved", async () => {
  const checked = await check(
    `agent:
  log: { level: debug, rotate_size: 1k }
  memory_max: 100MB
pipelines:
  웹 로그:
    retry: { first: 100ms, most: 1m, attempts: 3 }
    steps:
      - in.FileTail: { path: /var/log/a.log, pos_dir: pos, poll_every: 2s }
      - filter.Where: "r.age > 30"
      - failover: { outputs: [out.Fluentd: { ip: 10.0.0.1 }], last: { out.File: { path: x } }, start_by: ordered }
      - sleep: 500ms
`,
  );
  assert.deepEqual(checked.problems, []);
  const dir = resolve("conf");
  const place = (line: number, column: number) => ({ file: "conf/dure.yml", line, column });
  assert.deepEqual(checked.plan, {
    configFile: join(dir, "dure.yml"),
    configDir: dir,
    dataDir: join(dir, ".dure"),
    pidFile: join(dir, ".dure", "dure.pid"),
    log: { file: null, level: "debug", fileBytesMax: 1024, filesMax: 10 },
    threads: 1,
    memoryBytesMax: 64 << 20,
    drainMs: 30_000,
    isWatched: false,
    http: { host: "127.0.0.1", port: 8600, isPortGiven: false, isInsecure: false, allowedHosts: [], areMetricsOpen: true },
    store: { type: "sqlite", file: join(dir, ".dure", "dure.db"), logLinesMax: 200_000, auditKeepMs: 1095 * 86_400_000 },
    processes: noProcesses(join(dir, ".dure")),
    pluginFiles: [],
    filesRead: [],
    pipelines: [
      {
        name: "웹 로그",
        place: place(5, 3),
        positionsDir: join(dir, "pos"),
        retry: { firstMs: 100, mostMs: 60_000, attemptsMax: 3 },
        steps: [
          {
            type: "plugin",
            id: "1",
            plugin: "in.FileTail",
            shorthand: "path",
            options: { path: "/var/log/a.log", pos_dir: "pos", encoding: "utf-8", poll_every: 2000 },
            place: place(8, 9),
          },
          { type: "plugin", id: "2", plugin: "filter.Where", shorthand: "expression", options: { expression: "r.age > 30" }, place: place(9, 9) },
          {
            type: "failover",
            id: "3",
            outputs: [{ type: "plugin", id: "3.1", plugin: "out.Fluentd", options: { ip: "10.0.0.1", port: 24_224 }, place: place(10, 31) }],
            last: { type: "plugin", id: "3.last", plugin: "out.File", options: { path: "x", compress: false }, place: place(10, 71) },
            startBy: "ordered",
            recheckMs: 10_000,
            place: place(10, 9),
          },
          { type: "sleep", id: "4", ms: 500, place: place(11, 9) },
        ],
      },
    ],
  });
});

// Each line: what is said, text, marks.
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["an empty file", "# nothing\n", ["DURE003 1:1"]],
  ["a text", "hello", ["DURE102 1:1"]],
  ["a config without pipelines", "agent: {}\n", ["DURE305 1:1"]],
  ["an unclosed quote", 'agent:\n  data_dir: "x\npipelines: {}\n', ["DURE011 2:13"]],
  ["a tab", "pipelines:\n\tp:\n", ["DURE012 2:1"]],
  ["a pipeline twice, which hides nothing", "pipelines:\n  c: [in.FakeDat, out.Stdout]\n  c: [out.Stdout]\n", ["DURE101 2:7", "DURE013 3:3", "DURE301 3:7"]],
  ["a key twice", "agent: {}\npipelines:\n  p: [in.FakeData, out.Stdout]\nagent: {}\n", ["DURE013 4:1"]],
  ["an alias without anchor", "pipelines:\n  p: *nope\n", ["DURE014 2:6"]],
  ["an alias inside its anchor", "pipelines:\n  p: &a [*a]\n", ["DURE014 2:10"]],
  ["wrong indentation", "pipelines:\n  p:\n    - in.FakeData\n   - out.Stdout\n", ["DURE015 4:1"]],
  ["a key indented further", "agent:\n  data_dir: x\n   retries: 2\npipelines:\n  p: [in.FakeData, out.Stdout]\n", ["DURE015 3:4"]],
  ["a key indented further, behind a blank line and more of the value", "agent:\n  data_dir: x\n    y\n\n   retries: 2\n", ["DURE015 5:4"]],
  ["a key indented further than one with quotes, behind a blank line", "agent:\n  data_dir: 'x'\n  \n\n   retries: 2\n", ["DURE015 5:1"]],
  ["a dash indented further", "pipelines:\n  p:\n    - in.FakeData\n      - out.Stdout\n", ["DURE015 4:7"]],
  ["an open bracket", "pipelines:\n  p: [in.FakeData\nagent: {}\n", ["DURE015 3:1"]],
  ["two colons", "pipelines: p: x\n", ["DURE010 1:12"]],
  ["a comma behind brackets", "pipelines:\n  p: [in.FakeData, out.Stdout],\n", ["DURE010 2:31"]],
  ["a dash without blank", "pipelines:\n  p:\n    -in.FakeData:\n    -out.Stdout:\n", ["DURE104 3:5"]],
  ["an unknown key", "pipline: {}\npipelines: {}\n", ["DURE103 1:1"]],
  ["another program's form", "streams:\n  web: []\n", ["DURE102 1:1"]],
  ["a pipeline that is a text", "pipelines:\n  p: in.FakeData\n", ["DURE104 2:6"]],
  ["a pipeline that is a map of steps", "pipelines:\n  p:\n    in.FakeData:\n    out.Stdout:\n", ["DURE104 3:5"]],
  ["a pipeline's name", "pipelines:\n  a/b: [in.FakeData, out.Stdout]\n", ["DURE109 2:3"]],
  ["two names that differ in case", "pipelines:\n  a: [in.FakeData, out.Stdout]\n  A: [in.FakeData, out.Stdout]\n", ["DURE108 3:3"]],
  ["an unknown plugin", steps("in.FakeDat", "out.Stdout"), ["DURE101 3:7"]],
  ["no step", steps("in.FakeData", "", "out.Stdout"), ["DURE105 4:7"]],
  ["two steps in one", steps(IN, "out.Stdout:\n      out.File: { path: x }"), ["DURE106 5:7"]],
  ["options beside and under a step", steps("in.FakeData:\n          type: web\n      count: 3", "out.Stdout"), ["DURE106 5:7"]],
  ["an unknown option", steps("in.FileTail: { path: a, encodng: x }", "out.Stdout"), ["DURE207 3:31"]],
  ["a missing option", steps("in.FileTail:", "out.Stdout"), ["DURE204 3:7"]],
  ["an option without value", steps("in.FileTail:\n          path:", "out.Stdout"), ["DURE204 4:11"]],
  ["a missing option under a wrong name", steps("in.FileTail: { pth: a }", "out.Stdout"), ["DURE207 3:22"]],
  ["a number for a text", steps(IN, "out.File: { path: 2024 }"), ["DURE201 4:25"]],
  ["a text for a number", steps("in.FakeData: { count: many }", "out.Stdout"), ["DURE201 3:29"]],
  ["a fraction for a whole number", steps("in.FakeData: { count: 1.5 }", "out.Stdout"), ["DURE201 3:29"]],
  ["a number out of range", steps("in.FakeData: { count: 5000 }", "out.Stdout"), ["DURE203 3:29"]],
  ["a value that is not possible", steps("in.FileTail: { path: a, encoding: cp94 }", "out.Stdout"), ["DURE202 3:41"]],
  ["a wrong item of a list", steps("in.FileTail: { path: [a, 5] }", "out.Stdout"), ["DURE201 3:32"]],
  ["a bad duration", steps("in.FileTail: { path: a, poll_every: 3 parsecs }", "out.Stdout"), ["DURE205 3:43"]],
  ["a bad size", steps(IN, "out.File: { path: a, rotate_size: huge }"), ["DURE205 4:41"]],
  ["a map for a duration", steps("in.FileTail: { path: a, poll_every: {} }", "out.Stdout"), ["DURE201 3:43"]],
  ["a text for a map", steps(IN, "out.Fluentd: { ip: a, tls: true }"), ["DURE201 4:34"]],
  ["a bare value for a plugin without", steps(IN, "out.File: x"), ["DURE201 4:17"]],
  ["an unknown option in a map of options", steps(IN, "out.Fluentd: { ip: a, tls: { verfy: true } }"), ["DURE207 4:36"]],
  ["a wrong retry", "pipelines:\n  p:\n    steps: [in.FakeData, out.Stdout]\n    retry: { first: 1m }\n", ["DURE205 4:5"]],
  ["a wrong agent setting", "agent: { log: { level: loud }, memory_max: 1MB }\npipelines:\n  p: [in.FakeData, out.Stdout]\n", ["DURE202 1:24", "DURE205 1:44"]],
  ["a wrong sleep", steps("in.FakeData", "out.Stdout", "sleep: 3 cats", "sleep: { second: 1 }"), ["DURE205 5:14", "DURE207 6:16"]],
  ["a failover without outputs", steps("in.FakeData", "failover: { start_by: ipp }"), ["DURE204 4:7", "DURE202 4:29"]],
  ["an output first", steps("out.Stdout", "out.Stdout"), ["DURE301 3:7"]],
  ["an input later", steps("in.FakeData", "in.FakeData", "out.Stdout"), ["DURE302 4:7"]],
  ["no output", steps("in.FakeData", "filter.Where: x"), ["DURE303 4:7"]],
  ["an output whose result goes on as the end", steps("in.FakeData", "out.Exec: { cmd: x }", "sleep: 1"), ["DURE303 4:7"]],
  ["a filter behind an output", steps("in.FakeData", "out.Stdout", "filter.Where: x"), ["DURE304 5:7"]],
  ["no steps", "pipelines:\n  p: []\n  q:\n  r: { steps: }\n", ["DURE305 2:3", "DURE305 3:3", "DURE305 4:3"]],
  ["two buffers", steps("in.FakeData", "buffer.Time", "buffer.Lines: { lines: 1 }", "out.Stdout"), ["DURE306 5:7"]],
  ["a buffer before a step that holds records back", steps("in.FakeData", "buffer.Time", "filter.Aggregate", "out.Stdout"), ["DURE306 4:7"]],
  ["a step that holds records back at the end", steps("in.FakeData", "filter.Aggregate", "filter.Aggregate"), ["DURE303 5:7"]],
  ["a step that holds records back behind an output", steps("in.FakeData", "out.Stdout", "filter.Aggregate"), ["DURE304 5:7"]],
  [
    "not an output in a failover",
    steps("in.FakeData", "failover: { outputs: [in.FakeData, { failover: { outputs: [out.Stdout] } }], last: { out.Exec: { cmd: x } } }"),
    ["DURE307 4:29", "DURE307 4:44", "DURE307 4:92"],
  ],
  ["two writers of a file", steps("in.FakeData", "out.File: { path: x.txt }", "out.File: { path: ./x.txt }"), ["DURE308 5:7 w"]],
  [
    "the same positions twice",
    "pipelines:\n  a: [in.FileTail: { path: a, pos_dir: p }, out.Stdout]\n  b: [in.FileTail: { path: b, pos_dir: ./p }, out.Stdout]\n",
    ["DURE309 3:7 w"],
  ],
];
for (const [what, text, expected] of CASES) {
  test(`config: ${what} is said at its place`, async () => {
    const checked = await check(text);
    assert.deepEqual(marks(checked), expected);
    assert.equal(checked.plan === undefined, exitCodeOf(checked.problems) !== 0);
  });
}

test("config: all problems come in one run, of all levels", async () => {
  const checked = await check(
    `agent: { thread: 2 }\n${steps("in.FileTail: { path: 1, encodng: cp949 }", "parse.Stdout", "out.Fluentd: { ip: down }", "filter.Where: x")}`,
    { levels: ALL },
  );
  assert.deepEqual(marks(checked), ["DURE207 1:10", "DURE201 4:28", "DURE207 4:31", "DURE101 5:7", "DURE310 6:7", "DURE304 7:7"]);
  assert.equal(exitCodeOf(checked.problems), 78);
});

const SUGGESTIONS: readonly (readonly [string, string | undefined])[] = [
  [steps("in.FakeDat", "out.Stdout"), "in.FakeData"],
  [steps("in.fakedata", "out.Stdout"), "in.FakeData"],
  [steps("FileTail: { path: a }", "out.Stdout"), "in.FileTail"],
  [steps("in.FakeData", "parse.Stdout"), "out.Stdout"],
  [steps("in.FakeData", "out.LinedBufer: { lines: 1 }", "out.Stdout"), "buffer.Lines"],
  [steps("in.FakeData", "failovr: { outputs: [out.Stdout] }"), "failover"],
  [steps("in.FakeData", 'filter.Where "r.a > 1"', "out.Stdout"), 'filter.Where: "r.a > 1"'],
  [steps("in.FakeData", "out.Kafka"), undefined],
  [steps("in.FileTail: { path: a, encodng: x }", "out.Stdout"), "encoding"],
  [steps("in.FileTail: { path: a, encoding: cp94 }", "out.Stdout"), "cp949"],
  [steps("in.FakeData", "out.File: { path: 2024 }"), '"2024"'],
  [steps("in.FakeData", "out.File: { path: a, compress: yes }"), "true"],
  [steps('in.FakeData: { count: "12" }', "out.Stdout"), "12"],
  ["agent: {}\npiplines: {}\n", "pipelines"],
];
for (const [text, suggestion] of SUGGESTIONS) {
  test(`config: suggests ${suggestion ?? "nothing"} for ${JSON.stringify(text.split("\n").slice(1).join(" "))}`, async () => {
    const { problems } = await check(text);
    assert.equal(problems[0]?.suggestion, suggestion);
  });
}

test("config: a route is a list of branches, each with its steps", async () => {
  const checked = await check(
    steps(IN, "route:", "    - when: r.code >= 500", "      continue: true", "      steps: [filter.Where: r.a, buffer.Time: { minutes: 1 }, failover: { outputs: [out.Stdout] }]", "    - steps: [out.Stdout]"),
  );
  assert.deepEqual(checked.problems, []);
  const route = checked.plan?.pipelines[0]?.steps[1];
  assert(route?.type === "route");
  assert.deepEqual(
    route.branches.map(({ when, isContinued, steps: inside }) => ({ when, isContinued, ids: inside.map(({ id, type }) => `${id} ${type}`) })),
    [
      { when: "r.code >= 500", isContinued: true, ids: ["2.1.1 plugin", "2.1.2 plugin", "2.1.3 failover"] },
      { when: undefined, isContinued: false, ids: ["2.2.1 plugin"] },
    ],
  );
});

for (const [what, lines, expected] of [
  ["no list", ["route: out.Stdout"], ["DURE201 4:14"]],
  ["a branch without steps", ["route:", "    - when: r.a", "    - steps: []"], ["DURE204 5:11", "DURE204 6:11"]],
  ["a condition that is none", ["route:", "    - when: code >= 500", "      steps: [out.Stdout]"], ["DURE205 5:17"]],
  ["an unknown option", ["route:", "    - wenn: r.a", "      steps: [out.Stdout]"], ["DURE207 5:11"]],
  ["a branch whose steps are misspelled", ["route:", "    - when: r.a", "      setps: [out.Stdout]"], ["DURE207 6:11"]],
  ["an unknown plugin in a branch", ["route:", "    - steps: [out.Stdot]"], ["DURE101 5:19"]],
  ["what cannot stand in a branch", ["route:", "    - steps: [in.FakeData, sleep: 1s, route: [ steps: [out.Stdout] ], out.Stdout]"], ["DURE320 5:19", "DURE320 5:32", "DURE320 5:43"]],
  ["a branch without an output", ["route:", "    - when: r.a", "      steps: [filter.Where: r.b]", "    - steps: [out.Stdout]"], ["DURE303 6:19"]],
  ["what fits none has nowhere to go", ["route:", "    - when: r.a", "      steps: [out.Stdout]"], ["DURE303 4:7"]],
  ["nothing comes to a branch", ["route:", "    - steps: [out.Stdout]", "    - when: r.a", "      steps: [out.Stdout]"], ["DURE321 6:11 w"]],
  ["nothing flows on from a route that takes all", ["route:", "    - steps: [out.Stdout]", "filter.Where: r.a"], ["DURE304 6:7"]],
  ["two buffers in a branch", ["route:", "    - steps: [buffer.Time: { minutes: 1 }, buffer.Lines: { lines: 1 }, out.Stdout]"], ["DURE306 5:48"]],
  ["a failover in a branch is looked into", ["route:", "    - steps: [failover: { outputs: [in.FakeData] }]"], ["DURE307 5:41"]],
] as const) {
  test(`config: a route: ${what}`, async () => assert.deepEqual(marks(await check(steps(IN, ...lines))), expected));
}

test("config: an option of another plugin is named as such", async () => {
  const { problems } = await check(steps("in.FakeData", "out.Fluentd: { ip: a, rotate_size: 1MB }"));
  assert.match(problems[0]?.help?.en ?? "", /exists on out\.File/);
});

test("config: anchors, merge keys and several documents work", async () => {
  const checked = await check(
    `x-common: &tail { encoding: cp949, poll_every: 3s }
pipelines:
  a:
    - in.FileTail: { <<: *tail, path: a, poll_every: 1s }
    - &out out.Stdout
---
pipelines:
  b: [in.FileTail: { <<: [*tail2], path: b }, out.Stdout]
`.replace("[*tail2]", "{ encoding: euc-kr }"),
  );
  assert.deepEqual(marks(checked), []);
  assert.deepEqual(
    checked.plan?.pipelines.map(({ name, steps: [first] }) => [name, first?.type === "plugin" && first.options]),
    [
      ["a", { path: "a", encoding: "cp949", poll_every: 1000 }],
      ["b", { path: "b", encoding: "euc-kr", poll_every: 1000 }],
    ],
  );
});

test("config: references are filled in, also where a number is wanted, and never show what they hold", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-config-"));
  try {
    await writeFile(join(dir, "secret"), "00123\n");
    const text = `vars: { site: seoul, host: "h-\${env:NUMBER}" }
pipelines:
  p:
    - in.FakeData: { count: "\${env:NUMBER}" }
    - filter.Where: "\`\${r.a}\` + '\${HOME:-x} $\${env:A}'"
    - out.Fluentd: { ip: "\${var:host}.\${var:site}.\${env:NONE:-local}", port: "\${env:PORT:-5000}", password: "\${file:secret}" }
`;
    const request = { file: join(dir, "c.yml"), text, registry: fixtureRegistry() };
    const checked = await checkConfig({ ...request, env: { NUMBER: "12" } });
    assert.deepEqual(marks(checked), []);
    assert.deepEqual(
      checked.plan?.pipelines[0]?.steps.map((step) => step.type === "plugin" && step.options),
      [{ type: "people", count: 12 }, { expression: "`${r.a}` + '${HOME:-x} ${env:A}'" }, { ip: "h-12.seoul.local", port: 5000, password: "00123" }],
    );
    assert.deepEqual(checked.plan?.filesRead, [join(dir, "secret")], "it is known what the plan was made of");
    const wrong = await checkConfig({ ...request, env: { NUMBER: "hunter2" } });
    assert.deepEqual(marks(wrong), ["DURE201 4:29"]);
    assert.doesNotMatch(JSON.stringify(wrong.problems), /hunter2/);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("config: a reference that leads nowhere is said at its own place, once", async () => {
  const checked = await check(`pipelines:
  p:
    - in.FakeData: { count: "\${env:NOPE}", type: "\${evn:X}" }
    - out.Fluentd: { ip: "a-\${var:y}-\${file:not/there}", port: 1 }
`);
  assert.deepEqual(marks(checked), ["DURE110 3:30", "DURE110 3:51", "DURE110 4:29", "DURE110 4:38"]);
  assert.deepEqual(checked.filesRead, [resolve("conf/not/there")], "it may be there soon");
});

test("config: aliases that unfold without end are refused, not followed", async () => {
  const lists = Array.from({ length: 30 }, (_, depth) => `x-${depth + 1}: &a${depth + 1} [${`*a${depth},`.repeat(9)}]\n`).join("");
  assert.deepEqual(marks(await check(`x-0: &a0 [1]\n${lists}pipelines:\n  p: [in.FileTail: { path: *a30 }, out.Stdout]\n`)), ["DURE016 33:7"]);
  const failovers = Array.from({ length: 30 }, (_, depth) => `x-${depth + 1}: &f${depth + 1} { failover: { outputs: [${`*f${depth},`.repeat(9)}] } }\n`).join(
    "",
  );
  const refused = await check(`x-0: &f0 out.Stdout\n${failovers}pipelines:\n  p: [in.FakeData, *f30]\n`);
  assert.deepEqual([...new Set(refused.problems.map(({ code }) => code))], ["DURE307"]);
  assert.deepEqual([...new Set((await check(`pipelines: ${"[".repeat(20_000)}`)).problems.map(({ severity }) => severity))], ["error"]);
});

test("config: a file that is not there, or not UTF-8, is one problem", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-config-"));
  try {
    const registry = fixtureRegistry();
    assert.deepEqual(marks(await checkConfig({ file: join(dir, "none.yml"), registry })), ["DURE001 1:1"]);
    await writeFile(join(dir, "cp949.yml"), Buffer.concat([Buffer.from("pipelines:\n  "), Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]), Buffer.from(": []\n")]));
    assert.deepEqual(marks(await checkConfig({ file: join(dir, "cp949.yml"), registry })), ["DURE002 2:3"]);
    await writeFile(join(dir, "bom.yml"), "\uFEFFpipelines: { p: [in.FakeData, out.Stdout] }\r\n");
    assert.deepEqual(marks(await checkConfig({ file: join(dir, "bom.yml"), registry })), []);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("config: the environment is asked for every step at once; behind a failover it only warns", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-config-"));
  try {
    await writeFile(join(dir, "file"), "");
    const text = (data: string, ...ips: string[]) =>
      `agent: { data_dir: ${data} }\n${steps("in.FakeData", ...ips.map((ip) => `out.Fluentd: { ip: ${ip} }`), "failover: { outputs: [out.Fluentd: { ip: down }], last: out.Stdout }")}`;
    const validate = (words: string) => checkConfig({ file: join(dir, "c.yml"), text: words, registry: fixtureRegistry(), levels: ALL });
    const checked = await validate(text("data", "slow", "pair", "pair", "down", "throws", "up"));
    assert.deepEqual(marks(checked), ["DURE311 5:7", "DURE310 8:7", "DURE310 9:7", "DURE310 11:29 w"]);
    assert.equal(exitCodeOf(checked.problems), 69);
    assert.doesNotMatch(JSON.stringify(checked.problems), /secret/);
    const down = checked.problems.find(({ place }) => place.line === 11);
    assert.equal(down?.text.en, "out.Fluentd: no connection");
    const named = await validate(text("data", "named"));
    assert.equal(named.problems[0]?.text.en, "out.Fluentd has no connection", "its name is said once");
    const warned = await validate(text("data", "up"));
    assert.equal(exitCodeOf(warned.problems), 0);
    assert.notEqual(warned.plan, undefined);
    assert.deepEqual(marks(await validate(text("file/data", "up"))), ["DURE312 1:1", "DURE310 6:29 w"]);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("config: plugin files beside it are used, and a broken one hides no other", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-config-"));
  try {
    await mkdir(join(dir, "plugins"));
    await writeFile(join(dir, "plugins", "MyLogParser.ts"), "export function parse(line: string): Record<string, unknown> { return { line }; }\n");
    await writeFile(join(dir, "plugins", "Broken.ts"), "export function parse(line: string) {\n  return { line ;\n}\n");
    await writeFile(join(dir, "plugins", "Empty.js"), "export const nothing = 1;\n");
    const validate = (name: string) => checkConfig({ file: join(dir, "c.yml"), text: steps("in.FakeData", name, "out.Stdout"), registry: fixtureRegistry() });
    const checked = await validate("parse.MyLogParser");
    assert.deepEqual(marks(checked), ["DURE501 2:17 w", "DURE502 1:1 w"]);
    assert.deepEqual(checked.plan?.pluginFiles, [join(dir, "plugins", "MyLogParser.ts")]);
    assert.match(checked.sources.get(checked.problems[0]?.place.file ?? "") ?? "", /return/);
    assert.deepEqual(marks(await validate("out.MyLogParser")), ["DURE403 4:7 w", "DURE501 2:17 w", "DURE502 1:1 w"]);
    const broken = await validate("parse.Broken");
    assert.deepEqual(marks(broken), ["DURE501 2:17", "DURE502 1:1 w"]);
    assert.equal(broken.plan, undefined);
  } finally {
    await rm(dir, { recursive: true });
  }
});
