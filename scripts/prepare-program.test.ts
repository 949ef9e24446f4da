// What is loaded in place of a source says the same as the source, line by line.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { stripTypeScriptTypes } from "node:module";
import { runInNewContext } from "node:vm";
import fc from "fast-check";

const ROOT = join(import.meta.dirname, "..");
const { preparedText } = (await import(new URL("./prepare-program.mjs", import.meta.url).href)) as { preparedText: (source: string) => string | undefined };
const { programModules } = (await import(new URL("./setup/program.mjs", import.meta.url).href)) as { programModules: () => readonly string[] };

for (const [what, source, wanted] of [
  ["types and comments go, lines stay", "// Why.\ninterface A { readonly a: 1 }\nexport const f = (a: A): number => a.a; // Because.\n", "\n\nexport const f=(a)=>a.a;"],
  ["a comment over lines ends a line", "let a = 1 /* one\ntwo */ let b = 2\n", "let a=1\nlet b=2"],
  ["Korean is written in codes, in texts and patterns", "const a = '값', b = `값 ${a} 끝`, c = /[가-힣]😀/u;", "const a='\\uac12',b=`\\uac12 ${a} \\ub05d`,c=/[\\uac00-\\ud7a3]\\ud83d\\ude00/u;"],
  ["spaces in texts stay, and between words", "const a = ` b  ${ 1 }  c `; typeof a; a - -1; a / 2 / 1", "const a=` b  ${ 1}  c `;typeof a;a - -1;a / 2 / 1"],
  ["a regular expression is none of two divisions", "const f = () => { if (a) /b  c/.test(a); }; }".slice(0, -2), "const f=()=>{if(a)/b  c/.test(a);};"],
  ["a name that is not ASCII leaves the module as it is", "const 값 = 1;", undefined],
  ["a text of which the writing counts leaves it, too", "const a = String.raw`값`;", undefined],
  ["one beside such a text does not", "const a = String.raw`\\d${`값`}`;", "const a=String.raw`\\d${`\\uac12`}`;"],
  ["a backslash before Korean leaves it, too", "const a = '\\값';", undefined],
] as const)
  test(`prepare-program: ${what}`, () => assert.equal(preparedText(source), wanted));

test("prepare-program: whatever a text says, it says the same", () =>
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (one, other) => {
      const source = `(${JSON.stringify(one)}) + \`${other.replace(/[\\`$]/g, "\\$&")}\` /* ${one.replaceAll("*/", "")} */`;
      const prepared = preparedText(source);
      assert.ok(prepared !== undefined && /^[\0-\x7f]*$/.test(prepared));
      assert.equal(runInNewContext(prepared), runInNewContext(stripTypeScriptTypes(source)));
    }),
  ));

test("prepare-program: all of the program is prepared, but for what is loaded before it could be, which loads nothing else", () => {
  const modules = programModules();
  assert.ok(modules.length > 100);
  const asTheyAre = modules.filter((file) => preparedText(readFileSync(file, "utf8")) === undefined).map((file) => relative(join(ROOT, "src"), file).replaceAll("\\", "/"));
  assert.deepEqual(asTheyAre, ["capabilities/config/config-process.ts", "capabilities/jobs/worker/thread-start.ts", "capabilities/jobs/worker/worker-start.ts", "capabilities/processes/types/run-type.ts", "daemon/jobs-thread-start.ts", "daemon/process-thread-start.ts", "daemon/thread-start.ts", "kernel/lean-imports.ts", "main.ts", "plugins/parse/grok/base-patterns.ts"]);
  for (const name of asTheyAre.slice(0, 4)) {
    const imported = [...readFileSync(join(ROOT, "src", name), "utf8").matchAll(/^import (?!type ).* from "([#.].*)";$/gm)].map(([, specifier]) => specifier);
    assert.deepEqual(imported, name === "kernel/lean-imports.ts" ? [] : ["#kernel/lean-imports.ts"], name);
  }
});
