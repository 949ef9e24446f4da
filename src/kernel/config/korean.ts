// Particles behind names: never `{name}을(를)`. es-hangul knows Hangul endings; names of plugins and options end in Latin
// letters and digits, so those are first read the way a Korean would read them aloud.
import { composed } from "#base/text.ts";
import { josa } from "es-hangul";

type Particle = Parameters<typeof josa.pick>[1];

const DIGIT_READINGS = ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];

/** The particle that follows `name`: `particle("Stdout", "을/를")` is "을", `particle("Regex", "을/를")` is "를". */
export function particle(name: string, pair: Particle): string {
  return josa.pick(reading(name), pair);
}

/** A Hangul syllable that ends as the spoken name ends. */
function reading(name: string): string {
  const last = composed(name).match(/[\p{L}\p{N}](?=[^\p{L}\p{N}]*$)/u)?.[0] ?? "";
  if (/[가-힣]/.test(last)) return last;
  if (/[0-9]/.test(last)) return DIGIT_READINGS[Number(last)] ?? "이";
  const spelled = /[a-z]+(?=[^a-z]*$)/.exec(name.toLowerCase())?.[0] ?? "";
  const word = spelled.replace(/(?<=[aeiou][a-z]|l)e$/, ""); // The e of "file", "time" and "table" is silent.
  const isSilent = word !== spelled;
  if (/l$/.test(word)) return "일";
  if (/m$/.test(word)) return "임";
  if (/n$/.test(word)) return "인";
  if (/ng$/.test(word)) return "잉";
  // A stop right behind a vowel closes the syllable ("map" 맵, "exec" 이그젝, "out" 아웃); elsewhere it gets a vowel of its own.
  if (!isSilent && /[aeiou][pkct]$/.test(word)) return "입";
  return "이";
}
