// Every built-in parser keeps what all parsers promise. One without an arrangement fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parserConformance } from "#sdk/conformance/parser.ts";
import type { ParserUnderTest } from "#sdk/conformance/parser.ts";
import type { StepPlugin } from "#sdk/conformance/stream.ts";
import { builtInPlugins } from "#plugins/all.ts";

const ARRANGED: Readonly<Record<string, Omit<ParserUnderTest, "plugin">>> = {
  "parse.Csv": { options: { columns: ["이름", "n"], types: { n: "integer" } }, good: [{ line: '"가, 나",1', record: { 이름: "가, 나", n: 1 } }, { line: "b,2", record: { 이름: "b", n: 2 } }], fault: '"a,1' },
  "parse.Grok": { options: { pattern: "^%{WORD:level} %{NUMBER:n:int} %{GREEDYDATA:text}$" }, good: [{ line: "info 1 하나", record: { level: "info", n: 1, text: "하나" } }, { line: "warn 2 b c", record: { level: "warn", n: 2, text: "b c" } }], fault: "!" },
  "parse.Json": { good: [{ line: '{"a":1,"글":"가\\n"}', record: { a: 1, 글: "가\n" } }, { line: '{"b":{"c":[true,null]}}', record: { b: { c: [true, null] } } }], fault: '{"a":' },
  "parse.KeyValue": { options: { pair_separator: ";", key_separator: ":" }, good: [{ line: "a:1; 글:값", record: { a: "1", 글: "값" } }, { line: 'b:"x;y"', record: { b: "x;y" } }], fault: "no pair at all" },
  "parse.Logfmt": { good: [{ line: 'level=info msg="올라 왔다" up', record: { level: "info", msg: "올라 왔다", up: true } }, { line: "a=1", record: { a: "1" } }], fault: 'a="no end' },
  "parse.Ltsv": { good: [{ line: "a:1\t글:값", record: { a: "1", 글: "값" } }, { line: "b:", record: { b: "" } }], fault: "no label" },
  "parse.MultiLine": { options: { start: "^\\S" }, good: [{ line: "하나", record: { message: "하나" } }, { line: "two", record: { message: "two" } }] },
  "parse.Regex": { options: { pattern: "^(?<level>[a-z]+) (?<text>.*)$" }, good: [{ line: "info 하나", record: { level: "info", text: "하나" } }, { line: "warn b c", record: { level: "warn", text: "b c" } }], fault: "!" },
  "parse.Syslog": { good: [{ line: "<34>1 2026-11-22T01:02:03Z host app 12 id - 본문", record: { pri: 34, facility: "auth", facility_code: 4, severity: "crit", severity_code: 2, host: "host", ident: "app", pid: "12", msgid: "id", message: "본문" } }], fault: "no priority" },
  "parse.Tsv": { options: { columns: ["a", "b"] }, good: [{ line: "1\t가", record: { a: "1", b: "가" } }, { line: "2\tb", record: { a: "2", b: "b" } }] },
  "parse.Xml": { good: [{ line: '<e a="1"><b>가</b></e>', record: { a: "1", b: "가" } }, { line: "<e><c>2</c></e>", record: { c: "2" } }], fault: "<e>" },
};

for (const [name, { load }] of Object.entries(builtInPlugins)) {
  if (!name.startsWith("parse.")) continue;
  const arranged = ARRANGED[name];
  if (arranged === undefined) test(`${name} conforms`, () => assert.fail(`${name} has no arrangement: write one in this file`));
  else parserConformance({ plugin: (await load()) as unknown as StepPlugin, ...arranged });
}
