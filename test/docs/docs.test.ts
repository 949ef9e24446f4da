// What the pages say is held to the program: each config in them is checked, links lead somewhere, each page has its twin in the
// other language, and the generated ones are what the code would write now.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { checkConfig } from "#kernel/config/check.ts";
import { renderProblems } from "#kernel/config/render.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins, builtInProcessTypes } from "#plugins/all.ts";
import { folder } from "#test/cli/run-dure.ts";
import { generatedPages } from "../../scripts/generate-reference.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "README.ko.md", "CONTRIBUTING.md", ...docs.map((name) => `docs/${name}`)];
const twinless = new Set(["CONTRIBUTING.md", "docs/design-control-plane.md", "docs/design-data-plane.md", "docs/design-pipelines.md", "docs/design-jobs.md", "docs/design-processes.md"]);
const read = (page: string): string => readFileSync(join(root, page), "utf8");

interface Block {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

/** The whole configs of a page: those of our own form begin with `pipelines:`, `agent:` or `processes:`, those of the old ones with `- task:` or `svc_name:`. */
function configsOf(page: string): Block[] {
  const text = read(page);
  return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].flatMap(({ 1: block = "", index }) => {
    const first = block.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
    return /^(?:pipelines|agent|http|store|vars|svc_name|sources|processes|flows|groups|schedules|console|process_settings):|^- task:/.test(first) ? [{ page, line: text.slice(0, index).split("\n").length + 1, text: block }] : [];
  });
}

for (const page of pages) {
  test(`docs: the configs of ${page} are faultless`, async () => {
    for (const { line, text } of configsOf(page)) {
      // Relative names, plugins too, are looked for where the example with a plugin of its own is.
      const file = join(root, "examples", "own-plugin", "page.yml");
      const { problems, sources } = await checkConfig({ file, text, registry: createRegistry(builtInPlugins, builtInProcessTypes), env: { FLUENTD_KEY: "a key", HOOK_TOKEN: "a token", HOOK_SECRET: "a secret", DURE_STORE_PASSWORD: "a password", AWS_ACCESS_KEY_ID: "an id", AWS_SECRET_ACCESS_KEY: "a key" } });
      // The page about old forms shows forms that are warned of.
      const shown = page.startsWith("docs/old-swak-configs") ? problems.filter(({ severity }) => severity === "error") : problems;
      assert.equal(shown.length, 0, `${page}:${line}\n${renderProblems(shown, sources, { color: false, lang: "en", ascii: true })}`);
    }
  });
}

for (const page of pages.filter((name) => name.startsWith("docs/cookbook"))) {
  test(`docs: each config of ${page} is its example, which runs`, () => {
    const sections = read(page).split(/^## /m).slice(1);
    assert.equal(sections.length, 10);
    for (const section of sections) {
      const [, name = ""] = /\]\(\.\.\/examples\/([\w-]+)\/dure\.yml\)/.exec(section) ?? [];
      const [, block = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];
      const { tests: _, ...example } = parse(read(`examples/${name}/dure.yml`)) as Record<string, unknown>;
      assert.deepEqual(parse(block), example, name);
    }
  });
}

test("docs: there are configs to check", () => assert.ok(10 < pages.flatMap(configsOf).length));

test("docs: links lead to files and headings that are there", () => {
  for (const page of pages) {
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", heading] = target.split("#");
      const file = path === "" ? join(root, page) : join(root, dirname(page), path);
      assert.ok(existsSync(file), `${page}: ${target} is not there`);
      if (heading !== undefined) assert.ok(headingsOf(file).includes(heading), `${page}: ${relative(root, file)} has no heading #${heading}`);
    }
  }
});

test("docs: every page has its twin, with as many sections and configs", () => {
  for (const page of pages.filter((name) => !name.endsWith(".ko.md") && !twinless.has(name))) {
    const twin = page.replace(/\.md$/, ".ko.md");
    assert.ok(existsSync(join(root, twin)), `${twin} is missing`);
    assert.equal(headingsOf(join(root, twin)).length, headingsOf(join(root, page)).length, `${twin}: other sections than ${page}`);
    assert.deepEqual(configsOf(twin).length, configsOf(page).length, `${twin}: other configs than ${page}`);
  }
});

test("docs: Korean says no 을(를): the particle is chosen, or the sentence does without", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  assert.ok(100 < sources.length);
  for (const file of [...sources.map((name) => join("src", name)), ...pages]) {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    const at = lines.findIndex((line) => !line.startsWith("//") && /[을를이가은는와과]\([을를이가은는와과]\)|\(으\)로/.test(line));
    assert.equal(at, -1, `${file}:${at + 1}: ${lines[at]}`);
  }
});

test("docs: no text was once read in a wrong encoding, in pages, messages or examples", () => {
  const texts = ["docs", "examples", "src", "ui/src"].flatMap((top) => readdirSync(join(root, top), { recursive: true, encoding: "utf8" }).map((name) => join(top, name))).filter((name) => /\.(?:md|tsx?|ya?ml)$/.test(name));
  assert.ok(500 < texts.length);
  assert.deepEqual(texts.filter((name) => /[\u0080-\u009f]/.test(read(name))), []); // Bytes of UTF-8 that were taken for letters: hardly a Korean word has none of these.
});

test("docs: the plugins of write-a-plugin.md work as they stand", async () => {
  await using here = folder();
  const [parser = "", filter = "", webhook = ""] = [...read("docs/write-a-plugin.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  here.write("plugins/MyLogParser.ts", parser);
  here.write("plugins/OnlySlow.ts", filter);
  here.write("plugins/Webhook.ts", webhook);
  here.write("in.log", "2026-11-21T00:00:01Z|shop|143\n2026-11-21T00:00:02Z|shop|12\n상점\n");
  const posted: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => posted.push(text)).on("end", () => response.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    here.write("dure.yml", `pipelines:\n  mine:\n    - in.FileTail: in.log\n    - parse.MyLogParser\n    - filter.OnlySlow\n    - out.Webhook: ${url}\n`);
    const { code, stderr } = await here.dure(["test"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(posted.join("")), { service: "shop", ms: 143 });
    assert.match((await here.dure(["desc", "out.Webhook"])).stdout, /Where to post to/);
  } finally {
    server.close();
  }
});

test("docs: the generated pages are up to date (else: ./node_modules/.bin/node scripts/generate-reference.ts)", async () => {
  for (const [name, text] of await generatedPages()) assert.equal(read(`docs/${name}`), text, `docs/${name} is stale`);
});

/** As GitHub names them. */
function headingsOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
