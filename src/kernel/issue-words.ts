// What zod finds wrong with a value by its bounds or its form, in both languages: of options in a config, and of parameters of a command.
import type { z } from "zod";
import type { Text } from "#base/lang.ts";
import { particle } from "./config/korean.ts";

/** `subject` is how the value is called in a sentence, `name` what of it is read aloud. */
export function rangeWords(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall, subject: Text, name: string): Text {
  const isTooBig = issue.code === "too_big";
  const bound = String(isTooBig ? issue.maximum : issue.minimum);
  const isInclusive = issue.inclusive ?? true;
  if (issue.origin === "string" && bound === "1" && !isTooBig) return { en: `${subject.en} must not be empty`, ko: `${subject.ko}${particle(name, "은/는")} 비어 있으면 안 됩니다` };
  if (issue.origin === "string" || issue.origin === "array") {
    const en = `${issue.origin === "string" ? "character" : "value"}${bound === "1" ? "" : "s"}`;
    const ko = issue.origin === "string" ? "자" : "개";
    return { en: `${subject.en} must have ${isTooBig ? "at most" : "at least"} ${bound} ${en}`, ko: `${subject.ko}에는 ${bound}${ko} ${isTooBig ? "이하를" : "이상을"} 써야 합니다` };
  }
  const en = isTooBig ? (isInclusive ? "at most" : "less than") : isInclusive ? "at least" : "more than";
  const ko = isTooBig ? (isInclusive ? "이하" : "미만") : isInclusive ? "이상" : "초과";
  return { en: `${subject.en} must be ${en} ${bound}`, ko: `${subject.ko}${particle(name, "은/는")} ${bound} ${ko}${ko === "미만" || ko === "이상" ? "이어야" : "여야"} 합니다` };
}

export function formatWords(issue: z.core.$ZodIssueInvalidStringFormat, subject: Text, name: string): Text {
  if (issue.format === "regex") return { en: `${subject.en} must match ${issue.pattern}`, ko: `${subject.ko}${particle(name, "은/는")} ${issue.pattern} 형태여야 합니다` };
  return { en: `${subject.en} is not a valid ${issue.format}`, ko: `${subject.ko}${particle(name, "은/는")} 올바른 ${issue.format} 값이 아닙니다` };
}
