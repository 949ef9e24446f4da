// Every word of the dashboard stands in both languages, with the same places to fill, and Korean words never ask the reader to choose a particle.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { filled, language, say } from "./say.ts";
import type { Text } from "./say.ts";

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "say.ts");

test("words: each is whole in both languages, with the same places", async () => {
  let count = 0;
  for (const file of files) {
    const catalogue = (await import(`./${file}`)) as Record<string, unknown>;
    for (const [name, words] of Object.entries(catalogue)) {
      for (const [key, text] of Object.entries(words as Record<string, Text>)) {
        const where = `${file} ${name}.${key}`;
        count += 1;
        for (const sentence of [text.en, text.ko]) assert.ok(typeof sentence === "string" && sentence.trim() !== "", `${where} is empty`);
        const places = (sentence: string): string[] => [...sentence.matchAll(/\{(\w+)(?::[^}]+)?\}/g)].map(([, place = ""]) => place).sort();
        assert.deepEqual([...new Set(places(text.ko))], [...new Set(places(text.en))], `${where} has other places in Korean`);
        assert.doesNotMatch(text.ko, /\}(?:을|를|이|가|은|는|과|와|로|으로)(?![가-힣])/, `${where} takes a particle before it knows the word`);
        assert.doesNotMatch(text.ko, /을\(를\)|를\(을\)|이\(가\)|가\(이\)|은\(는\)|는\(은\)|\(으\)로|와\(과\)|과\(와\)/, `${where} leaves the particle to the reader`);
      }
    }
  }
  assert.ok(files.length > 5 && count > 200, `only ${count} words in ${files.length} files were looked at`);
});

test("words: the particle fits names that end in Hangul, figures and Latin letters", () => {
  const cases = [
    ["서울", "서울이"],
    ["부산역", "부산역이"],
    ["주문", "주문이"],
    ["결제", "결제가"],
    ["web-1", "web-1이"],
    ["web-2", "web-2가"],
    ["kernel", "kernel이"],
    ["nginx-a", "nginx-a가"],
  ];
  for (const [name = "", expected] of cases) assert.equal(filled("{name:이/가}", { name }), expected);
});

test("words: what a value holds is never taken for a place", () =>
  fc.assert(
    fc.property(fc.string(), (name) => {
      language.value = "ko";
      assert.equal(say({ en: "[{name}]", ko: "[{name}]" }, { name }), `[${name}]`);
    }),
  ));
