// Why a parameter does not fit, in words of both languages: a script's author reads them in an answer.
import type { z } from "zod";
import { joined } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import { formatWords, rangeWords } from "../issue-words.ts";

const TYPES: Readonly<Record<string, Text>> = {
  string: { en: "a text", ko: "글자" },
  number: { en: "a number", ko: "숫자" },
  int: { en: "a whole number", ko: "정수" },
  boolean: { en: "true or false", ko: "true 또는 false" },
  array: { en: "a list", ko: "목록" },
  object: { en: "a map", ko: "맵" },
};
/** A long list helps nobody. */
const LISTED_MAX = 20;
/** What is longer was meant as no name. */
const NAME_MAX = 64;

/** `known`: the names of the command's parameters. */
export function parameterWords(issue: z.core.$ZodIssue, known: readonly string[]): Text {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") return joined(issue.keys.slice(0, LISTED_MAX).map((key) => unknownWords(key, issue.path.length === 0 ? known : [])));
  if (path === "") return issue.code === "invalid_type" ? { en: "the parameters are a map", ko: "매개변수는 맵이어야 합니다" } : { en: issue.message, ko: wordsOf(issue) };
  if (issue.code === "invalid_type") {
    if (issue.message.endsWith("received undefined")) return { en: `\`${path}\` is missing`, ko: `\`${path}\` 매개변수가 없습니다` };
    const wanted = TYPES[issue.expected] ?? { en: issue.expected, ko: issue.expected };
    return { en: `\`${path}\` must be ${wanted.en}`, ko: `\`${path}\`에는 ${wanted.ko} 값을 쓰세요` };
  }
  if (issue.code === "invalid_value") {
    const values = listed(issue.values.map(String));
    return { en: `\`${path}\` must be one of ${values}`, ko: `\`${path}\`에는 다음 가운데 하나를 쓰세요: ${values}` };
  }
  const subject: Text = { en: `\`${path}\``, ko: `\`${path}\`` };
  if (issue.code === "too_small" || issue.code === "too_big") return rangeWords(issue, subject, path);
  if (issue.code === "invalid_format") return formatWords(issue, subject, path);
  // Each way it could have been written says what is wrong with it; one of them is enough.
  const [ways = []] = issue.code === "invalid_union" ? issue.errors : [];
  const [inner] = ways;
  if (inner !== undefined) return parameterWords({ ...inner, path: [...issue.path, ...inner.path] }, known);
  return { en: `\`${path}\`: ${issue.message}`, ko: `\`${path}\`: ${wordsOf(issue)}` };
}

/** In Korean; what its author has not written in it stands behind it. */
function wordsOf(issue: z.core.$ZodIssue): string {
  const ko = issue.code === "custom" ? issue.params?.["ko"] : undefined;
  return typeof ko === "string" ? ko : `쓸 수 없는 값입니다 (${issue.message})`;
}

function unknownWords(given: string, known: readonly string[]): Text {
  const key = given.length <= NAME_MAX ? given : `${given.slice(0, NAME_MAX)}…`;
  const near = key === given ? closest(key, known) : undefined;
  if (near !== undefined) return { en: `unknown parameter \`${key}\`; did you mean \`${near}\`?`, ko: `\`${key}\` 매개변수를 알 수 없습니다. 혹시 \`${near}\`인가요?` };
  if (known.length === 0) return { en: `unknown parameter \`${key}\``, ko: `\`${key}\` 매개변수를 알 수 없습니다` };
  return { en: `unknown parameter \`${key}\` (known: ${listed(known)})`, ko: `\`${key}\` 매개변수를 알 수 없습니다 (쓸 수 있는 것: ${listed(known)})` };
}

function listed(names: readonly string[]): string {
  return names.slice(0, LISTED_MAX).join(", ") + (LISTED_MAX < names.length ? ", …" : "");
}
