// Whether lines have what a regular expression describes. Whoever may read the log may write one, and a bad one would hold up the whole agent: those
// that could take forever are refused, and each is broken off after a while.
import { createContext, Script } from "node:vm";
import { composed } from "#base/text.ts";
import { PatternError, mayBacktrackForever, readPattern } from "#sdk/pattern.ts";
import type { Pattern } from "#sdk/pattern.ts";
import { requiredText } from "#sdk/required-text.ts";
import { CommandFailure } from "../commands/failure.ts";
import type { LogLine } from "./log-line.ts";

export interface LinePattern {
  /** Is in each line that fits, as a search by text finds it; undefined: nothing is sure to be. */
  readonly text: string | undefined;
  /** Of these lines those that fit. Throws CommandFailure when it takes too long. */
  fitting(lines: readonly LogLine[]): readonly LogLine[];
}

export interface LinePatternLimits {
  /** Of one call of `fitting`, in which nobody else has a turn. A thousand ordinary lines take one. */
  readonly onceMs: number;
  /** Of all of them, of which a part is given back as time goes by. */
  readonly allMs: number;
}

const LIMITS: LinePatternLimits = { onceMs: 500, allMs: 10_000 };
/** Who follows the log looks at lines for days: so much of the time may go into it. */
const SHARE = 0.1;
/** Upper and lower case of these are the same for a search by text and for a regular expression. */
const PLAIN = /^[ -~가-힣]+$/;
const TEXT_LENGTH_MAX = 200;

/** Throws CommandFailure for what is no regular expression, or one that could take forever. */
export function linePattern(regex: string, limits: LinePatternLimits = LIMITS, now: () => number = () => performance.now()): LinePattern {
  const pattern = patternOf(regex);
  // As a search by text: whatever the case. ^ and $ are the ends of each line of a message that has several.
  const expression = new RegExp(pattern.source, [...new Set(`${pattern.flags}im`)].join(""));
  const shared = createContext({ expression, texts: [] as readonly string[] });
  const script = new Script("texts.map((text) => expression.test(text))");
  let spentMs = 0;
  let lookedAtMs = now();
  return {
    text: textOf(pattern),
    fitting(lines) {
      if (lines.length === 0) return [];
      shared["texts"] = lines.flatMap(({ message, fields }) => [composed(message), composed(JSON.stringify(fields))]);
      const began = now();
      let found: readonly boolean[];
      try {
        found = script.runInContext(shared, { timeout: limits.onceMs }) as readonly boolean[];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") throw tooSlow();
        throw error;
      }
      spentMs = Math.max(0, spentMs - (began - lookedAtMs) * SHARE);
      lookedAtMs = now();
      spentMs += lookedAtMs - began;
      if (limits.allMs < spentMs) throw tooSlow();
      return lines.filter((_, at) => found[2 * at] === true || found[2 * at + 1] === true);
    },
  };
}

function patternOf(regex: string): Pattern {
  let pattern: Pattern;
  try {
    pattern = readPattern(composed(regex));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw refused(error.text);
  }
  if (mayBacktrackForever(pattern.tree)) throw refused({ en: "the pattern repeats a repetition, as in `(a+)*`: on some lines it would take forever", ko: "`(a+)*`처럼 반복을 다시 반복하는 패턴은 어떤 줄에서는 끝나지 않습니다" });
  return pattern;
}

/** In the JSON of the fields it must stand as it does in the pattern. */
function textOf(pattern: Pattern): string | undefined {
  const text = requiredText({ ...pattern, flags: "" })?.text;
  return text !== undefined && text.length <= TEXT_LENGTH_MAX && PLAIN.test(text) && JSON.stringify(text).slice(1, -1) === text ? text : undefined;
}

function refused({ en, ko }: { readonly en: string; readonly ko: string }): CommandFailure {
  const hint = "Write a JavaScript regular expression; a plain search needs none.";
  return new CommandFailure("INVALID", { message: en, hint, ko: { message: ko, hint: "JavaScript 정규식을 쓰세요. 글자 그대로 찾을 때는 일반 검색을 쓰면 됩니다." } }, { issues: [{ path: "regex", message: en }] });
}

function tooSlow(): CommandFailure {
  return new CommandFailure("BUSY", {
    message: "the search was broken off: this regular expression takes too long on these lines",
    hint: "Say more exactly what is looked for, or narrow the search by time, level or pipeline.",
    ko: { message: "이 정규식은 로그를 찾는 데 너무 오래 걸려 검색을 멈췄습니다", hint: "찾는 내용을 더 정확히 쓰거나 시간, 수준, 파이프라인으로 범위를 줄이세요." },
  });
}
