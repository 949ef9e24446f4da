// Lines of EventFlow, as its users wrote them, and those that it could not understand.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OldGrammarError, readFilters, readItems, readNames, readPairs, readTasks, readWithRest } from "./old-grammar.ts";

const types = new Set(["process", "talend"]);
const task = (command: string, more = {}) => ({ type: "process", name: "etl", command, ...more });

for (const [line, meant] of [
  ["process:etl:python3 etl.py", [task("python3 etl.py")]],
  ["process:etl:curl http://10.0.0.1:80/a,b", [task("curl http://10.0.0.1:80/a,b")]],
  ["process:etl:sh -c 'echo a:b, c'", [task("sh -c 'echo a:b, c'")]],
  [`process:etl:"my tool" --x 1`, [task(`"my tool" --x 1`)]],
  [`process:etl:"a, process:b:c"`, [task("a, process:b:c")]],
  ["process:etl:a,process:b:c d, talend:t::x.zip:AAAA", [task("a"), { type: "process", name: "b", command: "c d" }, { type: "talend", name: "t", command: "", upload: { fileName: "x.zip", base64: "AAAA" } }]],
  ["process:etl:python3 etl.py:etl.py:aGVsbG8=", [task("python3 etl.py", { upload: { fileName: "etl.py", base64: "aGVsbG8=" } })]],
  [`process:etl:"python3 etl.py 'a:b'":etl.py:aGVsbG8=,process:b:c`, [task("python3 etl.py 'a:b'", { upload: { fileName: "etl.py", base64: "aGVsbG8=" } }), { type: "process", name: "b", command: "c" }]],
  ["process:etl:date +%H:%M:%S", [task("date +%H:%M:%S")]],
  ["process:etl:run --at 10:30:0000", [task("run --at 10:30:0000")]],
] as const) test(`old grammar: set task ${line}`, () => assert.deepEqual(readTasks(line, types), meant));

for (const line of ["", "process", "process:etl", ":a:b", "process::x", `process:a:"b":c`]) test(`old grammar: no task: ${line}`, () => assert.throws(() => readTasks(line, types), OldGrammarError));

for (const [line, fields, meant] of [
  ["etl:see http://a,b|c: d", 1, ["etl", "see http://a,b|c: d"]],
  [`etl:{"at":"10:00","b":[1,2]}`, 1, ["etl", `{"at":"10:00","b":[1,2]}`]],
  [`etl:"  blanks  "`, 1, ["etl", "  blanks  "]],
  [`etl:'it is "so"'`, 1, ["etl", `it is "so"`]],
  [`etl:C:\\temp\\x`, 1, ["etl", `C:\\temp\\x`]],
  [`"a:b":c`, 1, ["a:b", "c"]],
  ["a\\:b:c", 1, ["a:b", "c"]],
  ["1,2 */5 * * 0:etl:run at 10:00", 2, ["1,2 */5 * * 0", "etl", "run at 10:00"]],
  ["etl:", 1, ["etl", ""]],
] as const) test(`old grammar: the rest of the line: ${line}`, () => assert.deepEqual(readWithRest(line, fields, ""), meant));

test("old grammar: names, alternatives, pairs and filters", () => {
  assert.deepEqual(readNames(`a, b ,"c,d",'e f',`), ["a", "b", "c,d", "e f"]);
  assert.deepEqual(readItems(`share:a|"b|c":d,broad:e:f\\|g`), [[["share"], ["a", "b|c"], ["d"]], [["broad"], ["e"], ["f|g"]]]);
  assert.deepEqual(readPairs(`kill wait time:20,announcer result api:/a:b, event save file:"/x,y"`), [{ key: "kill wait time", value: "20" }, { key: "announcer result api", value: "/a:b" }, { key: "event save file", value: "/x,y" }]);
  assert.deepEqual(readFilters(`-t etl,"a -s b" -s ACT`, "ts"), { t: ["etl", "a -s b"], s: ["ACT"] });
  assert.deepEqual(readFilters("-k kill wait time,flask-port", "k"), { k: ["kill wait time", "flask-port"] });
  assert.deepEqual(readFilters("etl,load", "t"), { "": ["etl", "load"] });
  assert.throws(() => readFilters("-z 1", "t"), OldGrammarError);
});

const hostile = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(":", ",", "|", '"', "'", "\\", " ", "-t", "process", "a", "한") }, fc.string({ unit: "binary" })), { maxLength: 40 }).map((parts) => parts.join(""));

test("old grammar: whatever is written is understood, or refused in words", () =>
  fc.assert(
    fc.property(hostile, (line) => {
      for (const read of [readItems, readNames, readPairs, (text: string) => readTasks(text, types), (text: string) => readWithRest(text, 1, "x"), (text: string) => readFilters(text, "ts")]) {
        try {
          read(line);
        } catch (error) {
          assert(error instanceof OldGrammarError, `${JSON.stringify(line)}: ${String(error)}`);
        }
      }
    }),
  ));

test("old grammar: whatever a message, a name or a command holds survives in quotes", () =>
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\r\n]/.test(text)), (text) => {
      const quoted = `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
      assert.deepEqual(readWithRest(`etl:${quoted}`, 1, ""), ["etl", text]);
      assert.deepEqual(readTasks(`process:etl:${quoted},process:b:c`, types)[0], task(text));
      if (text.trim() !== "") assert.deepEqual(readItems(`share:${quoted}|b:c`), [[["share"], [text, "b"], ["c"]]]);
    }),
  ));
