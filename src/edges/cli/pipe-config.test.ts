import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { pipeConfig } from "./pipe-config.ts";
import { createRegistry } from "#kernel/registry.ts";
import { PipeError } from "#kernel/config/pipe-string.ts";
import { readPipe } from "#kernel/config/pipe-steps.ts";

/** What a pipe string says, as the plain steps of a config. */
async function stepsOf(pipe: string): Promise<unknown> {
  const { text } = await pipeConfig(await readPipe(pipe, createRegistry({})), async (plugin) => (plugin === "filter.Where" ? "expression" : undefined));
  return (parse(text) as { pipelines: { try: unknown } }).pipelines.try;
}

const cases: readonly [string, unknown][] = [
  ["out.Stdout", ["out.Stdout"]],
  ["in.FakeData --type people --locale ko | out.Stdout", [{ "in.FakeData": { type: "people", locale: "ko" } }, "out.Stdout"]],
  ['in.A|filter.Where "r.age > 30"|out.B', ["in.A", { "filter.Where": "r.age > 30" }, "out.B"]],
  ["filter.Where 'r.a | r.b' --strict", [{ "filter.Where": { expression: "r.a | r.b", strict: true } }]],
  ["in.A --count=3 --flag --rate -5 --ratio 0.5", [{ "in.A": { count: 3, flag: true, rate: -5, ratio: 0.5 } }]],
  ['in.A --count "3" --name=\'a b\'', [{ "in.A": { count: "3", name: "a b" } }]],
  ["in.A --poll-every 500ms", [{ "in.A": { poll_every: "500ms" } }]],
  ["in.A --path a.log --path b.log", [{ "in.A": { path: ["a.log", "b.log"] } }]],
  ["out.A --tls.ca /etc/ca.pem --tls.verify false --ip 10.0.0.1", [{ "out.A": { tls: { ca: "/etc/ca.pem", verify: false }, ip: "10.0.0.1" } }]],
  [String.raw`in.A --path C:\logs\*.log --pattern "(?<n>\d+) \"x\" \\"`, [{ "in.A": { path: String.raw`C:\logs\*.log`, pattern: String.raw`(?<n>\d+) "x" ` + "\\" } }]],
  ["in.A --path *.log --note '' --key: x", [{ "in.A": { path: "*.log", note: "", "key:": "x" } }]],
  ["in.A --time a:b: --anchor '&x' --tag #1 --null-like {}", [{ "in.A": { time: "a:b:", anchor: "&x", tag: "#1", null_like: "{}" } }]],
  [String.raw`in.A a\|b\ c`, [{ "in.A": "a|b c" }]],
  ["in.A --text '--not-an-option'", [{ "in.A": { text: "--not-an-option" } }]],
  ["입력.가짜 --이름 김 | out.B", [{ "입력.가짜": { 이름: "김" } }, "out.B"]],
];
for (const [pipe, steps] of cases) {
  test(`pipe string: ${pipe}`, async () => assert.deepEqual(await stepsOf(pipe), steps));
}

const faults: readonly [string, PipeError["kind"], number][] = [
  ["", "empty", 0],
  ["  ", "empty", 0],
  ["in.A | | out.B", "step", 5],
  ["in.A |", "step", 5],
  ["| out.B", "step", 0],
  ["in.A 'open | out.B", "quote", 5],
  ["filter.Where r.age > 30", "second-bare", 19],
  ["in.A -- x", "option-name", 5],
  ["in.A --=x", "option-name", 5],
];
for (const [pipe, kind, start] of faults) {
  test(`pipe string: ${JSON.stringify(pipe)} is wrong at ${start}`, () => {
    return assert.rejects(readPipe(pipe, createRegistry({})), (error) => error instanceof PipeError && error.kind === kind && error.start === start);
  });
}

test("pipe string: whatever is typed gives steps or an error that points into it, and the text made of it is YAML", () =>
  fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom("a", "in.A", " ", "|", "'", '"', "\\", "--", "=", ".", ":", "#", "-", "가", "{", "*", "&", "1", "\t", "\n") }), async (pipe) => {
      try {
        await stepsOf(pipe);
      } catch (error) {
        assert.ok(error instanceof PipeError, String(error));
        assert.ok(0 <= error.start && error.start <= pipe.length && error.start < error.end);
      }
    }),
  ));

test("pipe string: any value survives when it is quoted", () =>
  fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (value) => {
      const quoted = `"${value.replace(/["\\]/g, "\\$&")}"`;
      assert.deepEqual(await stepsOf(`in.A --value ${quoted}`), [{ "in.A": { value } }]);
    }),
  ));

test("pipe string: a place in the config text leads back to the piece it was made of", async () => {
  const pipe = "in.FakeData --typ people | out.Stdot";
  const config = await pipeConfig(await readPipe(pipe, createRegistry({})), async () => undefined);
  const pieceOf = (text: string) => {
    const before = config.text.slice(0, config.text.indexOf(text));
    return config.pieceAt(before.split("\n").length, before.length - before.lastIndexOf("\n"))?.text;
  };
  assert.deepEqual(["in.FakeData", "typ", "people", "out.Stdot"].map(pieceOf), ["in.FakeData", "--typ", "people", "out.Stdot"]);
});
