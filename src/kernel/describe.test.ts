import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, size } from "#sdk/options.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { describePlugin, renderDescription } from "./describe.ts";

const plugin = defineOutput({
  name: "Sample",
  summary: { en: "Shows everything.", ko: "모두 보여 준다." },
  shorthand: "path",
  aliases: ["out.Old"],
  records: { en: "a: one, two\nb: three", ko: "a: 하나, 둘\nb: 셋" },
  example: "out.Sample:\n  path: a.txt\n",
  options: z.strictObject({
    path: z.union([z.string(), z.array(z.string())]).meta({ description: "Where to.", ko: "어디로." }),
    every: duration().prefault("1s").meta({ description: "How often.", ko: "얼마나 자주." }),
    most: size().pipe(z.number().min(10)).optional(),
    mode: z.enum(["fast", "safe"]).default("safe"),
    log: z.strictObject({ level: z.int().default(3), on: z.boolean() }).optional(),
  }),
  open: async () => ({ write: async () => {}, close: async () => {} }),
});

test("describe: every option with its type, default and text, nested ones too", () => {
  const { options, fullName } = describePlugin(plugin, "en");
  assert.equal(fullName, "out.Sample");
  assert.deepEqual(
    options.map(({ name, type, isRequired, default: standard, description }) => [name, type, isRequired, standard, description]),
    [
      ["path", "text or list of text", true, undefined, "Where to."],
      ["every", "duration", false, "1s", "How often."],
      ["most", "size", false, undefined, ""],
      ["mode", "fast | safe", false, "safe", ""],
      ["log", "map", false, undefined, ""],
      ["log.level", "whole number", false, "3", ""],
      ["log.on", "true or false", true, undefined, ""],
    ],
  );
});

test("describe: a list of pairs, and a list whose first value is special", () => {
  const lists = { ...plugin, options: z.strictObject({ pairs: z.array(z.tuple([z.string(), z.string()])), command: z.tuple([z.string().min(1)], z.string()) }) };
  const types = (lang: "en" | "ko") => describePlugin(lists, lang).options.map(({ type }) => type);
  assert.deepEqual(types("en"), ["list of pair", "list of text"]);
  assert.deepEqual(types("ko"), ["쌍 목록", "글자 목록"]);
});

test("describe: as text, in Korean", () => {
  assert.equal(
    renderDescription(describePlugin(plugin, "ko"), "ko"),
    `out.Sample — 모두 보여 준다.

옵션:
  path       글자 또는 글자 목록 (필수)
             어디로.
  every      시간 (기본값 1s)
             얼마나 자주.
  most       크기
  mode       fast | safe (기본값 safe)
  log        맵
  log.level  정수 (기본값 3)
  log.on     true 또는 false (필수)

값만 쓰면 이 옵션으로 봅니다: path

옛 이름: out.Old

레코드:
  a: 하나, 둘
  b: 셋

예:
  - out.Sample:
      path: a.txt`,
  );
});
