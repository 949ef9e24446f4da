// `dure graph`: the pipelines of a config as a drawing, in every format.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SaxesParser } from "saxes";
import { cellsOf } from "#kernel/config/cells.ts";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder } from "./run-dure.ts";

const CHAIN = `
pipelines:
  접근-로그:
    - in.FileTail: logs/접근.log
    - parse.Regex: nginx
    - buffer.Size: { storage: disk }
    - out.Fluentd: { host: 127.0.0.1, port: 24224 }
`;
const FAILOVER = `
pipelines:
  safe:
    - in.FileTail: app.log
    - out.Null
    - failover:
        outputs: [out.Fluentd: { host: a.example }, out.Fluentd: { host: b.example }]
        last: { out.File: failed.json }
        start_by: ordered
`;
const ROUTE = `
pipelines:
  web:
    - in.FileTail: app.log
    - route:
        - when: 'r.단계 === "오류"'
          continue: true
          steps: [parse.Json, out.File: 오류.ndjson]
        - when: "r.status < 200"
          steps: [out.Null]
    - out.File: rest.ndjson
`;

const drawings: readonly [name: string, config: string, options: readonly string[], drawing: string][] = [
  [
    "a chain, a buffer in it, a Korean name",
    CHAIN,
    [],
    `
접근-로그
┌────────────────────────────┐
│ in.FileTail  logs/접근.log │
└──┬─────────────────────────┘
   ▼
┌────────────────────┐
│ parse.Regex  nginx │
└──┬─────────────────┘
   ▼
╔═════════════╗
║ buffer.Size ║
╚══╤══════════╝
   ▼
┌──────────────────────────────┐
│ out.Fluentd  127.0.0.1:24224 │
└──────────────────────────────┘
`,
  ],
  [
    "failover beside another output",
    FAILOVER,
    ["--lang", "ko"],
    `
safe
┌──────────────────────┐
│ in.FileTail  app.log │
└──┬───────────────────┘
   │   ┌──────────┐
   ├──▶│ out.Null │
   │   └──────────┘
   │   ┌───────────────────┐
   └──▶│ failover  ordered │
       └──┬────────────────┘
          │ 1
          │   ┌──────────────────────────────┐
          ├──▶│ out.Fluentd  a.example:24224 │
          │   └──────────────────────────────┘
          │ 2
          │   ┌──────────────────────────────┐
          ├┄┄▷│ out.Fluentd  b.example:24224 │
          │   └──────────────────────────────┘
          │ 최후
          │   ┌───────────────────────┐
          └┄┄▷│ out.File  failed.json │
              └───────────────────────┘
`,
  ],
  [
    "a route with its conditions, and what is left",
    ROUTE,
    [],
    `
web
┌──────────────────────┐
│ in.FileTail  app.log │
└──┬───────────────────┘
   ▼
┌───────┐
│ route │
└──┬────┘
   │ a copy: r.단계 === "오류"
   │   ┌────────────┐
   ├──▶│ parse.Json │
   │   └──┬─────────┘
   │      ▼
   │   ┌───────────────────────┐
   │   │ out.File  오류.ndjson │
   │   └───────────────────────┘
   │ r.status < 200
   │   ┌──────────┐
   ├──▶│ out.Null │
   │   └──────────┘
   │ the rest
   │   ┌───────────────────────┐
   └──▶│ out.File  rest.ndjson │
       └───────────────────────┘
`,
  ],
  [
    "as Mermaid",
    ROUTE,
    ["--format", "mermaid"],
    `
flowchart LR
  subgraph p1["web"]
    p1_1["in.FileTail<br/>app.log"]
    p1_2["route"]
    p1_2_1_1["parse.Json"]
    p1_2_1_2["out.File<br/>오류.ndjson"]
    p1_2_2_1["out.Null"]
    p1_3["out.File<br/>rest.ndjson"]
    p1_1 --> p1_2
    p1_2 -->|"a copy: r.단계 === #34;오류#34;"| p1_2_1_1
    p1_2 -->|"r.status #60; 200"| p1_2_2_1
    p1_2 -->|"the rest"| p1_3
    p1_2_1_1 --> p1_2_1_2
  end
`,
  ],
  [
    "as DOT",
    `${CHAIN}  다음: [in.Tcp: 5170, filter.Where: 'r.a === "\\\\"', failover: { start_by: ordered, outputs: [out.Null, out.Null] }]\n`,
    ["--format", "dot"],
    `
digraph dure {
  rankdir=LR;
  node [shape=box];
  subgraph cluster_1 {
    label="접근-로그";
    "1:1" [label="in.FileTail\\nlogs/접근.log"];
    "1:2" [label="parse.Regex\\nnginx"];
    "1:3" [label="buffer.Size", shape=cylinder];
    "1:4" [label="out.Fluentd\\n127.0.0.1:24224"];
    "1:1" -> "1:2";
    "1:2" -> "1:3";
    "1:3" -> "1:4";
  }
  subgraph cluster_2 {
    label="다음";
    "2:1" [label="in.Tcp\\n5170"];
    "2:2" [label="filter.Where\\nr.a === \\"\\\\\\\\\\""];
    "2:3" [label="failover\\nordered"];
    "2:3.1" [label="out.Null"];
    "2:3.2" [label="out.Null"];
    "2:1" -> "2:2";
    "2:2" -> "2:3";
    "2:3" -> "2:3.1" [label="1"];
    "2:3" -> "2:3.2" [label="2", style=dashed];
  }
}
`,
  ],
];
for (const [name, config, options, drawing] of drawings) {
  test(`graph: ${name}`, async () => {
    await using here = folder();
    here.write("dure.yml", config);
    const { code, stdout, stderr } = await here.dure(["graph", ...options]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, drawing.slice(1));
  });
}

test("graph: in ASCII where the terminal has no others, and never wider than 80 cells", async () => {
  await using here = folder();
  const long = "가나다라마바사아자차카타파하".repeat(2);
  here.write("dure.yml", `${FAILOVER}  ${"긴-이름"}:\n    - in.FileTail: ${long}.log\n    - route:\n        - when: 'r.${long} === "${long}"'\n          continue: true\n          steps: [failover: { outputs: [out.Elasticsearch: { url: "http://${long}:9200", index: a }], last: { out.File: ${long}.out } }]\n    - out.File: ${long}.rest\n`);
  const { stdout, stderr } = await here.dure(["graph"], { env: { LC_ALL: "ko_KR.CP949" } });
  assert.match(stdout, /^\+-+\+\n\| in\.FileTail {2}app\.log \|\n\+--\+-+\+\n {3}\| {3}\+-+\+\n {3}\+-->\| out\.Null \|$/m, stderr);
  assert.match(stdout, /\+\.\.>\| out\.File {2}failed\.json \|/);
  assert.doesNotMatch(stdout, /[─-◿]/);
  for (const line of stdout.split("\n")) assert(cellsOf(line) <= 80, line);
});

test("graph: SVG that is well-formed and whole, JSON with every step and way; no secret in either", async () => {
  await using here = folder();
  here.write("dure.yml", `${ROUTE}  a: [in.FakeData, out.Exec: "curl -H token:geheim", out.Null]\n`);
  const [svg, json] = await Promise.all([here.dure(["graph", "--format", "svg"]), here.dure(["graph", "--json"])]);
  const texts: string[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => assert.fail(error));
  parser.on("text", (text) => void texts.push(text.trim()));
  parser.write(svg.stdout).close();
  for (const text of ["a", "오류.ndjson", "r.status < 200", 'a copy: r.단계 === "오류"']) assert(texts.includes(text), text);
  assert.doesNotMatch(svg.stdout, /https?:(?!\/\/www\.w3\.org\/2000\/svg)/, "it needs nothing else");
  const { pipelines } = JSON.parse(json.stdout) as { pipelines: { name: string; steps: { id: string }[]; links: unknown[] }[] };
  assert.deepEqual(pipelines.map(({ name, steps, links }) => [name, steps.map(({ id }) => id), links.length]), [
    ["web", ["1", "2", "2.1.1", "2.1.2", "2.2.1", "3"], 5],
    ["a", ["1", "2", "3"], 2],
  ]);
  assert.doesNotMatch(svg.stdout + json.stdout, /geheim/);
});

test("graph: of the pipelines that are named; one that is none is refused, and a faulty config says that nothing was touched", async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines:\n  웹: [in.FakeData, out.Null]\n  주문: [in.FakeData, out.Stdout]\n");
  const namesIn = async (...args: string[]): Promise<string[]> => (JSON.parse((await here.dure(["graph", "--json", ...args])).stdout) as { pipelines: { name: string }[] }).pipelines.map(({ name }) => name);
  assert.deepEqual(await namesIn(), ["웹", "주문"]);
  assert.deepEqual(await namesIn("주문"), ["주문"]);
  assert.deepEqual(await namesIn("dure.yml", "웹"), ["웹"]);
  const wrong = await here.dure(["graph", "주문서"]);
  assert.equal(wrong.code, exitCode.wrongUse);
  assert.match(wrong.stderr, /no pipeline `주문서`\n.*`?주문/);
  here.write("dure.yml", "pipelines:\n  웹: [in.FakeData, out.Nul]\n");
  for (const args of [["graph"], ["buffers"], ["dead-letters"]]) assert.match((await here.dure(args)).stderr, /did you mean out\.Null[^]*nothing was done: .* an agent that runs goes on/);
});
