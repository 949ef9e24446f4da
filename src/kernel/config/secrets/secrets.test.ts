// Secrets in the text of a config: none is shown, whatever the text looks like, and each comes back where it stood.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { createRegistry } from "../../registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { findSecrets, secretNames } from "./find-secrets.ts";
import { mask, shownAt, unmask } from "./masked-text.ts";
import type { MaskedText } from "./masked-text.ts";

const registry = createRegistry(builtInPlugins);
const names = await secretNames(registry);
const idOf = (value: string): string => createHash("sha256").update(value).digest("hex").slice(0, 12);

async function masked(text: string, known: readonly string[] = []): Promise<MaskedText> {
  return mask(text, await findSecrets({ text, registry, configDir: "/nowhere", names, known }), idOf);
}

const places: readonly [name: string, text: string][] = [
  ["an option that the schema calls secret", "pipelines:\n  a:\n    - in.Stdin\n    - out.Http: { url: http://x/, headers: { X-Any: CANARY } }"],
  ["in quotes, with escapes", 'pipelines:\n  a:\n    - out.MySql:\n        host: db\n        password: "CANARY\\"x"'],
  ["in a block of lines", "pipelines:\n  a:\n    - out.Http:\n        bearer_token: |\n          CANARY\n          CANARY2\n        url: http://x/"],
  ["beside the step's name", "pipelines:\n  a:\n    - out.Http:\n      api_key: x\n      headers:\n        A: CANARY"],
  ["of a plugin that nobody knows", "pipelines:\n  a:\n    - out.Htpp:\n        headers: { A: CANARY }"],
  ["under a key that says so, anywhere", "x-mine: { db_password: CANARY }\npipelines: {}"],
  ["in an address", "pipelines:\n  a:\n    - out.Http: 'https://hong:CANARY@host/path'"],
  ["in an address with an @ in its password", "pipelines:\n  a:\n    - out.Http: https://hong:CAN@CANARY@host/path"],
  ["in a comment", "# password: CANARY\npipelines: {} # https://u:CANARY@host/"],
  ["in a command", "pipelines:\n  a:\n    - in.Exec: 'curl -H \"Authorization: Bearer CANARY\" http://x/?token=CANARY --password CANARY'"],
  ["through an anchor", "x-pw: &pw CANARY\npipelines:\n  a:\n    - out.Http: { url: http://x/, password: *pw }"],
  ["through a variable", "vars: { db: CANARY }\npipelines:\n  a:\n    - out.Http: { url: http://x/, password: '${var:db}' }"],
  ["through a variable in an address", "vars:\n  db: CANARY\npipelines:\n  a:\n    - out.Http: 'http://u:${var:db}@x/'"],
  ["as what stands in when there is no variable", "pipelines:\n  a:\n    - out.Http: { password: '${env:PW:-CANARY}' }"],
  ["in a pipe string", "sources: ['i.dummy | o.http http://x/ --bearer-token CANARY | tag a']"],
  ["in the old form", "- task:\n  - in.Stdin\n  - out.Http:\n      password: CANARY"],
  ["as a number", "pipelines:\n  a:\n    - out.MySql: { password: 123454321 }"],
  ["in the store's section", "store: { type: mysql, user: u, database: d, password: CANARY }\npipelines: {}"],
  ["in a header of a test's record", "tests:\n  - pipeline: a\n    records: [{ Authorization: Bearer CANARY }]"],
  ["with a tag", "pipelines:\n  a:\n    - out.MySql: { password: !!str CANARY }"],
  ["the same value elsewhere", "pipelines:\n  a:\n    - out.Http: { password: CANARY }\n# it was CANARY last week"],
  ["in a text that is no YAML", "pipelines:\n  a:\n   - out.Http: { password: CANARY, x: [ }\n  b: : :\n    headers:\n      A: CANARY\n    password: 'CANARY\n"],
  ["with the line ends of Windows", "pipelines:\r\n  a:\r\n    - out.Http:\r\n        password: CANARY\r\n        url: x\r\n"],
];

for (const [name, text] of places) {
  test(`a secret is hidden ${name}, and comes back`, async () => {
    const shown = await masked(text);
    assert.doesNotMatch(shown.text, /CANARY|123454321/, shown.text);
    assert.match(shown.text, /\[hidden:\w+\]/);
    assert.equal(unmask(shown.text, shown.hidden).text, text);
  });
}

test("a secret option of a plugin of the user's own is hidden, and so is every option of one whose schema cannot be read", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-own-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, "plugins"));
  writeFileSync(join(dir, "plugins", "Mine.ts"), 'import { defineOutput, z } from "dure/plugin";\nexport default defineOutput({ name: "Mine", summary: { en: "x", ko: "x" }, options: z.strictObject({ pin: z.string().meta({ secret: true }), place: z.string() }), open: async () => ({ write: async () => {}, close: async () => {} }) });\n');
  writeFileSync(join(dir, "plugins", "Odd.ts"), 'export default { kind: "out", name: "Odd", summary: { en: "x", ko: "x" }, options: { safeParse: (data) => ({ success: true, data }) }, open: async () => ({ write: async () => {}, close: async () => {} }) };\n');
  const own = createRegistry(builtInPlugins);
  await own.addFolder(join(dir, "plugins"));
  const text = "pipelines:\n  a:\n    - out.Mine: { pin: CANARY, place: here }\n    - out.Odd: { anything: CANARY }\n";
  const shown = mask(text, await findSecrets({ text, registry: own, configDir: dir, names: await secretNames(own) }), idOf);
  assert.doesNotMatch(shown.text, /CANARY/);
  assert.match(shown.text, /place: here/);
  assert.equal(unmask(shown.text, shown.hidden).text, text);
});

test("references are no secrets, and neither is what only looks like one", async () => {
  const text = "pipelines:\n  a:\n    - in.FileTail: a.log\n    - filter.Where: 'r.token === \"a\"'\n    - out.Http: { url: 'http://x:80/a@b', password: '${env:PW}', bearer_token: '${file:/run/x}', tls: { verify: true } }";
  assert.equal((await masked(text)).text, text);
});

test("what somebody wrote that looks like a placeholder stays what it is", async () => {
  const text = "pipelines:\n  a:\n    - filter.Map: { note: '\"[hidden:abc]\"' }\n    - out.Http: { password: '[hidden:abc]' }";
  const shown = await masked(text);
  assert.doesNotMatch(shown.text, /\[hidden:abc\]/);
  assert.equal(unmask(shown.text, shown.hidden).text, text);
});

test("a secret of several lines moves with its line", () => {
  const text = "a:\n  key: |\n    one\n      two\n\n    three\nb: 1\n";
  const start = text.indexOf("|");
  const shown = mask(text, [{ start, end: text.indexOf("\nb"), value: "one" }], idOf);
  const id = idOf("one");
  assert.equal(shown.text, `a:\n  key: [hidden:${id}]\nb: 1\n`);
  assert.equal(unmask(`c:\n  a:\n    key: [hidden:${id}]\nb: 1\n`, shown.hidden).text, "c:\n  a:\n    key: |\n      one\n        two\n\n      three\nb: 1\n");
});

test("an unknown placeholder is told by its place", () => {
  const { unknown, text } = unmask("password: [hidden:0123]\n", []);
  assert.deepEqual(unknown, [{ start: 10, end: 23 }]);
  assert.equal(text, "password: [hidden:0123]\n");
});

const canary = fc.string({ unit: fc.constantFrom(..."abcXYZ089!$%&*+-./:;<=>?@^_|~(){}[],#'\"\\ 한글"), minLength: 1, maxLength: 12 }).map((text) => `Canary${text.trim()}Canary`);
const asYaml = (value: string): fc.Arbitrary<string> => fc.constantFrom(JSON.stringify(value), `'${value.replaceAll("'", "''")}'`, `|\n            ${value}`, `>-\n            ${value}`);
const secretOption = fc.constantFrom("out.Http: ~password", "out.Http: ~bearer_token", "out.MySql: ~password", "out.S3: ~secret_access_key", "out.Elasticsearch: ~api_key", "out.Fluentd: ~shared_key", "out.Nobody: ~token");
const step = fc.tuple(secretOption, canary.chain((value) => fc.tuple(fc.constant(value), asYaml(value))), fc.constantFrom("", "url: http://x/", "host: a", "# remark"));
const config = fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => ({
  canaries: steps.map(([, [value]]) => value),
  text: `vars: { a: 1 }\npipelines:\n  web:\n    - in.Stdin\n${steps.map(([option, [, written], more]) => `    - ${option.replace(" ~", `\n        ${more}\n        `)}: ${written}\n`).join("")}`,
}));

test("whatever the secrets are, none is shown, and the text comes back to the byte", async () => {
  await fc.assert(
    fc.asyncProperty(config, async ({ text, canaries }) => {
      const shown = await masked(text);
      for (const value of canaries) assert.ok(!shown.text.includes(value), `${value}\n${shown.text}`);
      assert.doesNotMatch(shown.text, /Canary/);
      assert.equal(unmask(shown.text, shown.hidden).text, text);
    }),
    { numRuns: 150 },
  );
});

test("neither is one when the text is broken anywhere, once it was seen whole", async () => {
  await fc.assert(
    fc.asyncProperty(config, fc.nat(), fc.nat(20), fc.constantFrom("", "{", "\"", "'", ": :", "\t", "- ", "]", "\n", "|"), async ({ text, canaries }, at, length, put) => {
      const known = (await masked(text)).hidden.map(({ value }) => value);
      const from = at % text.length;
      const broken = text.slice(0, from) + put + text.slice(from + length);
      const shown = await masked(broken, known);
      // Where the cut went through a secret itself, or the key before it, what is left is another text.
      for (const value of canaries) if (broken.includes(value)) assert.ok(!shown.text.includes(value), `${value}\n${shown.text}`);
      assert.equal(unmask(shown.text, shown.hidden).text, broken);
    }),
    { numRuns: 300 },
  );
});

test("a place of the real text is found in the shown one", async () => {
  await fc.assert(
    fc.asyncProperty(config, fc.nat(), async ({ text }, at) => {
      const shown = await masked(text);
      const { patches } = unmask(shown.text, shown.hidden);
      const offset = at % text.length;
      const there = shownAt(offset, patches);
      const inside = patches.find(({ real }) => real.start <= offset && offset < real.end);
      if (inside === undefined) assert.equal(shown.text[there], text[offset]);
      else assert.equal(there, inside.shown.start);
    }),
    { numRuns: 100 },
  );
});
