// `dure doctor --bundle`: with a name, without one, and whatever stands behind it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { parseArguments } from "#edges/cli/arguments.ts";
import { folder } from "./run-dure.ts";

const CONFIG = "pipelines:\n  hello:\n    - in.FakeData\n    - out.Null\n";
const NAME = /^dure-report-\d{8}T\d{6}\.zip$/;

test("doctor: --bundle without a name makes one in this folder and says where it is; a config behind it is the config", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const { stderr } = await here.dure(["doctor", "--bundle", "dure.yml"]);
  const [file = "", ...others] = readdirSync(here.path).filter((name) => name.endsWith(".zip"));
  assert.deepEqual(others, []);
  assert.match(file, NAME);
  assert.ok(stderr.includes(file), stderr);
  assert.equal(readFileSync(here.file(file)).subarray(0, 2).toString(), "PK");
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), CONFIG);

  const { bundle } = JSON.parse((await here.dure(["doctor", "--bundle", "--json"])).stdout) as { bundle: string };
  assert.equal(realpathSync(dirname(bundle)), realpathSync(here.path));
  assert.equal(readdirSync(here.path).filter((name) => NAME.test(name)).length, 2, "none is written over another");

  writeFileSync(here.file("mine.zip"), "old");
  assert.match((await here.dure(["doctor", "--bundle", "mine.zip"])).stderr, /mine\.zip/);
  assert.equal(readFileSync(here.file("mine.zip")).subarray(0, 2).toString(), "PK");
});

for (const [words, options, args] of [
  [["doctor", "--bundle"], { bundle: "" }, []],
  [["doctor", "--bundle", "report.zip"], { bundle: "report.zip" }, []],
  [["doctor", "--bundle=report.yml"], { bundle: "report.yml" }, []],
  [["doctor", "--bundle", "dure.yml"], { bundle: "" }, ["dure.yml"]],
  [["doctor", "--bundle", "--json"], { bundle: "", json: true }, []],
  [["--bundle", "-c", "a.yml", "doctor"], { bundle: "", config: ["a.yml"] }, []],
] as const) {
  test(`arguments: ${words.join(" ")}`, () => {
    const parsed = parseArguments(words);
    assert.equal(parsed.command?.name, "doctor");
    assert.deepEqual(parsed.args, args);
    for (const [name, value] of Object.entries(options)) assert.deepEqual(parsed.options[name], value, name);
  });
}
