import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { Batch } from "#dataplane/batch.ts";
import { passedWithoutMemory } from "#sdk/conformance/stream.ts";
import type { TransformPlugin } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, recordsOf, testContext } from "#sdk/testing.ts";
import { createRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";
import { simpleFilter, simpleParse } from "./simple-plugins.ts";
import { PluginFileError } from "./user-plugins.ts";

async function withFiles(files: Readonly<Record<string, string>>, use: (registry: Registry, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "dure-plugins-"));
  try {
    await mkdir(join(dir, "plugins"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, "plugins", name), text);
    const registry = createRegistry({});
    await registry.addFolder(join(dir, "plugins"));
    await use(registry, join(dir, "plugins"));
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function opened(registry: Registry, name: string) {
  const context = await testContext();
  const plugin = (await registry.load(name)) as TransformPlugin;
  return { context, transform: await plugin.open({}, context), signal: new AbortController().signal };
}

const DEFINED = `import { defineParse, z } from "dure/plugin";
export default defineParse({
  name: "Upper", summary: { en: "x", ko: "x" }, options: z.strictObject({ by: z.number().default(1) }),
  open: async () => ({ apply: (batch) => batch }),
});
`;

test("user plugins: functions and definitions, in TypeScript and JavaScript, are found by name", () =>
  withFiles(
    {
      "MyLogParser.ts": "export function parse(line: string): Record<string, unknown> | undefined { return { line }; }\n",
      "Keep.js": "export const filter = (record) => record.n > 1;\n",
      "both.mjs": "export const parse = () => ({}); export const filter = () => true;\n",
      "old.js": "module.exports.parse = (line) => ({ line });\n",
      "defined.ts": DEFINED,
      "notes.md": "no plugin",
      "_part.ts": "throw 1",
      "x.test.ts": "throw 1",
      "types.d.ts": "export type X = 1",
    },
    async (registry, dir) => {
      assert.deepEqual(registry.names(), ["parse.both", "parse.MyLogParser", "parse.old", "parse.Upper", "filter.both", "filter.Keep"]);
      assert.deepEqual(registry.broken, []);
      assert.equal(registry.fileOf("parse.Upper"), join(dir, "defined.ts"));
      assert.deepEqual((await registry.load("parse.Upper")).options.parse({}), { by: 1 });
      await assert.rejects(registry.load("parse.Nope"), { code: "USAGE" });
    },
  ));

test("user plugins: a broken file is said with its line and stops no other", () =>
  withFiles(
    {
      "Good.ts": "export function parse(line: string) { return { line }; }\n",
      "Type.ts": "export function parse(line: string) {\n  return { a: line ;\n}\n",
      "Plain.js": "export function parse(line) {\n  return { a line };\n}\n",
      "Enum.ts": "\nenum A { B }\nexport function parse() {}\n",
      "Throws.ts": "export function parse() {}\n  throw new Error('boom');\n",
      "Import.ts": 'import { nope } from "node:fs";\nexport function parse() { return nope; }\n',
      "Missing.ts": 'import x from "no-such-package";\nexport function parse() { return x; }\n',
      "Empty.ts": "export const answer = 42;\n",
    },
    async (registry) => {
      assert.deepEqual(registry.names(), ["parse.Good"]);
      const places = registry.broken.map(
        (error) => `${error.file.slice(error.file.lastIndexOf("/") + 1).replace(/^.*\\/, "")} ${error.line}:${error.column} ${error.reason}`,
      );
      assert.deepEqual(places.sort(), [
        "Empty.ts 1:1 empty",
        "Enum.ts 2:1 broken",
        "Import.ts 1:10 broken",
        "Missing.ts 1:1 broken",
        "Plain.js 2:14 broken",
        "Throws.ts 2:9 broken",
        "Type.ts 2:20 broken",
      ]);
      assert.ok(registry.brokenFor("out.Throws") instanceof PluginFileError);
      assert.match(registry.brokenFor("parse.Throws")?.message ?? "", /boom/);
      await assert.rejects(registry.load("parse.Throws"), /parse\.Throws/);
    },
  ));

test("user plugins: a package.json beside them that does not say their kind makes no noise", async () => {
  const heard: string[] = [];
  const hear = (warning: Error) => void heard.push(warning.message);
  process.on("warning", hear);
  const module = "export const parse = (line) => ({ line });\n";
  await withFiles(
    { "package.json": "{}", "A.js": module, "B.ts": "export const parse = (line: string) => ({ line });\n", "C.js": "exports.parse = () => ({});\n" },
    async (registry) => {
      await new Promise((resolve) => setImmediate(resolve));
      process.off("warning", hear);
      assert.deepEqual([registry.names(), registry.broken, heard], [["parse.A", "parse.B", "parse.C"], [], []]);
    },
  );
});

test("user plugins: one in front of a built-in one is used and named", async () => {
  await withFiles({ "Regex.js": "export const parse = () => ({});\n" }, async (_, dir) => {
    const registry = createRegistry({ "parse.Regex": { load: async () => assert.fail("the built-in one is not wanted") } });
    await registry.addFolder(dir);
    assert.equal((await registry.load("parse.Regex")).name, "Regex");
    assert.deepEqual(
      registry.hiding.map(({ fullName }) => fullName),
      ["parse.Regex"],
    );
  });
});

test("user plugins: a parser makes records of lines; what it does not know stays as a line", () =>
  withFiles(
    {
      "Kv.ts":
        "export function parse(line: string) {\n  if (line === 'bad') throw new Error('bad');\n  if (line === '') return undefined;\n  const [key, value] = line.split('=');\n  return key === 'at' ? { time: new Date(Number(value)), at: true } : value === undefined ? undefined : { [String(key)]: value };\n}\n",
    },
    async (registry) => {
      const { context, transform, signal } = await opened(registry, "parse.Kv");
      await using _ = context;
      const batch = await transform.apply(linesBatch(context.pool, "a=1\r\n한글=값\nbad\n\nnothing\nat=5000\nz=9"), signal);
      assert.ok(batch instanceof Batch);
      assert.deepEqual(recordsOf(batch), [{ a: "1" }, { 한글: "값" }, { message: "bad" }, { message: "" }, { message: "nothing" }, { at: true }, { z: "9" }]);
      assert.deepEqual([batch.timeMs(5), batch.timeMs(0)], [5000, batch.facts.seconds * 1000]);
      assert.deepEqual([context.counts.get("lines_unmatched_total"), context.counts.get("plugin_errors_total")], [3, 1]);
      assert.deepEqual(
        context.said.map(({ level, fields }) => [level, fields["failed"]]),
        [["warn", 1]],
      );
      batch.release();
      const again = await transform.apply(recordsBatch(context.pool, [{ message: "k=v", host: "h" }, { host: "i" }]), signal);
      assert.deepEqual(again === undefined ? [] : recordsOf(again), [{ host: "h", k: "v" }, { host: "i" }]);
      again?.release();
      assert.equal(context.pool.usedBytes, 0);
    },
  ));

test("user plugins: a filter keeps, drops and replaces; what it throws for is kept", () =>
  withFiles(
    {
      "Keep.js": "export function filter(record) { if (record.n === 2) throw new Error('two'); return record.n < 3; }\n",
      "Change.js": "export const filter = (record) => (record.n === 1 ? true : record.n === 2 ? { ...record, m: 1 } : undefined);\n",
      "None.js": "export const filter = () => false;\n",
    },
    async (registry) => {
      for (const [name, left] of [
        ["filter.Keep", [{ n: 1 }, { n: 2 }]],
        ["filter.Change", [{ n: 1 }, { n: 2, m: 1 }]],
        ["filter.None", []],
      ] as const) {
        const { context, transform, signal } = await opened(registry, name);
        await using _ = context;
        const batch = await transform.apply(recordsBatch(context.pool, [{ n: 1 }, { n: 2 }, { n: 3 }]), signal);
        assert.deepEqual(batch === undefined ? [] : recordsOf(batch), left, name);
        batch?.release();
        assert.equal(context.pool.usedBytes, 0);
      }
    },
  ));

test("user plugins: they load in a worker thread too", () =>
  withFiles({ "defined.ts": DEFINED }, async (_, dir) => {
    const code = `
      import { createRegistry } from ${JSON.stringify(new URL("./registry.ts", import.meta.url).href)};
      import { loadUserPlugins } from ${JSON.stringify(new URL("./user-plugins.ts", import.meta.url).href)};
      import { parentPort } from "node:worker_threads";
      const registry = createRegistry({});
      await loadUserPlugins(registry, [${JSON.stringify(join(dir, "defined.ts"))}]);
      parentPort.postMessage((await registry.load("parse.Upper")).name);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    const name = await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    assert.equal(name, "Upper");
    await worker.terminate();
  }));

test("a function that remembers what it saw sees no record twice because there was no memory", async () => {
  const seen = new Set<unknown>();
  const once = (value: unknown): void => {
    assert(!seen.has(value), `${String(value)} is seen twice`);
    seen.add(value);
  };
  const begun = <Made>(batches: Made): Made => (seen.clear(), batches);
  const parse = simpleParse("Once", (line) => (once(line), { n: Number(line) })) as TransformPlugin;
  const keep = simpleFilter("Odd", ({ n }) => (once(n), Number(n) % 2 === 1)) as TransformPlugin;
  const change = simpleFilter("Changed", ({ n }) => (once(n), { n, isOdd: Number(n) % 2 === 1 })) as TransformPlugin;
  await passedWithoutMemory(parse, {}, (pool) => begun([linesBatch(pool, "1\n2\n3"), recordsBatch(pool, [{ message: "4" }])]));
  for (const plugin of [keep, change]) await passedWithoutMemory(plugin, {}, (pool) => begun([recordsBatch(pool, [{ n: 1 }, { n: 2 }, { n: 3 }]), recordsBatch(pool, [{ n: 4 }])]));
});
