import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, wrapped } from "./cells.ts";
import { particle } from "./korean.ts";
import { checkFacts, renderProblems, renderSummary } from "./render.ts";
import type { Look } from "./render.ts";
import { check } from "./testing.ts";

const plain: Look = { color: false, lang: "ko", ascii: false };
const text = `pipelines:
  가나다:
    - in.FakeDat:
        type: people
    - out.Stdout
  "표": [in.FakeData: { 한글: 1 }, out.TimedBuffer, out.Stdout]
`;

test("render: a problem shows its line with a caret under the very cells, in Korean", async () => {
  const { problems, sources } = await check(text);
  assert.equal(
    renderProblems(problems, sources, plain),
    `error[DURE101]: 'in.FakeDat'이라는 플러그인이 없습니다
  ┌─ conf/dure.yml:3:7
3 │     - in.FakeDat:
  │       ^^^^^^^^^^ 혹시 in.FakeData인가요?
  = 설치된 입력 플러그인: dure list in      설명: dure explain DURE101

error[DURE207]: '한글' 옵션을 알 수 없습니다 (in.FakeData)
  ┌─ conf/dure.yml:6:24
6 │   "표": [in.FakeData: { 한글: 1 }, out.TimedBuffer, out.Stdout]
  │                         ^^^^
  = 쓸 수 있는 옵션: type, count

warning[DURE402]: 'out.TimedBuffer'는 'buffer.Time'의 옛 이름입니다
  ┌─ conf/dure.yml:6:33
6 │   "표": [in.FakeData: { 한글: 1 }, out.TimedBuffer, out.Stdout]
  │                                    ^^^^^^^^^^^^^^^ buffer.Time으로 쓰세요

`,
  );
  assert.equal(renderSummary(problems, { files: 1, ms: 17.6 }, plain), "오류 2개, 경고 1개 — 파일 1개, 18 ms");
});

test("render: English, ASCII and colour", async () => {
  const { problems, sources } = await check(text);
  const english = renderProblems(problems.slice(0, 1), sources, { color: false, lang: "en", ascii: true });
  assert.equal(
    english,
    `error[DURE101]: there is no plugin 'in.FakeDat'
  +- conf/dure.yml:3:7
3 |     - in.FakeDat:
  |       ^^^^^^^^^^ did you mean in.FakeData?
  = installed inputs: dure list in      why: dure explain DURE101

`,
  );
  assert.equal(renderSummary(problems, { files: 2, ms: 3 }, { color: false, lang: "en", ascii: true }), "2 errors, 1 warning - 2 files, 3 ms");
  const colored = renderProblems(problems.slice(0, 1), sources, { color: true, lang: "en", ascii: true });
  assert.match(colored, /\u001b\[31merror\[DURE101\]\u001b\[0m/);
  assert.equal(colored.replaceAll(/\u001b\[\d+m/g, ""), english);
});

test("render: tabs and control characters move the caret as they move the text", async () => {
  const { problems, sources } = await check('pipelines:\n  p: ["in.FakeData",\t out.Nope]\n');
  const [, , line = "", caret = ""] = renderProblems(problems, sources, plain).split("\n");
  assert.equal(line.indexOf("out.Nope"), caret.indexOf("^"));
  assert.doesNotMatch(
    renderProblems((await check('pipelines:\n  p: ["\u001b[2J"]\n')).problems, new Map([["conf/dure.yml", 'pipelines:\n  p: ["\u001b[2J"]\n']]), plain),
    /\u001b/,
  );
});

test("render: a very long line is shown around the spot", async () => {
  const { problems, sources } = await check(`pipelines:\n  p: [in.FakeData, filter.Where: "${"x".repeat(5000)}", out.Nope, ${"out.Stdout, ".repeat(500)}]\n`);
  const [, , line = "", caret = ""] = renderProblems(problems, sources, plain).split("\n");
  assert.ok(line.length < 300);
  assert.equal(line.indexOf("out.Nope"), caret.indexOf("^"));
});

test("render: JSON has everything a program needs", async () => {
  const { problems } = await check(text);
  const json = JSON.parse(JSON.stringify(checkFacts(problems, { files: 1, ms: 1.2 }, "en"))) as { problems: unknown[] };
  assert.deepEqual(
    { ...json, problems: json.problems.slice(0, 1) },
    {
      errors: 2,
      warnings: 1,
      files: 1,
      ms: 1,
      problems: [
        {
          severity: "error",
          code: "DURE101",
          level: "schema",
          message: "there is no plugin 'in.FakeDat'",
          file: "conf/dure.yml",
          line: 3,
          column: 7,
          endColumn: 17,
          help: "installed inputs: dure list in      why: dure explain DURE101",
          suggestion: "in.FakeData",
        },
      ],
    },
  );
});

test("cells: Hangul takes two, what combines takes none", () => {
  const table: readonly (readonly [string, number])[] = [
    ["한글 error", 10],
    ["한".normalize("NFD"), 2],
    ["가나", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["漢字", 4],
    ["ｱ", 1],
    ["Ａ", 2],
    ["👍", 2],
    ["", 0],
    ["│", 1],
  ];
  for (const [word, cells] of table) assert.equal(cellsOf(word), cells, JSON.stringify(word));
});

test("cells: text is wrapped between words by what it takes on the screen", () => {
  assert.deepEqual(wrapped("가나 다라 마바 a", 9), ["가나 다라", "마바 a"]);
  assert.deepEqual(wrapped("long-word x", 4), ["long-word", "x"]);
});

test("particles: follow how a name is read, whatever it ends in", () => {
  const names = {
    consonant: ["한글", "로그", "목록"],
    spoken: [
      "in.FakeData",
      "out.Stdout",
      "out.File",
      "buffer.Time",
      "parse.Regex",
      "parse.Json",
      "table",
      "path",
      "encoding",
      "out.Null",
      "filter.Map",
      "out.Exec",
    ],
    digit: ["task-1", "task-2", "task-3", "task-7", "v0"],
  };
  assert.deepEqual(
    names.consonant.map((name) => name + particle(name, "이/가")),
    ["한글이", "로그가", "목록이"],
  );
  assert.deepEqual(
    names.spoken.map((name) => particle(name, "은/는")),
    ["는", "은", "은", "은", "는", "은", "은", "는", "은", "은", "은", "은"],
  );
  assert.deepEqual(
    names.digit.map((name) => particle(name, "을/를")),
    ["을", "를", "을", "을", "을"],
  );
  assert.deepEqual(
    ["buffer.Time", "out.File", "task-1", "in.FakeData"].map((name) => particle(name, "으로/로")),
    ["으로", "로", "로", "로"],
  );
  assert.deepEqual(
    ["", "!!", "🙂"].map((name) => particle(name, "은/는")),
    ["는", "는", "는"],
  );
});
