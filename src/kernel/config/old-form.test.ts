// The configs of the document this program began with, word for word, with the plugins it really has: they run, and each slip is
// said once, at its place, with the present spelling.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { builtInPlugins } from "#plugins/all.ts";
import { createRegistry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import type { Checked } from "./check.ts";
import { marks } from "./testing.ts";

async function checkSeed(text: string): Promise<Checked> {
  const dir = await mkdtemp(join(tmpdir(), "dure-seed-"));
  try {
    await mkdir(join(dir, "plugins"));
    await writeFile(join(dir, "plugins", "MyLogParser.ts"), "export function parse(line: string): Record<string, unknown> {\n  return { text: line };\n}\n");
    return await checkConfig({ file: join(dir, "config.yml"), text, registry: createRegistry(builtInPlugins) });
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** What each warning asks for: the suggestion, or what to do. */
const present = ({ problems }: Checked) => problems.map(({ suggestion, help }) => suggestion ?? help?.en);
const stepNames = ({ plan }: Checked) =>
  plan?.pipelines.map(({ name, steps }) => [name, ...steps.map((step) => (step.type === "plugin" ? step.plugin : step.type))]);

test("old form: fake data to the standard output needs no change", async () => {
  const checked = await checkSeed(`# 테스크 선언
- task:
  # 가짜 데이터 생성
  - in.FakeData:
      type: people

  # 표준 출력으로 스트림 보냄
  - out.Stdout

  # 1초 후 다시 시작
  - sleep:
      seconds: 1
`);
  assert.deepEqual(marks(checked), []);
  assert.deepEqual(stepNames(checked), [["task-1", "in.FakeData", "out.Stdout", "sleep"]]);
});

test("old form: a tail with a parser as an output, a timed buffer and a failover beside its options", async () => {
  const checked = await checkSeed(`# 테스크 선언
- task:
  # 대상 파일 테일링
  - in.FileTail:
      path: C:/myprj/logs/mylog.txt
      pos_dir: C:/swak_temp/pos
      encoding: cp949

  # 커스텀 포맷 파서
  - out.MyLogParser

  # 5분 단위로 버퍼링
  - out.TimedBuffer:
      minutes: 5

  # 출력 실패 대응
  - failover:
    outputs:
    # Fluentd 서버 1
    - out.Fluentd:
        ip: 192.168.0.1
    # Fluentd 서버 2            
    - out.Fluentd:
        ip: 169.168.0.2
    # 그래도 실패하면 파일에
    last: 
      out.File: 
        path: /tmp/failed.txt
    # ip값 기반으로 출력 선택
    start_by: ip
`);
  assert.deepEqual(marks(checked), ["DURE403 10:5 w", "DURE402 13:5 w", "DURE401 18:5 w"]);
  assert.deepEqual(present(checked), ["parse.MyLogParser", "buffer.Time", "indent `outputs`, `last`, `start_by` further than `failover:`"]);
  assert.deepEqual(stepNames(checked), [["task-1", "in.FileTail", "parse.MyLogParser", "buffer.Time", "failover"]]);
  const failover = checked.plan?.pipelines[0]?.steps[3];
  assert.ok(failover?.type === "failover");
  assert.deepEqual([failover.startBy, failover.outputs.map((output) => output.id), failover.last?.id], ["ip", ["4.1", "4.2"], "4.last"]);
});

test("old form: the same failover with its options under it is no slip", async () => {
  const checked = await checkSeed(`- task:
  - in.FakeData
  - failover:
      outputs:
      - out.Fluentd:
          ip: 192.168.0.1
      last:
        out.File:
          path: /tmp/failed.txt
      start_by: ip
`);
  assert.deepEqual(marks(checked), []);
});

test("old form: options at the plugin's own indent, and a comma behind a quoted value", async () => {
  const checked = await checkSeed(`# 테스크 스레드 생성
- task:
  - in.MySQLTail:
    ip: 127.0.0.1
    db: logdb
    table: logtbl

  # 100라인 단위로 버퍼링
  - out.LinedBuffer:
    lines: 100

  # 외부 프로세스 실행
  - out.Exec:
    cmd: "/usr/bin/r /etc/detect_abuse.r",

  # 표준 출력으로 스트림 보냄
  - out.Stdout
`);
  assert.deepEqual(marks(checked), ["DURE401 4:5 w", "DURE402 9:5 w", "DURE401 10:5 w", "DURE401 14:5 w", "DURE404 14:42 w"]);
  assert.deepEqual(present(checked), [
    "indent `ip`, `db`, `table` further than `in.MySQLTail:`",
    "buffer.Lines",
    "indent `lines` further than `out.LinedBuffer:`",
    "indent `cmd` further than `out.Exec:`",
    "",
  ]);
  assert.deepEqual(stepNames(checked), [["task-1", "in.MySQLTail", "buffer.Lines", "out.Exec", "out.Stdout"]]);
  const exec = checked.plan?.pipelines[0]?.steps[2];
  assert.ok(exec?.type === "plugin");
  assert.equal((exec.options as { cmd?: string }).cmd, "/usr/bin/r /etc/detect_abuse.r");
});

test("old form: tasks are numbered in the order they are written", async () => {
  const checked = await checkSeed("- task: [in.FakeData, out.Stdout]\n- task:\n  - in.FakeData\n  - out.Null\n");
  assert.deepEqual(
    checked.plan?.pipelines.map(({ name }) => name),
    ["task-1", "task-2"],
  );
});

test("old form: a build file is told apart from a config", async () => {
  const checked = await checkSeed("- name: myprj\n- plugins:\n  - swak-plugin-syslog\n  - swak-plugin-fluentd\n");
  assert.deepEqual(marks(checked), ["DURE102 1:3"]);
  assert.match(checked.problems[0]?.help?.en ?? "", /build file/);
});

test("old form: commas stay where YAML knows them", async () => {
  const checked = await checkSeed(`- task:
  - in.FakeData:
      type: "people",   # a slip
  - out.File: {
      path: "a,b.txt",
      format: "json",
    }
`);
  assert.deepEqual(marks(checked), ["DURE404 3:21 w"]);
});
