// The old program's last form, with the plugins there really are: `sources:` and `matches:` become pipelines, and what is wrong is said at
// its word.
import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { builtInPlugins } from "#plugins/all.ts";
import { defineFilter, defineInput, z } from "#sdk/plugin.ts";
import { createRegistry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import type { Checked } from "./check.ts";
import type { StepPlan } from "./plan.ts";
import { marks } from "./testing.ts";

const open = async (): Promise<never> => assert.fail("nothing is opened in these tests");
const summary = { en: "For tests.", ko: "시험용." };
const reform = defineFilter({
  name: "Shape",
  summary,
  open,
  options: z.strictObject({
    write: z.union([z.record(z.string(), z.string()), z.array(z.tuple([z.string(), z.string()]))]).prefault([]).meta({ flag: "-w" }),
    delete: z.array(z.string()).prefault([]).meta({ flag: "-d" }),
    set: z.record(z.string(), z.string()).prefault({}).meta({ flag: "-s" }),
    loud: z.boolean().default(false).meta({ flag: "-l" }),
  }),
});
const dummy = defineInput({ name: "Record", summary, open, shorthand: "record", options: z.strictObject({ record: z.record(z.string(), z.unknown()), count: z.int().min(1).default(3).meta({ flag: "-c" }) }) });
const table = { ...builtInPlugins, "filter.Shape": { load: async () => reform }, "in.Record": { load: async () => dummy } };

async function check(text: string, env: Record<string, string> = {}): Promise<Checked> {
  return checkConfig({ file: "conf/config.yml", text, registry: createRegistry(table), env });
}

const shape = (step: StepPlan) => (step.type === "plugin" ? step.plugin : step.type);
const ways = ({ plan }: Checked) => Object.fromEntries(plan?.pipelines.map(({ name, steps }) => [name, steps.map(shape)]) ?? []);
const optionsOf = ({ plan }: Checked, pipeline = 0, step = 0) => {
  const found = plan?.pipelines[pipeline]?.steps[step];
  return found?.type === "plugin" ? (found.options as Record<string, unknown>) : undefined;
};
const source = (pipe: string) => `sources:\n  - ${pipe}\n`;

test("pipe form: the sample with a tag, an output of its own, a formatter and a buffer", async () => {
  const checked = await check(`svc_name: swak-test
debug: true
sources:
  - i.fakedata --count 3 | filter.Where "r.age > 1" | tag test1
  - i.fakedata | o.stdout
matches:
  "test*": m.shape -w host x | o.stdout f.stdout -z Asia/Seoul b.memory -f 1
`);
  assert.deepEqual(marks(checked), []);
  assert.deepEqual(ways(checked), {
    test1: ["in.FakeData", "filter.Where", "filter.Shape", "buffer.Lines", "out.Stdout"],
    "source-2": ["in.FakeData", "out.Stdout"],
  });
  assert.equal(optionsOf(checked)?.["tag"], "test1");
  assert.equal(optionsOf(checked)?.["count"], 3);
  const { lines, timeout, max_bytes: bytesMax } = optionsOf(checked, 0, 3) ?? {};
  assert.deepEqual([lines, timeout, bytesMax], [1000, 1000, 4 << 20]);
  const { format, time_zone: zone, time_digits: digits } = optionsOf(checked, 0, 4) ?? {};
  assert.deepEqual([format, zone, digits], ["tsv", "Asia/Seoul", 6]);
  assert.equal(optionsOf(checked, 1, 1)?.["format"], "tsv");
  assert.equal(checked.plan?.log.level, "debug");
  assert.match(checked.plan?.pidFile ?? "", /conf.run.swak-test\.pid$/);
  assert.deepEqual(
    checked.plan?.pipelines[0]?.steps.map((step) => ("id" in step ? step.id : "")),
    ["1", "2", "3", "4", "5"],
  );
});

test("pipe form: rules for a, b and * make the shape of a V, and end at the first output", async () => {
  const text = (matches: string) => `sources: ["in.FakeData | tag a", "in.FakeData | tag b", "in.FakeData | tag c"]\nmatches:\n${matches}`;
  const v = await check(text('  a: filter.Where "1"\n  b: filter.Shape\n  "*": out.Null\n'));
  assert.deepEqual(marks(v), []);
  assert.deepEqual(ways(v), { a: ["in.FakeData", "filter.Where", "out.Null"], b: ["in.FakeData", "filter.Shape", "out.Null"], c: ["in.FakeData", "out.Null"] });
  const first = await check(text('  "{a,b}": out.Null\n  "**": out.Stdout\n'));
  assert.deepEqual(ways(first), { a: ["in.FakeData", "out.Null"], b: ["in.FakeData", "out.Null"], c: ["in.FakeData", "out.Stdout"] });
  const none = await check(text('  "a b": filter.Shape\n'));
  assert.deepEqual(ways(none)["a"], ["in.FakeData", "filter.Shape", "out.Stdout"], "without an output it is shown");
  assert.deepEqual(marks(none), ["DURE124 1:76 w"]);
});

test("pipe form: unrelated sources and matches live side by side", async () => {
  const checked = await check(`sources:\n  - in.FakeData | tag web.kr\n  - in.Stdin | tag 앱\nmatches:\n  web.*: out.Null\n  앱: out.Null\n`);
  assert.deepEqual(marks(checked), []);
  assert.deepEqual(ways(checked), { "web.kr": ["in.FakeData", "out.Null"], 앱: ["in.Stdin", "out.Null"] });
});

const messages: readonly [string, string, readonly string[]][] = [
  ["no content", "", ["DURE003 1:1"]],
  ["no sources", 'matches:\n  "*": out.Null\n', ["DURE120 1:1"]],
  ["sources without declaration", "sources:\n", ["DURE120 1:1"]],
  ["an empty list of sources", "sources: []\n", ["DURE120 1:1"]],
  ["sources not a list", "sources: in.FakeData | out.Null\n", ["DURE120 1:10"]],
  ["a source not a string", "sources:\n  - 3\n  - in.FakeData: {}\n", ["DURE120 2:5", "DURE120 3:5"]],
  ["not beginning with an input", source("filter.Shape | out.Null"), ["DURE301 2:5"]],
  ["not ending with a tag or an output", source("in.FakeData | filter.Shape"), ["DURE122 2:19", "DURE303 2:19"]],
  ["a tag before the end", source("in.FakeData | tag a | out.Null"), ["DURE121 2:19"]],
  ["a tag without a name", source("in.FakeData | tag"), ["DURE121 2:19"]],
  ["two tags in one", source("in.FakeData | tag a b"), ["DURE121 2:25"]],
  ["a pattern as a tag", `${source("in.FakeData | tag a*")}matches: {"*": out.Null}\n`, ["DURE127 2:23"]],
  ["matches without declaration", `${source("in.FakeData | out.Null")}matches:\n`, ["DURE120 3:1"]],
  ["matches not a mapping", `${source("in.FakeData | out.Null")}matches: [out.Null]\n`, ["DURE120 3:10"]],
  ["a match not a string", `${source("in.FakeData | tag a")}matches:\n  a: [out.Null]\n`, ["DURE120 4:6", "DURE124 2:23 w"]],
  ["a tag used twice", 'sources: [in.FakeData | tag a, in.FakeData | tag A]\nmatches: {"*": out.Null}\n', ["DURE123 1:50"]],
  ["a tag without a match", source("in.FakeData | tag a"), ["DURE124 2:23 w"]],
  ["a match that fits no source", `${source("in.FakeData | out.Null")}matches:\n  b: out.Null\n`, ["DURE125 4:3 w"]],
  ["a match behind an output", `${source("in.FakeData | tag a")}matches:\n  a: out.Null\n  "*": out.Stdout\n`, ["DURE125 5:3 w"]],
  ["a match with a tag", `${source("in.FakeData | tag a")}matches:\n  a: filter.Shape | tag b\n`, ["DURE122 4:25"]],
  ["a broken pattern", `${source("in.FakeData | tag a")}matches:\n  "a.{b": out.Null\n`, ["DURE126 4:6"]],
  ["what is wrong in a match that fits nothing", `${source("in.FakeData | out.Null")}matches:\n  b: out.Nul --x 1\n`, ["DURE101 4:6", "DURE125 4:3 w"]],
  ["a source that cannot be read leaves its matches alone", `sources: [in.FakeData |]\nmatches: {a: out.Null}\n`, ["DURE121 1:23"]],
  ["a syntax error, behind which there may be a match", `${source("in.FakeData | tag a")}matches:\n  a: "out.Null\n`, ["DURE011 5:1"]],
  ["a key nobody knows", `${source("in.FakeData | out.Null")}matchs: {}\n`, ["DURE103 3:1"]],
  ["an unknown option", source("in.FakeData --cuont 3 | out.Null"), ["DURE207 2:17"]],
  ["an unknown short option", source("in.FakeData -n 3 | out.Null"), ["DURE207 2:17"]],
  ["a value out of range", source("in.FakeData --count -1 | out.Null"), ["DURE203 2:25"]],
  ["a quote left open", source('in.FakeData | filter.Where "r.a'), ["DURE121 2:32"]],
  ["a step missing", source("in.FakeData || out.Null"), ["DURE121 2:17"]],
  ["a name without its value", source("in.FakeData | filter.Shape -w a | out.Null"), ["DURE121 2:32"]],
  ["a sub-command nobody knows", source("in.FakeData | o.stdout f.xml"), ["DURE121 2:28"]],
  ["f.csv without columns", source("in.FakeData | out.File a.csv f.csv"), ["DURE205 2:19"]],
  ["f.csv behind an output that writes none", source("in.FakeData | out.Syslog h f.csv a,b"), ["DURE202 2:32", "DURE207 2:38"]],
  ["a word behind a formatter that takes none", source("in.FakeData | o.stdout f.json name"), ["DURE121 2:35"]],
  ["two words behind f.csv", source("in.FakeData | o.stdout f.csv name age"), ["DURE121 2:39"]],
  ["a misspelled option of f.csv", source("in.FakeData | o.stdout f.csv name --colums a"), ["DURE207 2:39"]],
  ["an option of b.memory without effect", source("in.FakeData | o.stdout b.memory -r 1 -s 20 -c 4"), ["DURE405 2:48 w"]],
  ["a buffer's option that must be above 0: records", source("in.FakeData | o.stdout b.memory -r 0"), ["DURE121 2:40"]],
  ["a buffer's option that must be above 0: bytes", source("in.FakeData | o.stdout b.memory -s 0k"), ["DURE121 2:40"]],
  ["a buffer's option that must be above 0: time", source("in.FakeData | o.stdout b.memory -f 0.0"), ["DURE121 2:40"]],
  ["a buffer's option that must be above 0: chunks", source("in.FakeData | o.stdout b.memory -c 0"), ["DURE121 2:40"]],
  ["two sources that one match writes to one file", 'sources: [in.FakeData | tag a, in.FakeData | tag b]\nmatches: {"*": out.File --path x.log}\n', ["DURE308 2:16 w"]],
  ["two buffers", `${source("in.FakeData | buffer.Lines 5 | tag a")}matches: {a: o.stdout b.memory}\n`, ["DURE306 3:23"]],
  ["a display name", `svc_dname: x\n${source("in.FakeData | out.Null")}`, ["DURE405 1:1 w"]],
  ["a debug that is none", `debug: maybe\n${source("in.FakeData | out.Null")}`, ["DURE201 1:8"]],
];
for (const [name, text, expected] of messages) {
  test(`pipe form, what is said: ${name}`, async () => assert.deepEqual(marks(await check(text)).toSorted(), [...expected].toSorted()));
}

const places: readonly [string, string, string][] = [
  ["plain", "sources:\n  - in.FakeData --typ people | out.Null\n", "2:17"],
  ["in double quotes with escapes", 'sources:\n  - "in.FakeData \\"--typ\\" --tpe \\u0070 | out.Null"\n', "2:28"],
  ["in single quotes with a quote", "sources:\n  - 'in.FakeData --tag ''x y'' --typ p | out.Null'\n", "2:32"],
  ["folded over lines", "sources:\n  - in.FakeData\n    --count 3\n    --typ p | out.Null\n", "4:5"],
  ["as a block", "sources:\n  - >-\n    in.FakeData\n    --typ p | out.Null\n", "4:5"],
  ["as a literal block", "sources:\n  - |\n    in.FakeData --count 3\n      --typ p | out.Null\n", "4:7"],
  ["behind Korean", "sources:\n  - in.FakeData --tag 가나다 --typ p | out.Null\n", "2:27"],
];
for (const [name, text, at] of places) {
  test(`pipe form, the place of a word: ${name}`, async () => {
    const found = (await check(text)).problems.filter(({ code }) => code === "DURE207").map(({ place, endColumn }) => `${place.line}:${place.column}+${endColumn - place.column}`);
    assert.equal(found[0], `${at}+5`);
  });
}

test("pipe form: options as on a command line, with the flags that a plugin declares", async () => {
  const shapes: readonly [string, Record<string, unknown>][] = [
    ["-w a 1 -w b '2 | 3' -d x -d y", { write: [["a", "1"], ["b", "2 | 3"]], delete: ["x", "y"] }],
    ["--write a 1 --delete=x", { write: [["a", "1"]], delete: ["x"] }],
    ["-s a 1 -s b 2 -s a 3", { set: { b: "2", a: "3" } }],
    ["-s '{a: b}'", { set: { a: "b" } }],
    ["-l -d x", { loud: true, delete: ["x"] }],
    ["-l false", { loud: false }],
    [String.raw`-w "p\"q" ${String.raw`\d\|\ `}`, { write: [['p"q', String.raw`\d| `]] }],
    ["-w r ${record[KEY]}-${hostname}-${tag_parts[-1]}", { write: [["r", "${record[KEY]}-${hostname}-${tag_parts[-1]}"]] }],
  ];
  for (const [written, expected] of shapes) {
    const checked = await check(`sources:\n  - |-\n    in.FakeData | m.shape ${written} | out.Null\n`);
    assert.deepEqual(marks(checked), [], written);
    assert.deepEqual(optionsOf(checked, 0, 1), { write: [], delete: [], set: {}, loud: false, ...expected }, written);
  }
  const record = await check(`sources:\n  - |-\n    i.record '{"a": 1, "b": "x | y"}' -c 2 | out.Null\n`);
  assert.deepEqual(optionsOf(record), { record: { a: 1, b: "x | y" }, count: 2 });
});

test("pipe form: a formatter is the format of its output, where that has it", async () => {
  const formats = await check("sources: [in.FakeData | out.File a.mp f.msgpack, in.FakeData | o.stdout f.json]\n");
  assert.deepEqual(marks(formats), []);
  assert.deepEqual([optionsOf(formats, 0, 1)?.["format"], optionsOf(formats, 1, 1)?.["format"]], ["msgpack", "json"]);
  assert.deepEqual(marks(await check(source("in.FakeData | o.stdout f.msgpack"))), ["DURE202 2:28"]);
});

test("pipe form: f.csv and f.tsv name the columns of a row, as do other outputs' options", async () => {
  for (const [written, expected] of [
    ["o.stdout f.csv 이름,age -z Asia/Seoul --time_format %Y", { format: "csv", columns: ["이름", "age"], time_zone: "Asia/Seoul", time_format: "%Y" }],
    ["o.stdout f.tsv -c name --columns 'full name'", { format: "tsv", columns: ["name", "full name"] }],
    ["o.stdout f.tsv", { format: "tsv", columns: undefined }],
    ["out.File a.csv f.csv '[name, \"a, b\"]' --timezone +09:00 b.memory -f 1", { format: "csv", columns: ["name", "a, b"], time_zone: "+09:00" }],
    ["out.File a.tsv --columns a,b f.tsv", { format: "tsv", columns: ["a", "b"] }],
    ["out.File a.tsv --columns a,b f.tsv c", { format: "tsv", columns: ["c"] }],
  ] as const) {
    const checked = await check(`sources:\n  - |-\n    in.FakeData | ${written}\n`);
    assert.deepEqual(marks(checked), [], written);
    const options = optionsOf(checked, 0, (checked.plan?.pipelines[0]?.steps.length ?? 0) - 1);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, options?.[key]])), expected, written);
  }
});

test("pipe form: what a peer is reached by needs no name", async () => {
  for (const [step, option, value] of [["in.Forward 24225", "port", 24225], ["in.Http 8081", "port", 8081], ["in.Syslog 5514", "port", 5514]] as const) {
    const checked = await check(source(`${step} | out.Null`));
    assert.deepEqual(marks(checked), [], step);
    assert.equal(optionsOf(checked)?.[option], value);
  }
  for (const step of ["out.Fluentd 192.168.0.1", "out.Syslog 192.168.0.1"]) {
    const checked = await check(source(`in.FakeData | ${step}`));
    assert.deepEqual(marks(checked), [], step);
    assert.equal(optionsOf(checked, 0, 1)?.["host"], "192.168.0.1");
  }
});

test("pipe form: lists in one word", async () => {
  const checked = await check("sources:\n  - in.FileTail a.log,b/*.log | parse.Csv [이름,age] | filter.Drop 'a,b' | filter.Mask phone,email | out.Null\n");
  assert.deepEqual(marks(checked), []);
  assert.deepEqual(
    [0, 1, 2, 3].map((step) => optionsOf(checked, 0, step)).map((options) => options?.["path"] ?? options?.["columns"] ?? options?.["fields"] ?? options?.["kinds"]),
    [["a.log", "b/*.log"], ["이름", "age"], ["a,b"], ["phone", "email"]],
  );
  assert.deepEqual(marks(await check("sources:\n  - in.FakeData | filter.Mask phone,emial | out.Null\n")), ["DURE202 2:31"]);
});

test("pipe form: an input without the option `tag` is said to keep its own", async () => {
  assert.deepEqual(marks(await check("sources: ['i.record {a: 1} | tag a']\nmatches: {a: out.Null}\n")), ["DURE121 1:25"]);
  assert.deepEqual(marks(await check(`sources: ["i.record '{a: 1}' | tag a"]\nmatches: {a: out.Null}\n`)), ["DURE128 1:36 w"]);
});

test("pipe form: a plugin whose schema is none is said, and stops no check", async () => {
  const odd = { ...dummy, options: {} };
  const registry = createRegistry({ ...table, "in.Odd": { load: async () => odd } });
  const found = await checkConfig({ file: "conf/config.yml", text: "sources: [i.odd -c 3 | tag a]\nmatches: {a: out.Null}\n", registry, env: {} });
  assert.ok(marks(found).includes("DURE205 1:11"), String(marks(found)));
});

test("pipe form: the environment fills words, and never splits them", async () => {
  const env = { NAME: "a | b", COUNT: "3", L: "wrong", b: "wrong" };
  const filled = async (word: string) => {
    const checked = await check(`svc_name: 서비스\nvars: { who: 김 }\nsources:\n  - |-\n    in.FakeData | m.shape -w x ${word} | out.Null\n`, env);
    return [...marks(checked), ...((optionsOf(checked, 0, 1)?.["write"] as string[][] | undefined)?.[0]?.slice(1) ?? [])];
  };
  assert.deepEqual(await filled("{NAME}"), ["a | b"]);
  assert.deepEqual(await filled("${NAME}/${env:NAME}"), ["a | b/a | b"]);
  assert.deepEqual(await filled("{SWAK_SVC_NAME}-${var:who}"), ["서비스-김"]);
  assert.deepEqual(await filled("$${NAME}"), ["${NAME}"]);
  assert.deepEqual(await filled(String.raw`\p{L}\d{3}{b}{x}{}`), [String.raw`\p{L}\d{3}{b}{x}{}`]);
  assert.deepEqual(await filled("${NOBODY}"), ["DURE110 5:32 w", "${NOBODY}"]);
  assert.deepEqual(await filled("{NOBODY}"), ["{NOBODY}"]);
  const counted = await check("sources: ['in.FakeData --count {COUNT} --tag {SWAK_HOME} | out.Null']\n", env);
  assert.equal(optionsOf(counted)?.["count"], 3);
  assert.match(String(optionsOf(counted)?.["tag"]), /conf$/);
  const pattern = await check('sources: [in.FakeData | tag a.b]\nmatches: {"a.{b,NAME}": out.Null}\n', env);
  assert.deepEqual(marks(pattern), []);
});

test("pipe form: it is known which files were read", async () => {
  const { plan, filesRead } = await check("vars: { a: '${file:of-vars}' }\nsources: ['in.FakeData --tag x${file:none} | out.Null']\n");
  assert.equal(plan, undefined);
  assert.deepEqual(filesRead.map((file) => basename(file)), ["of-vars", "none"]);
});

test("pipe form: of the logger, what has a counterpart is kept and the rest is said once each", async () => {
  const checked = await check(`svc_name: x
logger:
  version: 1
  root: { level: WARNING, handlers: [file] }
  formatters: { f: { format: "%(message)s" } }
  handlers:
    console: { class: logging.StreamHandler }
    file: { class: logging.handlers.RotatingFileHandler, filename: logs/x.txt, maxBytes: 1000, backupCount: 3, formatter: f }
agent:
  log: { rotate_files: 4 }
  drain_timeout: 1s
sources: [in.FakeData | out.Null]
`);
  assert.deepEqual(marks(checked), ["DURE405 5:3 w", "DURE405 7:5 w", "DURE405 8:112 w"]);
  const { log, drainMs } = checked.plan ?? {};
  assert.match(log?.file ?? "", /conf.logs.x\.txt$/);
  assert.deepEqual([log?.level, log?.fileBytesMax, log?.filesMax, drainMs], ["warn", 1000, 4, 1000]);
});

test("pipe form: what comes from outside is never shown", async () => {
  const { problems } = await check("sources: ['in.FakeData --type {SECRET} | out.Null']\n", { SECRET: "hunter2" });
  assert.deepEqual(problems.map(({ code }) => code), ["DURE202"]);
  assert.ok(!JSON.stringify(problems).includes("hunter2"));
});
