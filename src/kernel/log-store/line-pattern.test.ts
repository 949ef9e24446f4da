import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CommandFailure } from "../commands/failure.ts";
import { linePattern } from "./line-pattern.ts";
import { lineFitting } from "./log-line.ts";

const line = (message: string, fields = {}) => ({ id: 1, atMs: 1, level: "info" as const, message, fields });
const isRefused = (code: string) => (error: unknown): boolean => error instanceof CommandFailure && error.code === code && error.ko !== undefined;

for (const [regex, message, fits] of [
  ["status=5\\d\\d", "STATUS=502 from the peer", true],
  ["status=5\\d\\d", "status=404", false],
  ["^two$", "one\ntwo\nthree", true],
  ["오류가 (발생|나)", "처리 중 오류가 발생했습니다", true],
  ["/Refus/", "batch refused", true],
  ["\\bref\\b", "refused", false],
] as const) {
  test(`line pattern: ${regex} ${fits ? "fits" : "does not fit"} ${JSON.stringify(message)}`, () => assert.equal(linePattern(regex).fitting([line(message)]).length, fits ? 1 : 0));
}

test("line pattern: fields are looked at, too", () => assert.equal(linePattern('"port":\\s*\\d+').fitting([line("x", { port: 24224 })]).length, 1));

test("line pattern: what is no expression, or could take forever, is refused in both languages before any line is read", () => {
  assert.throws(() => linePattern("(a"), isRefused("INVALID"));
  assert.throws(() => linePattern("(a+)*$"), isRefused("INVALID"));
});

test("line pattern: one that takes too long is broken off, and the next search goes on", () => {
  const slow = linePattern("(a|aa)+$", { onceMs: 20, allMs: 60_000 });
  assert.throws(() => slow.fitting([line(`${"a".repeat(200)}!`)]), isRefused("BUSY"));
  assert.equal(linePattern("a!").fitting([line("aa!")]).length, 1);
});

test("line pattern: who follows the log for days is not broken off; who takes all the time there is, is", () => {
  for (const [idleMs, isSlow] of [[1000, false], [1, true]] as const) {
    let nowMs = 0;
    const pattern = linePattern("status=5\\d\\d", { onceMs: 500, allMs: 1000 }, () => (nowMs += 50)); // Each look takes 50 ms.
    const follow = (): void => {
      for (let lines = 0; lines < 1000; lines += 1, nowMs += idleMs) pattern.fitting([line("status=502")]);
    };
    if (isSlow) assert.throws(follow, isRefused("BUSY"));
    else follow();
  }
});

test("line pattern: whatever is written, what is asked of the store is in each line that fits", () => {
  const letter = fc.constantFrom("a", "B", "7", "오", "\"", "\\\\", ".", "é", " ");
  const part = fc.oneof(letter, letter.map((each) => `(${each})+`), letter.map((each) => `${each}?`), fc.constantFrom("a|b", "[ab]", "^", "\\d", "(?:7오)"));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.array(fc.constantFrom("a", "A", "b", "7", "오", '"', "\\", "é", "É", " ", "x"), { maxLength: 20 }), (parts, letters) => {
      const found = patternOf(parts.join(""));
      const text = letters.join("");
      for (const each of [line(text), line("", { text })]) {
        if (found?.text === undefined || found.fitting([each]).length === 0) continue;
        assert.ok(lineFitting({ text: found.text })(each), `${parts.join("")} needs ${found.text}`);
      }
    }),
  );
});

function patternOf(regex: string): ReturnType<typeof linePattern> | undefined {
  try {
    return linePattern(regex);
  } catch {
    return undefined;
  }
}
