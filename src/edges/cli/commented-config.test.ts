// Configs to begin with: whatever plugins they are for, they are configs, and say all there is to say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, parseDocument } from "yaml";
import { setLang } from "#base/lang.ts";
import type { Lang } from "#base/lang.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { describePlugin } from "#kernel/describe.ts";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import { createRegistry } from "#kernel/registry.ts";
import type { Found } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { commentedConfig, flow } from "./commented-config.ts";

const registry = createRegistry(builtInPlugins);
const LANGUAGES: readonly Lang[] = ["en", "ko"];

/** A chain in which the plugin can stand. */
async function chainFor(found: Found): Promise<Found[]> {
  const [input, output] = await Promise.all([registry.find("in.Stdin"), registry.find("out.Null")]);
  assert.ok(input !== undefined && output !== undefined);
  const { plugin } = found;
  if (plugin.kind === "in") return [found, output];
  return plugin.kind === "out" && !("isTransform" in plugin) ? [input, found] : [input, found, output];
}

for (const lang of LANGUAGES) {
  test(`create, ${lang}: a config without a fault for every built-in plugin, with all its options`, async () => {
    setLang(lang);
    for (const found of await registry.list()) {
      const text = commentedConfig(await chainFor(found));
      const { problems } = await checkConfig({ file: "made.yml", text, registry });
      assert.deepEqual(problems, [], `${found.fullName}\n${text}`);
      for (const { name } of describePlugin(found.plugin, lang).options) {
        if (name.includes("[]")) continue; // Of the items of a list, which stands as a whole.
        const key = name.slice(name.lastIndexOf(".") + 1);
        assert.ok(new RegExp(`^ {8,}(?:# +)*${key}:`, "m").test(text), `${found.fullName} ${name}\n${text}`);
      }
      assert.match(text, /^# yaml-language-server: /);
      assert.ok(text.includes(found.plugin.summary[lang].slice(0, 30)));
    }
    setLang("en");
  });
}

test("create: a default that is taken out of its comment is the default", async () => {
  for (const found of await registry.list()) {
    const lines = commentedConfig([found]).split("\n");
    for (const [key, { default: usual }] of Object.entries(propertiesOf(optionSchema(found.plugin.options)))) {
      const line = lines.find((one) => one.startsWith(`        # ${key}: `) && one === `        # ${key}: ${flow(usual)}`);
      if (usual === undefined || line === undefined) continue;
      assert.deepEqual(parse(line.replace("# ", "").trim()), { [key]: usual }, found.fullName);
    }
  }
});

test("create: what stands inside of an option comes out of its comment with it", async () => {
  const found = await registry.find("out.Tcp");
  assert.ok(found !== undefined);
  const text = commentedConfig([found]);
  const block = /^ {8}# tls:\n(?: {8}# {3}.*\n?)+/m.exec(text)?.[0] ?? "";
  const document = parseDocument(block.replaceAll(/^ {8}# /gm, ""));
  assert.deepEqual(document.errors, []);
  assert.ok(Object.keys((document.toJS() as { tls: object }).tls).includes("verify"), text);
});

test("create: values that YAML would read as another type, or over several lines", () => {
  for (const value of ["true", "3", "", ",", '"', "a: b", "#x", "두 줄\n째", "${tag}", "%Y-%m", [], {}, ["a,b", 1], { "k k": [null] }, "x".repeat(500)]) {
    const written = flow(value);
    assert.ok(!written.includes("\n"), written);
    assert.deepEqual(parse(`key: ${written}`), { key: value });
  }
});

test("create: a plugin of the user's own without an example gets a value of the right type for what is required", async () => {
  const plugin = defineOutput({
    name: "Own",
    summary: { en: "Of my own.", ko: "직접 만듦." },
    options: z.strictObject({ mode: z.enum(["a", "b"]), count: z.int().min(5), names: z.array(z.string()), is_on: z.boolean(), inner: z.strictObject({ a: z.string().optional() }), free: z.union([z.string(), z.number()]), more: z.string().optional() }),
    open: async () => assert.fail("nothing is opened here"),
  });
  const [input] = await chainFor({ plugin, fullName: "out.Own", isAlias: false });
  assert.ok(input !== undefined);
  const text = commentedConfig([input, { plugin, fullName: "out.Own", isAlias: false }]);
  const { problems } = await checkConfig({ file: "made.yml", text, registry: createRegistry({ ...builtInPlugins, "out.Own": { load: async () => plugin } }) });
  assert.deepEqual(problems, [], text);
});
