import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { checkConfig } from "./config/check.ts";
import { marks } from "./config/testing.ts";
import { createRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";

const plugin = (define: string, name: string) => `import { ${define}, z } from "dure/plugin";
export default ${define}({ name: "${name}", summary: { en: "x", ko: "x" }, options: z.strictObject({ by: z.number().default(1) }), open: async () => { throw new Error("not here"); } });
`;
const manifest = (dure: unknown, more: object = {}) => JSON.stringify({ name: "x", type: "module", dure, ...more }, null, 1);

async function withFiles(files: Readonly<Record<string, string>>, use: (dir: string, registry: Registry) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "dure-packages-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, dirname(name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    const registry = createRegistry({});
    await registry.addFolder(join(dir, "plugins"));
    await use(dir, registry);
  } finally {
    await rm(dir, { recursive: true });
  }
}
const brokenIn = (dir: string, { broken }: Registry) => broken.map(({ file, line, column, reason }) => `${relative(dir, file).replaceAll("\\", "/")} ${line}:${column} ${reason}`).sort();

test("plugin packages: names come from manifests; only what is used is imported", () =>
  withFiles(
    {
      "node_modules/dure-plugin-syslog/package.json": manifest({ apiVersion: 1, plugins: { "in.Syslog": "./dist/in.js", "parse.Syslog": "dist/parse.js" } }),
      "node_modules/dure-plugin-syslog/dist/in.js": plugin("defineInput", "Syslog"),
      "node_modules/dure-plugin-syslog/dist/parse.js": "globalThis.wasParseImported = true;\n",
      "node_modules/@회사/dure-plugin-x/package.json": manifest({ plugins: { "out.엑스": "x.js" } }),
      "node_modules/@회사/dure-plugin-x/x.js": plugin("defineOutput", "엑스"),
      "node_modules/swak-plugin-old/package.json": manifest({ plugins: { "filter.Old": "x.js" } }),
      "node_modules/swak-plugin-old/x.js": "throw new Error('not asked for');\n",
      "node_modules/other/package.json": manifest({ plugins: { "in.Other": "x.js" } }),
    },
    async (dir, registry) => {
      assert.deepEqual(registry.names(), ["in.Syslog", "parse.Syslog", "filter.Old", "out.엑스"]);
      assert.deepEqual((await registry.load("in.Syslog")).options.parse({}), { by: 1 });
      assert.equal(relative(dir, registry.fileOf("in.Syslog") ?? "").replaceAll("\\", "/").endsWith("node_modules/dure-plugin-syslog/dist/in.js"), true);
      assert.ok(!("wasParseImported" in globalThis), "the other plugin of the package was left alone");
      assert.deepEqual(registry.broken, []);
      await assert.rejects(registry.load("filter.Old"), /there is no plugin filter\.Old/);
      assert.match(registry.brokenFor("filter.Old")?.message ?? "", /not asked for/);
      // What a checked config uses reaches a thread as a file, and brings its plugin with it there.
      const thread = createRegistry({});
      await thread.addFiles([registry.fileOf("out.엑스") ?? ""]);
      assert.equal((await thread.load("out.엑스")).name, "엑스");
    },
  ));

test("plugin packages: folders of plugins/ by manifest, by index and by function, in TypeScript and JavaScript", () =>
  withFiles(
    {
      "plugins/swak_plugin_boo/index.ts": `${plugin("defineOutput", "Boo").replace("export default", "const boo: unknown =")}export default [boo];\n`,
      "plugins/mine/index.js": "export const parse = (line) => ({ line });\n",
      "plugins/dure-plugin-cut/index.ts": "export function filter(record: object): boolean { return record !== null; }\n",
      "plugins/many/package.json": manifest({ plugins: { "in.A": "src/a.ts", "in.B": "src/b.ts" } }),
      "plugins/many/src/a.ts": plugin("defineInput", "A"),
      "plugins/many/src/b.ts": plugin("defineInput", "B"),
      "plugins/shared/words.ts": "export const words = 1;\n",
      "plugins/_drafts/index.ts": "throw 1;\n",
      "plugins/Single.ts": "export function parse(line: string) { return { line }; }\n",
    },
    async (_, registry) => {
      assert.deepEqual(registry.names(), ["in.A", "in.B", "parse.mine", "parse.Single", "filter.cut", "out.Boo"]);
      assert.deepEqual(registry.broken, []);
      assert.deepEqual(registry.hiding, []);
      for (const name of registry.names()) assert.ok((await registry.get(name)) !== undefined, name);
    },
  ));

test("plugin packages: each bad one is said at its place and hides no other", () =>
  withFiles(
    {
      "plugins/swak_plugin_empty/readme.md": "",
      "plugins/json/package.json": "{",
      "plugins/new/package.json": manifest({ apiVersion: 2, plugins: { "in.New": "x.js" } }),
      "plugins/map/package.json": manifest({ plugins: ["x.js"] }),
      "plugins/name/package.json": manifest({ plugins: { Name: "x.js" } }),
      "plugins/outside/package.json": manifest({ plugins: { "in.Outside": "../x.js" } }),
      "plugins/none/package.json": manifest(undefined),
      "plugins/throws/index.js": "throw new Error('boom');\n",
      "plugins/liar/package.json": manifest({ plugins: { "in.Liar": "x.js" } }),
      "plugins/liar/x.js": plugin("defineInput", "Honest"),
      "plugins/good/index.js": "export const parse = (line) => ({ line });\n",
      "node_modules/dure-plugin-gone/package.json": manifest({ plugins: { "in.Gone": "x.js" } }),
    },
    async (dir, registry) => {
      assert.deepEqual(registry.names(), ["in.Gone", "in.Liar", "parse.good"]);
      assert.deepEqual(brokenIn(dir, registry), [
        "plugins/json/package.json 1:1 broken",
        "plugins/map/package.json 5:3 broken",
        "plugins/name/package.json 6:4 broken",
        "plugins/new/package.json 5:3 broken",
        "plugins/none/package.json 2:2 empty",
        "plugins/outside/package.json 6:4 broken",
        "plugins/swak_plugin_empty 1:1 empty",
        "plugins/throws/index.js 1:7 broken",
      ]);
      assert.match(registry.brokenFor("in.New")?.message ?? "", /version 2 .* has version 1/);
      assert.equal(await registry.get("in.Liar"), undefined);
      assert.match(registry.brokenFor("in.Liar")?.message ?? "", /in\.Liar, which it does not/);
      assert.equal(await registry.get("in.Gone"), undefined);
      assert.equal((await registry.list()).some(({ fullName }) => fullName === "parse.good"), true);
    },
  ));

test("plugin packages: a config that needs a bad one has an error there, another a warning", () =>
  withFiles(
    {
      "plugins/new/package.json": manifest({ apiVersion: 2, plugins: { "in.New": "x.js" } }),
      "node_modules/dure-plugin-boo/package.json": manifest({ plugins: { "in.Boo": "x.js", "out.Boo": "out.js" } }),
      "node_modules/dure-plugin-boo/x.js": plugin("defineInput", "Boo"),
      "node_modules/dure-plugin-boo/out.js": plugin("defineOutput", "Boo"),
    },
    async (dir) => {
      const check = (text: string) => checkConfig({ file: join(dir, "dure.yml"), text, registry: createRegistry({}), env: {} });
      const used = await check("sources: [i.boo --by 2 | o.boo]\n");
      assert.deepEqual(marks(used), ["DURE501 5:3 w"]);
      assert.deepEqual(used.plan?.pluginFiles.map((file) => file.slice(file.lastIndexOf("dure-plugin-boo"))).sort(), [join("dure-plugin-boo", "out.js"), join("dure-plugin-boo", "x.js")]);
      const needed = await check("pipelines: { a: [in.New, out.Boo] }\n");
      assert.deepEqual(marks(needed), ["DURE501 5:3"]);
      assert.equal(needed.plan, undefined);
    },
  ));

test("plugin packages: a linked one that lies elsewhere is found, and said when it is broken", { skip: process.platform === "win32" }, () =>
  withFiles(
    { "elsewhere/package.json": manifest({ plugins: { "in.Far": "x.js" } }), "elsewhere/x.js": "nonsense(\n", "home/node_modules/dure-plugin-nothing/package.json": manifest({ plugins: {} }) },
    async (dir) => {
      await symlink(join(dir, "elsewhere"), join(dir, "home", "node_modules", "dure-plugin-far"));
      const registry = createRegistry({});
      const { problems, plan } = await checkConfig({ file: join(dir, "home", "dure.yml"), text: "pipelines: { a: [in.Far] }\n", registry, env: {} });
      assert.equal(plan, undefined);
      assert.deepEqual(problems.filter(({ severity }) => severity === "error").map(({ code }) => code), ["DURE303", "DURE501"]);
    },
  ));
