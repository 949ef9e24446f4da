import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { builtInPlugins } from "#plugins/all.ts";
import type { Plugin } from "#sdk/plugin.ts";
import { checkConfig } from "./config/check.ts";
import { jsonSchema } from "./config/editor-schema.ts";
import { fixtureTable } from "./config/testing.ts";
import { describePlugin } from "./describe.ts";
import { createRegistry } from "./registry.ts";

for (const [fullName, entry] of Object.entries(builtInPlugins)) {
  test(`registry: ${fullName} is what the table says, and every option is described in both languages`, async () => {
    const plugin = (await entry.load()) as unknown as Plugin;
    assert.equal(`${plugin.kind}.${plugin.name}`, fullName);
    assert.deepEqual([...(plugin.aliases ?? [])], "aliases" in entry ? [...entry.aliases] : []);
    assert.deepEqual([...(plugin.otherNames ?? [])], "otherNames" in entry ? [...entry.otherNames] : []);
    for (const text of [plugin.summary.en, plugin.summary.ko]) assert.notEqual(text, "");
    assert.notEqual(plugin.example ?? "", "", "it has an example");
    const schema = z.toJSONSchema(plugin.options, { io: "input", unrepresentable: "any" }) as {
      properties?: Record<string, { description?: string; ko?: string }>;
    };
    for (const [option, { description, ko }] of Object.entries(schema.properties ?? {}))
      assert.ok(description !== undefined && ko !== undefined, `${option} is described`);
  });
}

test("registry: the example of each plugin is a step that needs no change", async () => {
  for (const { plugin, fullName } of await createRegistry(builtInPlugins).list()) {
    const example = describePlugin(plugin, "en").example ?? "";
    const before = plugin.kind === "in" ? [] : ["- in.FakeData"];
    const after = plugin.kind === "out" && !("isTransform" in plugin) ? [] : ["- out.Null"];
    const processes = fullName.endsWith(".Process") ? `processes: { ${example.split(": ")[1]}: cat }\n` : ""; // The one that it names.
    const text = `${processes}pipelines:\n  p:\n${[...before, example, ...after].join("\n").replace(/^/gm, "    ")}\n`;
    const { problems } = await checkConfig({ file: "dure.yml", text, registry: createRegistry(builtInPlugins) });
    assert.deepEqual(problems, [], `${fullName}\n${text}`);
  }
});

test("registry: finds by full name and by old name, and imports only what is asked for", async () => {
  const loaded: string[] = [];
  const table = Object.fromEntries(
    Object.entries(fixtureTable).map(([name, entry]) => [name, { ...entry, load: async () => (loaded.push(name), entry.load()) }]),
  );
  const registry = createRegistry(table);
  assert.deepEqual(registry.names("buffer"), ["buffer.Lines", "buffer.Time"]);
  assert.deepEqual(loaded, []);
  const found = await registry.find("out.TimedBuffer");
  assert.deepEqual([found?.fullName, found?.isAlias, found?.plugin.name], ["buffer.Time", true, "Time"]);
  assert.equal((await registry.find("buffer.Time"))?.isAlias, false);
  assert.equal(await registry.find("constructor"), undefined);
  assert.deepEqual([...new Set(loaded)], ["buffer.Time"]);
  assert.deepEqual(
    (await registry.list("parse")).map(({ fullName }) => fullName),
    ["parse.Regex"],
  );
});

test("registry: a name that is as good as a plugin's own is taken without a word, and one near it is understood", async () => {
  const registry = createRegistry(builtInPlugins);
  const config = (name: string) => `pipelines:\n  p:\n    - in.FakeData\n    - ${name}: { url: "http://127.0.0.1:9200", index: logs }\n`;
  const { problems, plan } = await checkConfig({ file: "dure.yml", text: config("out.OpenSearch"), registry });
  assert.deepEqual(problems, []);
  assert.deepEqual(plan?.pipelines[0]?.steps.map((step) => "plugin" in step && step.plugin), ["in.FakeData", "out.Elasticsearch"]);
  assert.match(JSON.stringify(await jsonSchema(registry)), /"out\.OpenSearch":/, "editors know it");
  const near = await checkConfig({ file: "dure.yml", text: config("out.OpenSerch"), registry });
  assert.deepEqual(near.problems.map(({ code, suggestion }) => [code, suggestion]), [["DURE101", "out.Elasticsearch"]]);
});

test("registry: a pattern of parse.Regex under the name of what it is, is understood", async () => {
  const { problems } = await checkConfig({ file: "dure.yml", text: "pipelines:\n  p:\n    - in.FakeData\n    - parse.Regex: { regex: '(?<a>.*)' }\n    - out.Null\n", registry: createRegistry(builtInPlugins) });
  assert.deepEqual(problems.map(({ code, suggestion }) => [code, suggestion]), [["DURE207", "pattern"]]);
});
