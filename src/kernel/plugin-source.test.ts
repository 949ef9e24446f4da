import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import { folder } from "#test/cli/run-dure.ts";
import type { TransformPlugin } from "#sdk/plugin.ts";
import { linesBatch, recordsOf, testContext } from "#sdk/testing.ts";
import { sourceOf } from "./plugin-source.ts";
import { createRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";

test("plugin source: what is imported by relative paths, in every way of writing it, and what that imports", async () => {
  await using here = folder();
  here.write(
    "plugins/A.ts",
    [
      'import { b } from "./b.ts";',
      'import type { T } from "./types.ts";',
      'export type { U } from "./more-types.ts";',
      'import type from "./named-type.js";',
      "import './effect.js'; import z from 'zod'; import { x } from 'dure/plugin'; import '/absolute.js';",
      'export * from "../lib/all.mjs";',
      'const later = await import("./later.js?again#x");',
      'import table from "./표.json" with { type: "json" };',
      "import {",
      "  c,",
      '} from "./b.ts";',
      'const text = "from ./nothing.js";',
    ].join("\n"),
  );
  here.write("plugins/b.ts", 'import "./A.ts"; import "./deep/c.ts";\n');
  here.write("plugins/deep/c.ts", 'import "./not-there.ts";\n');
  here.write("plugins/표.json", '{ "text": "import \\"./no-import.js\\"" }');
  const files = sourceOf(here.file("plugins/A.ts")).files.map((file) => relative(here.file("plugins"), file).replaceAll("\\", "/"));
  assert.equal(files[0], "A.ts");
  assert.deepEqual(files.toSorted(), ["../lib/all.mjs", "A.ts", "b.ts", "deep/c.ts", "deep/not-there.ts", "effect.js", "later.js", "named-type.js", "표.json"]);
});

test("plugin source: the code changes with any of the files, and with nothing else", async () => {
  await using here = folder();
  here.write("plugins/A.js", 'import "./b.js"; import "./c.js";');
  here.write("plugins/b.js", 'import "./d.js";');
  const code = (): string => sourceOf(here.file("plugins/A.js")).code;
  const seen = [code()];
  const is = (what: "new" | "as before", why: string): void => {
    const now = code();
    assert.equal(now === seen.at(-1), what === "as before", why);
    if (what === "new") assert.ok(!seen.includes(now), why);
    seen.push(now);
  };
  is("as before", "looked at again");
  here.write("plugins/d.js", "1");
  is("new", "an import that was not there");
  here.write("plugins/d.js", "2");
  is("new", "of an import, with the same length");
  here.write("plugins/other.js", "1");
  is("as before", "a file that is not imported");
  const now = new Date();
  for (const text of ["3", "4"]) {
    here.write("plugins/d.js", text);
    utimesSync(here.file("plugins/d.js"), now, now);
    is("new", `${text}, in the same moment as what was there before`);
  }
  here.write("plugins/d.js", 'import "./other.js";');
  is("new", "an import more");
  here.write("plugins/other.js", "2");
  is("new", "of the new import");
  rmSync(here.file("plugins/b.js"));
  is("new", "one is gone");
});

test("plugin source: imports of a linked file begin where it really lies", { skip: process.platform === "win32" && "links need a right there" }, async () => {
  await using here = folder();
  for (const version of ["v0", "v1"]) {
    here.write(`${version}/A.js`, 'import "./b.js";');
    here.write(`${version}/b.js`, version);
  }
  mkdirSync(here.file("plugins"));
  symlinkSync("v0", here.file("now"));
  symlinkSync("../now/A.js", here.file("plugins/A.js"));
  const before = sourceOf(here.file("plugins/A.js"));
  assert.equal(before.files.filter((file) => file.endsWith(join("v0", "b.js"))).length, 1);
  symlinkSync("v1", here.file("next"));
  renameSync(here.file("next"), here.file("now"));
  assert.notEqual(sourceOf(here.file("plugins/A.js")).code, before.code);
});

async function parsed(registry: Registry, name: string): Promise<unknown> {
  await using context = await testContext();
  const transform = await ((await registry.load(name)) as TransformPlugin).open({}, context);
  const batch = await transform.apply(linesBatch(context.pool, "x\n"), AbortSignal.timeout(60_000));
  const [record] = batch === undefined ? [] : recordsOf(batch);
  batch?.release();
  return record;
}

test("registry: a changed import has its plugins loaded anew; they share it as before, and another plugin stays as it was", async () => {
  await using here = folder();
  here.write("plugins/One.js", 'import { next } from "../lib/count.js";\nexport const parse = () => ({ one: next() });\n');
  here.write("plugins/Two.ts", 'import { next } from "../lib/again.ts";\nexport const parse = (line: string) => ({ two: next() });\n');
  here.write("plugins/Alone.js", "let count = 0;\nexport const parse = () => ({ alone: (count += 1) });\n");
  here.write("plugins/Common.js", "let count = 0;\nmodule.exports.parse = () => ({ common: (count += 1) });\n");
  here.write("lib/again.ts", 'export { next } from "./count.js";\nexport type Word = string;\n');
  here.write("lib/count.js", "let count = 0;\nexport const next = () => (count += 1);\n");
  const registry = createRegistry({});
  const files = ["One.js", "Two.ts", "Alone.js", "Common.js"].map((name) => here.file(`plugins/${name}`));
  await registry.addFolder(here.file("plugins"));
  const all = async (): Promise<unknown[]> => Promise.all(["One", "Two", "Alone", "Common"].map((name) => parsed(registry, `parse.${name}`)));
  const inTurn = async (): Promise<unknown[]> => {
    const records: unknown[] = [];
    for (const name of ["One", "Two", "Alone", "Common"]) records.push(await parsed(registry, `parse.${name}`));
    return records;
  };
  const codes = () => new Map(files.map((file) => basename(file).replace(/\..*/, "")).map((name) => [name, registry.codeOf(`parse.${name}`)]));
  assert.deepEqual(await inTurn(), [{ one: 1 }, { two: 2 }, { alone: 1 }, { common: 1 }]);
  const before = codes();
  here.write("lib/count.js", "let count = 100;\nexport const next = () => (count += 1);\n");
  here.write("plugins/Common.js", "let count = 100;\nmodule.exports.parse = () => ({ common: (count += 1) });\n");
  await registry.refreshFiles(files);
  assert.deepEqual(await inTurn(), [{ one: 101 }, { two: 102 }, { alone: 2 }, { common: 101 }]);
  assert.deepEqual([...codes()].filter(([name, code]) => code !== before.get(name)).map(([name]) => name), ["One", "Two", "Common"]);

  here.write("lib/count.js", "export const next = ;\n");
  await registry.refreshFiles(files);
  assert.deepEqual(registry.broken.map(({ file, message }) => [basename(file), /\((.*)\)$/.exec(message)?.[1]?.replaceAll("\\", "/")]).toSorted(), [["One.js", "../lib/count.js:1:21"], ["Two.ts", "../lib/count.js:1:21"]]);
  assert.equal((await all()).length, 4, "what was loaded goes on");
  here.write("lib/count.js", "let count = 0;\nexport const next = () => (count += 1);\n");
  await registry.refreshFiles(files);
  assert.deepEqual([registry.broken.length, await parsed(registry, "parse.One")], [0, { one: 3 }], "what it held first is what was loaded first");
});
