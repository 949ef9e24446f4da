// Words of a command line for commands of the table: whatever the parameters are, they come out as they were meant.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { parseArguments } from "../arguments.ts";
import { commands, globalOptions, remoteOptions } from "../commands.ts";
import { flagOf } from "../arguments.ts";
import { derivedCommands, specOf } from "./derived-commands.ts";
import { optionsOf, parametersOf, paramsFrom } from "./parameters.ts";

const sample = defineCommand()({
  name: "things.make",
  summary: { en: "makes a thing", ko: "만듦" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name: z.string(),
    note: z.string().optional(),
    perSecondMax: z.number().default(100),
    role: z.enum(["viewer", "admin"]),
    isLoud: z.boolean().default(false),
    isKept: z.boolean().default(true),
    isDisabled: z.boolean().optional(),
    scope: z.array(z.string()).optional(),
    ids: z.array(z.number()).optional(),
    records: z.array(z.json()).optional(),
    limit: z.union([z.number(), z.null()]).optional(),
    password: z.string(),
  }),
  secret: ["password"],
  result: z.null(),
  run: () => null,
}) as unknown as CommandDefinition;

/** As somebody would type it. */
function wordsFor(params: Readonly<Record<string, unknown>>): string[] {
  const words = parametersOf(sample).flatMap(({ name, flag, kind }) => {
    const value = params[name];
    if (value === undefined || name === "password") return [];
    if (name === "name") return [String(value)];
    if (kind === "boolean") return [value === true ? `--${flag}` : `--no-${flag}`];
    if (Array.isArray(value)) return value.map((item: unknown) => `--${flag}=${typeof item === "string" && name !== "records" ? item : JSON.stringify(item)}`);
    return [`--${flag}=${String(value)}`];
  });
  return ["things", "make", ...words];
}

test("derived commands: whatever the parameters are, the words for them mean them", () => {
  const text = fc.string({ unit: "grapheme" }).filter((each) => !each.startsWith("-") && each.trim() !== "");
  const params = fc.record(
    { name: text, role: fc.constantFrom("viewer", "admin"), note: text, perSecondMax: fc.integer({ min: 1, max: 1e6 }), isLoud: fc.constant(true), isKept: fc.constant(false), isDisabled: fc.boolean(), scope: fc.array(text, { minLength: 1, maxLength: 3 }), ids: fc.array(fc.integer(), { minLength: 1, maxLength: 3 }), records: fc.array(fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string())), { minLength: 1, maxLength: 3 }), limit: fc.constantFrom(3, null) },
    { requiredKeys: ["name", "role"] },
  );
  fc.assert(
    fc.property(params, (given) => {
      const { command, args, options } = parseArguments(wordsFor(given), [...commands, specOf(sample)]);
      assert.equal(command?.of, "things.make");
      assert.deepEqual(paramsFrom(sample, args, options), JSON.parse(JSON.stringify(given)));
    }),
  );
});

test("derived commands: claims are options without `is`; those that may stay as they are can be put on and off", () => {
  const flags = optionsOf(sample).map((option) => flagOf(option).long);
  assert.deepEqual(flags, ["note", "per-second-max", "role", "loud", "no-kept", "disabled", "no-disabled", "scope", "ids", "records", "limit", "password-stdin", "password-file"]);
});

test("derived commands: what does not fit is left for the agent to say, which says it to every edge alike", () => {
  const { args, options } = parseArguments(["things", "make", "a", "--role", "viewer", "--per-second-max", "many"], [...commands, specOf(sample)]);
  assert.deepEqual(paramsFrom(sample, args, options), { name: "a", role: "viewer", perSecondMax: "many" });
});

test("derived commands: half a JSON is no text, and is refused with what is wrong; a text is one", () => {
  const any = defineCommand()({ ...sample, name: "things.any", key: undefined, params: z.strictObject({ data: z.json().default({}) }) } as never) as CommandDefinition;
  assert.deepEqual([`{"a":1}`, " [1]", "hello", "7"].map((data) => paramsFrom(any, [], { data })), [{ data: { a: 1 } }, { data: [1] }, { data: "hello" }, { data: 7 }]);
  for (const data of [`{"order`, "{order:7}", "[1", "{'a':1}"]) assert.throws(() => paramsFrom(any, [], { data }), /`--data` is not JSON/, data);
});

test("derived commands: how long is written with its unit; a moment to come counts from now on, one that was back", () => {
  const timed = defineCommand()({ ...sample, name: "things.time", key: undefined, params: z.strictObject({ delayMs: z.int().default(60_000).meta({ unit: "duration" }), atMs: z.int().optional().meta({ isAhead: true }), sinceMs: z.int().optional() }) } as never) as CommandDefinition;
  assert.deepEqual(optionsOf(timed).map(({ flags }) => flags), ["--delay <duration>", "--at <duration or time>", "--since <duration or time>"]);
  assert.match(optionsOf(timed)[0]?.text.en ?? "", /default 1m/);
  const before = Date.now();
  const { delayMs, atMs, sinceMs } = paramsFrom(timed, [], { delay: "3s", at: "2h", since: "2h" }) as Record<string, number>;
  const after = Date.now();
  assert.equal(delayMs, 3000);
  assert.ok(before + 7_200_000 <= (atMs ?? 0) && (atMs ?? 0) <= after + 7_200_000);
  assert.ok(before - 7_200_000 <= (sinceMs ?? 0) && (sinceMs ?? 0) <= after - 7_200_000);
  assert.deepEqual(paramsFrom(timed, [], { at: "2031-01-02T03:04" }), { atMs: new Date(2031, 0, 2, 3, 4).getTime() });
  for (const delay of ["soon", "-1s", "0"]) assert.throws(() => paramsFrom(timed, [], { delay }), /--delay/, delay);
});

test("derived commands: no parameter has the name of an option that every command has, and no two mean one", async () => {
  const taken = [...globalOptions, ...remoteOptions].map((option) => flagOf(option).long);
  const all = await derivedCommands();
  assert.ok(5 < all.length);
  for (const { name, options = [] } of all) {
    const own = options.map((option) => flagOf(option).long);
    assert.deepEqual(own.filter((flag, index) => taken.includes(flag) || own.indexOf(flag) !== index || flag === ""), [], name);
  }
});
