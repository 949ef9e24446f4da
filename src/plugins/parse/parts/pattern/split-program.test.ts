// The claim: whatever the pattern, and whatever the lines, what parse.Regex gives (by program, by bytes or by decoded
// text) is what V8's first match on the decoded line gives.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import { regex } from "../../regex.ts";
import { FORMATS } from "../../regex/formats.ts";
import { readPattern } from "#sdk/pattern.ts";
import { splitPrograms } from "./split-program.ts";

/** What V8 says, line by line. */
function expected(pattern: string, lines: readonly string[]): Record<string, unknown>[] {
  const { source, flags } = readPattern(pattern);
  return lines.map((line) => {
    const match = new RegExp(source, flags).exec(line);
    if (match === null) return { message: line };
    return Object.fromEntries(Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined));
  });
}

const pool = testPool();

async function parsed(pattern: string, lines: readonly string[], newline = "\n"): Promise<Record<string, unknown>[]> {
  await using context = await testContext({ pool });
  const transform = await regex.open(regex.options.parse({ pattern }), context);
  const before = context.pool.usedBytes;
  const batch = await transform.apply(linesBatch(context.pool, lines.map((line) => line + newline).join("")), AbortSignal.timeout(60_000));
  assert.ok(batch !== undefined);
  const records = recordsOf(batch);
  batch.release();
  assert.equal(context.pool.usedBytes, before, "the batch gave all its chunks back");
  await transform.close?.();
  return records;
}

// Few characters, so that lines fit patterns often enough, and the ones that tell bytes from characters.
const character = fc.constantFrom("a", "b", "1", "2", " ", " ", '"', "-", "[", "]", "\t", "\u00a0", "\u3000", "\u2028", "가", "한", "é", "…", "😀", "_", "\\");
const line = fc.string({ unit: character, maxLength: 14 });
const atom = fc.constantFrom("[^ ]*", "[^ ]+", "\\S+", "\\S*", '[^"]*', '[^"]*?', "[^\\]]*", "\\d+", "\\d*", "\\w+", ".*", ".*?", ".+?", "\\S*?", "\\d{1,2}", "\\d{2}", "[^\\s\"]*", "[^ -]+", "[^\\t]*?", "a", "가", ".", "\\s", "[a가]+", "\\W+", "[\\s\\S]*?");
const literal = fc.constantFrom(" ", '"', '" ', ' "', "-", "\\[", "\\] ", " +", "\\s+", "\\s", " *", "a", "가", "", "\\s*", " ?", '" +', "--", "b?");

/** Patterns of parts with names, literals between them, optional tails and alternatives; and lines made to fit them, more or less. */
const made = fc
  .record({
    start: fc.constantFrom("^", "^", ""),
    parts: fc.array(fc.record({ atom, before: literal, shape: fc.constantFrom("plain", "plain", "plain", "optional", "either", "bare", "dash") }), { minLength: 1, maxLength: 5 }),
    end: fc.constantFrom("$", "$", "", '"', "(?: b)?$", ' "'),
    flags: fc.constantFrom("", "", "", "s", "u", "i"),
    fitting: fc.array(fc.array(fc.oneof(line, fc.constantFrom("a", "12", "b1", "-", "가", "", "a-b")), { minLength: 5, maxLength: 5 }), { maxLength: 6 }),
    others: fc.array(line, { minLength: 1, maxLength: 6 }),
  })
  .map(({ start, parts, end, flags, fitting, others }) => {
    const text = parts.map((part, index) => {
      const group = `(?<f${index}>${part.atom})`;
      if (part.shape === "optional") return `(?:${part.before}${group})?`;
      if (part.shape === "either") return `${part.before}(?:${group}|(?<g${index}>[^ ]*))`;
      if (part.shape === "dash") return `${part.before}(?<f${index}>${part.atom}|-)`;
      return part.before + (part.shape === "bare" ? part.atom : group);
    });
    const body = `${start}${text.join("")}${end}`;
    const plain = (source: string): string => source.replace(/\\s/g, " ").replace(/[\\+*?]/g, "");
    const fit = fitting.map((tokens) => parts.map(({ before }, index) => plain(before) + (tokens[index] ?? "")).join("") + (/^[ "]+$/.test(end) ? end : ""));
    // Without the flag u, V8 takes half an emoji for a character; half of one cannot be written.
    const lines = [...fit, ...others].map((found) => (flags === "u" ? found : found.replaceAll("😀", "é")));
    return { pattern: `/${/\(\?</.test(body) ? body : `${body}(?<last>.*)`}/${flags}`, lines };
  });

test("a program's rows, and all others, are what V8 finds", async () => {
  let programs = 0;
  await fc.assert(
    fc.asyncProperty(made, fc.constantFrom("\n", "\r\n"), async ({ pattern, lines }, newline) => {
      programs += Math.min(1, splitPrograms(readPattern(pattern)).length);
      assert.deepEqual(await parsed(pattern, lines, newline), expected(pattern, lines));
    }),
    { numRuns: Number(process.env["DURE_FUZZ_RUNS"] ?? 1_000) },
  );
  assert.ok(50 < programs, `many of the patterns are programs (${programs})`);
});

const compiled: Readonly<Record<string, [string, number]>> = {
  "Fluent Bit's nginx pattern": [String.raw`^(?<remote>[^ ]*) (?<host>[^ ]*) (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>[^\"]*)")?$`, 1],
  "a Python pattern": [String.raw`(?P<level>\w+): (?P<message>.*)`, 1],
  "CRI": [String.raw`^(?<time>[^ ]+) (?<stream>\S+) (?<tag>[^ ]*) (?<log>.*)$`, 1],
  "a status of three digits": [String.raw`^(?<path>\S+) (?<status>\d{3}) (?<rest>.*)$`, 1],
  nginx: [FORMATS.nginx.pattern, 2],
  apache: [FORMATS.apache.pattern, 2],
  common: [FORMATS.common.pattern, 1],
  syslog5424: [FORMATS.syslog5424.pattern, 2],
};
for (const [name, [source, least]] of Object.entries(compiled)) {
  test(`${name} becomes a program`, () => {
    assert.ok(least <= splitPrograms(readPattern(source)).length);
  });
}

test("patterns that V8 could match in another way are left to V8", () => {
  for (const source of ["^(?<a>.*) (?<b>.*)$", "^(?<a>\\S*?)(?: x)?y", "^(?<a>.*?)\\s(?<b>.*)$", "^(?<a>(?:a|b)+) ", "^(?<a>[^ ]{3}) ", "(?<=x)(?<a>\\d+)", "^(?<a>\\d+) (?<b>[a-f]+)$"]) {
    assert.deepEqual(splitPrograms(readPattern(source)), [], source);
  }
});
