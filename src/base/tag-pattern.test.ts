import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileTagPattern, TagPatternError } from "./tag-pattern.ts";

/** The table of Swak's tag patterns: what each fits, and what it does not. */
const table: readonly [string, string, string][] = [
  ["a", "a", "b ab A"],
  ["a.b", "a.b", "b a a.b.c"],
  ["a*", "a ab abc", "a.b ab.c ba"],
  ["*a", "a ba cba", "ab c.ba"],
  ["*a*", "a ba ac bac", "b a.b"],
  ["a.*", "a.b a.c", "ab a a.b.c"],
  ["a.*.c", "a.b.c a.c.c", "a.c"],
  ["a.**", "a a.b a.b.c", "ab abc ab.c ab.d.e"],
  ["a**", "a ab abc a.b ab.c ab.d.e", "ba"],
  ["**.a", "a b.a cb.a d.e.a", "ba c.ba"],
  ["**a", "a ba c.ba b.a cb.a d.e.a", "ab"],
  ["a.{b,c}", "a.b a.c", "a.d a"],
  ["a.{b,c}.**", "a.b a.c a.b.d", "a.d a.cd"],
  ["a.{b.**,c}", "a.b a.b.c a.c", "a.c.d"],
  ["a.b a.c", "a.b a.c", "a.d"],
  ["a.b.** a.c.**", "a.b a.c", "a.d a.cd"],
  ["**", "a a.b a.b.c 로그.웹", ""],
  ["a.**.c", "a.c a.b.c a.b.b.c", "ac a.bc"],
  ["{a,b{c,d}*}.{**,x}", "a a.x bc1.y.z bd.", "b.x ax"],
  ["{ a , b }.c  d", "a.c b.c d", "a b a.d"],
  ["로그.{웹,앱*}", "로그.웹 로그.앱1", "로그.것"],
  ["{a,}b", "ab b", "a"],
];
for (const [pattern, fitting, others] of table) {
  test(`tag pattern: ${pattern}`, () => {
    const fits = compileTagPattern(pattern);
    const words = (text: string) => text.split(" ").filter((word) => word !== "");
    for (const tag of words(fitting)) assert.ok(fits(tag), `${tag} fits`);
    for (const tag of words(others)) assert.ok(!fits(tag), `${tag} does not fit`);
  });
}

const faults: readonly [string, TagPatternError["kind"], number][] = [
  ["", "empty", 1],
  ["  ", "empty", 1],
  ["a.{b,c", "open", 3],
  ["a.{b,{c}", "open", 3],
  ["a.b}", "close", 4],
  ["a,b", "comma", 2],
  ["{a,b}".repeat(20), "large", 50],
  ["a".repeat(1001), "large", 1001],
];
for (const [pattern, kind, column] of faults) {
  test(`tag pattern: ${pattern.slice(0, 20)} is wrong at column ${column}`, () => {
    assert.throws(() => compileTagPattern(pattern), (error) => error instanceof TagPatternError && error.kind === kind && error.column === column);
  });
}

// --- against a slow matcher that follows the words of the definition ------------------------------------------------------

function unfolded(pattern: string): string[] {
  const open = pattern.lastIndexOf("{"); // The last one holds no other.
  if (open === -1) return [pattern];
  const close = pattern.indexOf("}", open);
  return pattern
    .slice(open + 1, close)
    .split(",")
    .flatMap((choice) => unfolded(pattern.slice(0, open) + choice + pattern.slice(close + 1)));
}

/** `isWhole`: the pattern stands at the beginning of what was written. */
function slowly(pattern: string, tag: string, isWhole = true): boolean {
  if (pattern === "") return tag === "";
  const rests = Array.from({ length: tag.length + 1 }, (_, at) => tag.slice(at));
  if (isWhole && pattern.startsWith("**.")) return slowly(pattern.slice(3), tag, false) || rests.some((rest) => rest.startsWith(".") && slowly(pattern.slice(3), rest.slice(1), false));
  if (pattern === ".**" || pattern.startsWith(".**.")) {
    const after = pattern.slice(3);
    return slowly(after, tag, false) || (tag.startsWith(".") && rests.some((rest) => rest.length < tag.length && slowly(after, rest, false)));
  }
  if (pattern.startsWith("**")) return rests.some((rest) => slowly(pattern.slice(2), rest, false));
  if (pattern.startsWith("*")) return rests.some((rest) => !tag.slice(0, tag.length - rest.length).includes(".") && slowly(pattern.slice(1), rest, false));
  return tag.startsWith(pattern[0] ?? "") && slowly(pattern.slice(1), tag.slice(1), false);
}

const pieces = fc.constantFrom("a", "b", "*", ".", ".", "**", "a.**", "**.a", ".**.");
const plainPatterns = fc.array(pieces, { minLength: 1, maxLength: 3 }).map((found) => found.join(""));
const groups = fc.array(plainPatterns, { minLength: 1, maxLength: 2 }).map((choices) => `{${choices.join(",")}}`);
const nested = fc.tuple(plainPatterns, groups).map(([before, group]) => `{${before}${group},b}`);
const written = fc.array(fc.oneof(pieces, groups, nested), { minLength: 1, maxLength: 4 }).map((found) => found.join(""));
const tags = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 7 });

test("tag pattern: the fast matcher agrees with the slow one", () =>
  fc.assert(
    fc.property(written, tags, (pattern, tag) => {
      if (unfolded(pattern).some((one) => one.includes("***"))) return; // The definition does not say what they are.
      if (40 < pattern.length) return;
      assert.equal(compileTagPattern(pattern)(tag), unfolded(pattern).some((one) => slowly(one, tag)));
    }),
    { numRuns: 1000 },
  ));

test("tag pattern: whatever is typed gives a matcher or an error inside of it, and `**` fits every tag", () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ".", "*", "**", "{", "}", ",", " ", "가") }), fc.string(), (pattern, tag) => {
      assert.ok(compileTagPattern("**")(tag));
      try {
        compileTagPattern(pattern)(tag);
      } catch (error) {
        assert.ok(error instanceof TagPatternError, String(error));
        assert.ok(1 <= error.column && error.column <= Math.max(1, pattern.length));
      }
    }),
  ));

test("tag pattern: the steps grow with the tag's length, not with its square or worse", () => {
  const fits = compileTagPattern(`${"*a".repeat(40)}${"**b".repeat(40)}`);
  // A matcher that goes back and tries again would be at this for longer than the universe is old.
  assert.equal(fits("a".repeat(20_000)), false);
});
