// The parameters of a command of the table as words of a command line: which option stands for which, and what its text means.
import { toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { lang } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { valuesOf } from "#kernel/commands/words.ts";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import type { OptionSpec } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { durationOption, durationWord, timeOption } from "../units.ts";

export interface Parameter {
  /** As the command takes it: `perSecondMax`. */
  readonly name: string;
  /** As it is written behind two dashes: `per-second-max`; a claim without its `is`. */
  readonly flag: string;
  readonly kind: "text" | "number" | "time" | "duration" | "boolean" | "list" | "json";
  readonly choices: readonly string[] | undefined;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** Of a time: a duration in its place counts from now on, and not back. */
  readonly isAhead: boolean;
  /** What is meant without it. */
  readonly usual: unknown;
  /** Of any JSON: the parameter that takes its text as it was written. */
  readonly exact: string | undefined;
  readonly text: Text;
}

/** Every command line has one: `--lang`. */
const LANGUAGE = "lang";
/** A point in time, and not how long something takes. */
const TIME = /^(?:since|until|from|to|before|after|at)Ms$|AtMs$/;

export function parametersOf({ params, secret = [] }: Pick<CommandDefinition, "params" | "secret">): Parameter[] {
  const schema = optionSchema(params);
  const properties = propertiesOf(schema);
  const exact = new Set(Object.values(properties).map(({ exact: name }) => name));
  return Object.entries(properties).filter(([name]) => name !== LANGUAGE && !exact.has(name)).map(([name, own]) => {
    const kind = kindOf(own) !== "number" ? kindOf(own) : TIME.test(name) ? "time" : own.unit === "duration" && name.endsWith("Ms") ? "duration" : "number";
    const items = own.items ?? own.anyOf?.find((part) => part.items !== undefined)?.items;
    const choices = choicesOf(kind === "list" && items !== undefined ? items : own);
    return {
      name,
      flag: dashed(kind === "boolean" ? name.replace(/^is(?=[A-Z])/, "") : kind === "time" || kind === "duration" ? name.replace(/Ms$/, "") : name),
      kind,
      choices,
      isRequired: schema.required?.includes(name) === true && own.default === undefined,
      isSecret: secret.includes(name),
      isAhead: own["isAhead"] === true,
      usual: own.default,
      exact: typeof own["exact"] === "string" ? own["exact"] : undefined,
      text: { en: own.description ?? "", ko: own.ko ?? own.description ?? "" },
    };
  });
}

/** The options of the command line; the key is an argument, and what is secret never stands on a command line, where every process sees it. */
export function optionsOf(command: Pick<CommandDefinition, "params" | "secret" | "key">): OptionSpec[] {
  return parametersOf(command)
    .filter(({ name }) => name !== command.key)
    .flatMap((parameter) => {
      const { flag, kind, choices, isSecret, usual, isRequired } = parameter;
      const text = withUsual(parameter);
      if (isSecret)
        return [
          { flags: `--${flag}-stdin`, text: { en: `${text.en} (read from standard input)`.trim(), ko: `${text.ko} (표준 입력에서 읽음)`.trim() } },
          { flags: `--${flag}-file <file>`, text: { en: "the same from a file", ko: "파일에서 읽음" } },
        ];
      if (kind === "boolean") {
        const off: OptionSpec = { flags: `--no-${flag}`, text: usual === true ? text : { en: "not so", ko: "아님" } };
        const on: OptionSpec = { flags: `--${flag}`, text };
        if (usual === true) return [off];
        return usual === undefined && !isRequired ? [on, off] : [on];
      }
      return [{ flags: `--${flag} <${kind === "time" ? "duration or time" : kind === "duration" ? "duration" : flag}>`, text, ...(choices === undefined ? {} : { choices }), ...(kind === "list" ? { isRepeatable: true } : {}) }];
    });
}

/** The name under which an option's value is kept once it is parsed: `per-second-max` → `perSecondMax`. */
export function optionName(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the words of a command line stand for. What is missing or does not fit is for the agent to say: it says it to every edge alike. */
export function paramsFrom(command: Pick<CommandDefinition, "params" | "secret" | "key">, args: readonly string[], options: Readonly<Record<string, unknown>>): Record<string, JsonValue> {
  const claims: Record<string, JsonValue> = {};
  const words: Record<string, string | readonly string[]> = {};
  for (const { name, flag, kind, isSecret, isAhead, usual, exact } of parametersOf(command)) {
    const given = name === command.key ? args[0] : isSecret ? undefined : options[optionName(flag)];
    if (kind === "boolean" && typeof given === "boolean") {
      if (given !== usual) claims[name] = given;
    } else if (kind === "time" && given !== undefined) claims[name] = timeOption(given, `--${flag}`, { isAhead }) ?? 0;
    else if (kind === "duration" && given !== undefined) claims[name] = durationOption(given, `--${flag}`) ?? 0;
    else if (exact !== undefined && typeof given === "string" && isJson(given)) claims[exact] = given;
    else if (typeof given === "string" || (Array.isArray(given) && 0 < given.length)) words[name] = given as string | readonly string[];
    if (kind === "json" && typeof given === "string") refuseHalfJson(flag, given);
  }
  if (Object.hasOwn(propertiesOf(optionSchema(command.params)), LANGUAGE)) claims[LANGUAGE] = lang();
  return { ...claims, ...(valuesOf(command.params, words) as Record<string, JsonValue>) };
}

/** A parameter that takes any JSON would take it as a text, and nobody would be told that a quote is missing. */
function refuseHalfJson(flag: string, text: string): void {
  if (!/^\s*[{[]/.test(text)) return;
  try {
    JSON.parse(text);
  } catch (error) {
    const why = toError(error).message;
    throw new CliFailure(exitCode.wrongUse, { en: `\`--${flag}\` is not JSON: ${why}`, ko: `\`--${flag}\`의 JSON이 잘못되었습니다: ${why}` }, { en: `names and texts stand in double quotes, the whole in single ones: --${flag} '{"arg1":"hello"}'`, ko: `이름과 글은 큰따옴표로, 전체는 작은따옴표로 감싸세요: --${flag} '{"arg1":"hello"}'` });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function kindOf(schema: OptionSchema): Parameter["kind"] {
  const types = typesOf(schema);
  // What may be a text or something else is written as its text: a duration is `10s` or a number.
  if (types.has("string")) return "text";
  if (types.has("array")) return "list";
  if (types.has("number") || types.has("integer")) return "number";
  if (types.has("boolean")) return "boolean";
  return "json";
}

function typesOf(schema: OptionSchema): Set<string> {
  if (schema.enum !== undefined) return new Set(schema.enum.map((value) => typeof value));
  if (schema.const !== undefined) return new Set([typeof schema.const]);
  const own = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return new Set([...own, ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((part) => [...typesOf(part)])]);
}

function choicesOf(schema: OptionSchema): readonly string[] | undefined {
  const values = schema.enum ?? (schema.anyOf ?? schema.oneOf)?.flatMap((part) => part.enum ?? (part.const === undefined ? [] : [part.const]));
  const isWhole = schema.enum !== undefined || (schema.anyOf ?? schema.oneOf)?.every((part) => part.enum !== undefined || part.const !== undefined || part.type === "null") === true;
  return isWhole && values !== undefined && values.every((value) => typeof value === "string") && 0 < values.length ? values : undefined;
}

function withUsual({ text, usual, isRequired, isAhead, kind, choices }: Parameter): Text {
  const listed = choices === undefined ? "" : choices.join(", ");
  const mores: Text[] = [
    ...(kind === "time" ? [{ en: "10m, 2h, 2026-11-21T09:00", ko: "10m, 2h, 2026-11-21T09:00" }] : []),
    ...(isAhead ? [{ en: "10m: in ten minutes", ko: "10m: 10분 뒤" }] : []),
    ...(listed === "" || text.en.includes(listed) ? [] : [{ en: listed, ko: listed }]),
    ...(isRequired ? [{ en: "required", ko: "필수" }] : []),
    ...(usual === undefined || usual === null || kind === "boolean" || kind === "list" ? [] : [{ en: `default ${usualText(usual, kind)}`, ko: `기본 ${usualText(usual, kind)}` }]),
  ];
  if (mores.length === 0) return text;
  return { en: `${text.en} (${mores.map(({ en }) => en).join("; ")})`.trim(), ko: `${text.ko} (${mores.map(({ ko }) => ko).join("; ")})`.trim() };
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-/, "");
}

/** As one would give it. */
function usualText(usual: unknown, kind: Parameter["kind"]): string {
  if (kind === "duration" && typeof usual === "number") return durationWord(usual);
  return typeof usual === "object" ? JSON.stringify(usual) : String(usual);
}
