// `dure create`, as a user calls it; that the configs hold for every plugin is tested beside commented-config.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder } from "./run-dure.ts";

test("create: what it prints is a config without a fault, in the language of the reader", async () => {
  await using here = folder();
  const { code, stdout, stderr } = await here.dure(["create", "in.FileTail/parse.Regex/out.Fluentd", "--lang", "ko"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /# .*[가-힣]/);
  here.write("dure.yml", stdout);
  const { code: valid, stderr: said } = await here.dure(["validate", "--no-environment", "--deny-warnings"]);
  assert.equal(valid, 0, said);
});

test("create: names in any case, old names, other separators, plugins of the user's own", async () => {
  await using here = folder();
  here.write("plugins/MyLogParser.js", "export const parse = (line) => ({ line });\n");
  const { stdout, code } = await here.dure(["create", "i.dummy | parse.MyLogParser | out.LinedBuffer | OUT.STDOUT"]);
  assert.equal(code, 0);
  assert.deepEqual(stdout.match(/(?<=^ {4}- )[\w.]+/gm), ["in.Dummy", "parse.MyLogParser", "buffer.Lines", "out.Stdout"]);
});

for (const [chain, said] of [
  ["in.FileTial/out.Null", /no plugin `in\.FileTial`\n.*did you mean `in\.FileTail`\?/],
  ["in.Stdin/Fluentd", /did you mean `out\.Fluentd`\?/],
  ["in.Stdin//out.Null", /no plugin ``\n.*see `dure list`/],
  ["in.FileTail/out.Xyzzyplugh", /see `dure list`/],
] as const) {
  test(`create: wrong use: ${chain}`, async () => {
    await using here = folder();
    const { code, stdout, stderr } = await here.dure(["create", chain]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, said);
  });
}
