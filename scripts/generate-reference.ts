// Writes the pages of docs/ that are made from code: the options of everything a config can hold, the codes of its problems and the
// exit codes. `node scripts/generate-reference.ts`; a test fails while a page is not what this would write.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Lang, Text } from "#base/lang.ts";
import { allCommands } from "#edges/all-commands.ts";
import { specOf } from "#edges/cli/derived/derived-commands.ts";
import { exitCode, exitCodeMeanings } from "#edges/cli/exit-codes.ts";
import { pathText, routeOf } from "#edges/http/route-of.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { configSections } from "#kernel/config/config-sections.ts";
import { codes } from "#kernel/config/codes.ts";
import { describePlugin, describeSection } from "#kernel/describe.ts";
import type { OptionDescription, PluginDescription } from "#kernel/describe.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins, builtInProcessTypes } from "#plugins/all.ts";
import type { Plugin } from "#sdk/plugin.ts";

/** Every generated page, by its name in docs/. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  const registry = createRegistry(builtInPlugins, builtInProcessTypes);
  const plugins = (await Promise.all(registry.names().map((name) => registry.get(name)))).filter((plugin) => plugin !== undefined);
  const pages = new Map<string, string>();
  for (const lang of ["en", "ko"] as const) {
    const ending = lang === "en" ? "md" : "ko.md";
    pages.set(`reference.${ending}`, reference(plugins, lang));
    pages.set(`error-codes.${ending}`, errorCodes(lang));
    pages.set(`reference-commands.${ending}`, commandReference(lang));
  }
  return pages;
}

const KINDS: readonly (readonly [kind: string, title: Text])[] = [
  ["in", { en: "Inputs", ko: "입력" }],
  ["parse", { en: "Parsers", ko: "파서" }],
  ["filter", { en: "Filters", ko: "필터" }],
  ["buffer", { en: "Buffers", ko: "버퍼" }],
  ["out", { en: "Outputs", ko: "출력" }],
];

const WORDS = {
  title: { en: "Config reference", ko: "설정 레퍼런스" },
  codesTitle: { en: "Error codes and exit codes", ko: "오류 코드와 종료 코드" },
  other: { en: "[한국어](reference.ko.md)", ko: "[English](reference.md)" },
  otherCodes: { en: "[한국어](error-codes.ko.md)", ko: "[English](error-codes.md)" },
  made: { en: "Made from the program's own schemas by `scripts/generate-reference.ts`: do not edit.", ko: "프로그램의 스키마에서 `scripts/generate-reference.ts`로 만든 문서입니다. 직접 고치지 마세요." },
  units: {
    en: "A *duration* is written `500ms`, `10s`, `5m`, `2h`, `1d`; a *size* `512`, `64k`, `10MB`, `1GB`. Values may hold `${env:NAME}`, `${env:NAME:-default}`, `${file:path}` and `${var:NAME}` (from `vars:`). The same text in a terminal: `dure desc NAME`.",
    ko: "*시간*은 `500ms`, `10s`, `5m`, `2h`, `1d`처럼, *크기*는 `512`, `64k`, `10MB`, `1GB`처럼 씁니다. 값에는 `${env:이름}`, `${env:이름:-기본값}`, `${file:경로}`, `${var:이름}`(`vars:`의 값)을 쓸 수 있습니다. 터미널에서는 `dure desc 이름`으로 같은 내용을 봅니다.",
  },
  sections: { en: "Around the plugins", ko: "플러그인 밖의 설정" },
  head: { en: "| Option | Type | Default | Meaning |", ko: "| 옵션 | 형식 | 기본값 | 뜻 |" },
  required: { en: "**required**", ko: "**필수**" },
  noOptions: { en: "No options.", ko: "옵션이 없습니다." },
  shorthand: { en: "A bare value stands for", ko: "값만 쓰면 이 옵션으로 봅니다:" },
  aliases: { en: "Old names:", ko: "옛 이름:" },
  otherNames: { en: "Other names:", ko: "다른 이름:" },
  records: { en: "Its records:", ko: "레코드:" },
  codesIntro: {
    en: "Every problem of a config has a code, a place and, where there is one, the way out. In a terminal: `dure explain DURE101`.",
    ko: "설정의 모든 문제에는 코드와 위치가 있고, 고칠 방법이 있으면 함께 보여 줍니다. 터미널에서는 `dure explain DURE101`.",
  },
  codesHead: { en: "| Code | Level | | What | What to do |", ko: "| 코드 | 단계 | | 내용 | 설명 |" },
  error: { en: "error", ko: "오류" },
  warning: { en: "warning", ko: "경고" },
  commandsTitle: { en: "Command reference", ko: "명령 레퍼런스" },
  otherCommands: { en: "[한국어](reference-commands.ko.md)", ko: "[English](reference-commands.md)" },
  madeOfCommands: { en: "Made from the command table by `scripts/generate-reference.ts`: do not edit.", ko: "명령 표에서 `scripts/generate-reference.ts`로 만든 문서입니다. 직접 고치지 마세요." },
  commandsIntro: {
    en: "What one can ask of a running agent and tell it, on the command line, over HTTP and WebSocket, and in the dashboard: [dashboard and API](dashboard-and-api.md). In a terminal: `dure help NOUN`, `dure help NOUN VERB`. Results are described in `/api/openapi.json`.",
    ko: "실행 중인 에이전트에 묻고 시킬 수 있는 일입니다. 명령줄, HTTP, WebSocket, 대시보드에서 씁니다: [대시보드와 API](dashboard-and-api.ko.md). 터미널에서는 `dure help 명사`, `dure help 명사 동사`. 결과는 `/api/openapi.json`에 있습니다.",
  },
  parameterHead: { en: "| Parameter | Type | Default | Meaning |", ko: "| 매개변수 | 형식 | 기본값 | 뜻 |" },
  isStream: { en: "stream", ko: "스트림" },
  isAudited: { en: "audited", ko: "감사 기록에 남음" },
  isSecret: { en: "Never on a command line, never in the audit.", ko: "명령줄에 쓰지 않으며 감사 기록에 남지 않습니다." },
  exitCodes: { en: "Exit codes", ko: "종료 코드" },
  exitHead: { en: "| Code | Meaning |", ko: "| 코드 | 뜻 |" },
} as const satisfies Record<string, Text>;

function reference(plugins: readonly Plugin[], lang: Lang): string {
  const say = (word: keyof typeof WORDS): string => WORDS[word][lang];
  const sections = configSections.flatMap((section) => pluginLines(describeSection(section, lang), lang));
  const kinds = KINDS.flatMap(([kind, title]) => [`## ${title[lang]}`, "", ...plugins.filter((plugin) => plugin.kind === kind).flatMap((plugin) => pluginLines(describePlugin(plugin, lang), lang))]);
  return page([`# ${say("title")}`, "", say("other"), "", say("made"), "", say("units"), "", `## ${say("sections")}`, "", ...sections, ...kinds]);
}

function pluginLines({ fullName, summary, options, shorthand, aliases, otherNames = [], records, example }: PluginDescription, lang: Lang): string[] {
  const say = (word: keyof typeof WORDS): string => WORDS[word][lang];
  const named = (word: "aliases" | "otherNames", names: readonly string[]): string[] => (names.length === 0 ? [] : [`${say(word)} ${names.map((name) => `\`${name}\``).join(", ")}.`]);
  const notes = [...(shorthand === undefined ? [] : [`${say("shorthand")} \`${shorthand}\`.`]), ...named("aliases", aliases), ...named("otherNames", otherNames)];
  return [
    `### ${fullName}`,
    "",
    summary,
    "",
    ...(options.length === 0 ? [say("noOptions"), ""] : optionTable(options, lang)),
    ...(notes.length === 0 ? [] : [notes.join(" "), ""]),
    ...(records === undefined ? [] : [say("records"), "", ...records.map((line) => `- ${line}`), ""]),
    ...(example === undefined ? [] : ["```yaml", example, "```", ""]),
  ];
}

function optionTable(options: readonly OptionDescription[], lang: Lang, head: "head" | "parameterHead" = "head"): string[] {
  const rows = options.map(({ name, type, isRequired, default: usual, description }) =>
    row(`\`${name}\``, type, isRequired ? WORDS.required[lang] : usual === undefined ? "" : `\`${usual}\``, description),
  );
  return [WORDS[head][lang], "|---|---|---|---|", ...rows, ""];
}

function commandReference(lang: Lang): string {
  const say = (word: keyof typeof WORDS): string => WORDS[word][lang];
  const nouns = Map.groupBy(allCommands, ({ name }) => name.split(".")[0] ?? "");
  const sections = [...nouns].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([noun, commands]) => [`## ${noun}`, "", ...commands.flatMap((command) => commandLines(command, lang))]);
  return page([`# ${say("commandsTitle")}`, "", say("otherCommands"), "", say("madeOfCommands"), "", say("commandsIntro"), "", ...sections]);
}

function commandLines(command: CommandDefinition, lang: Lang): string[] {
  const { name, summary, role, effect, isAudited, event, params, key, secret = [] } = command;
  const spec = specOf(command);
  const route = routeOf(command);
  const facts = [role, ...(event === undefined ? [] : [WORDS.isStream[lang]]), ...(effect === "change" || isAudited === true ? [WORDS.isAudited[lang]] : [])];
  const { options } = describeSection({ name, summary, options: params, example: "" }, lang);
  // What an option of an option is called, its own description says.
  const shown = options.filter((option) => !/[.[]/.test(option.name)).map((option) => (secret.includes(option.name) ? { ...option, description: `${option.description} ${WORDS.isSecret[lang]}`.trim() } : option));
  return [
    `### ${name}`,
    "",
    `${summary[lang]} (${facts.join(", ")})`,
    "",
    "```console",
    ["dure", spec.name, ...(spec.arguments === undefined ? [] : [spec.arguments])].join(" "),
    ...(command.examples ?? []).map(({ line, text }) => (text[lang] === "" ? line : `${line}    # ${text[lang]}`)),
    `${route.method} ${pathText(route, key)}`,
    "```",
    "",
    ...(shown.length === 0 ? [] : optionTable(shown, lang, "parameterHead")),
  ];
}

function errorCodes(lang: Lang): string {
  const say = (word: keyof typeof WORDS): string => WORDS[word][lang];
  const problems = Object.entries(codes).map(([code, { level, severity, title, explanation }]) => row(`\`${code}\``, level, say(severity), title[lang], explanation[lang]));
  const exits = Object.entries(exitCodeMeanings).map(([name, meaning]) => row(String(exitCode[name as keyof typeof exitCode]), meaning[lang]));
  return page([`# ${say("codesTitle")}`, "", say("otherCodes"), "", say("made"), "", say("codesIntro"), "", say("codesHead"), "|---|---|---|---|---|", ...problems, "", `## ${say("exitCodes")}`, "", say("exitHead"), "|---|---|", ...exits]);
}

/** A bar within a cell would end it. */
function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
}

function page(lines: readonly string[]): string {
  return `${lines.join("\n").trimEnd()}\n`;
}

if (import.meta.main) for (const [name, text] of await generatedPages()) writeFileSync(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), text);
