// `dure fmt`: configs in one style. Prints them, or rewrites them (--write); --fix also puts old spellings right. A file whose meaning
// would not stay the same is left as it is, and that is said.
import { renameSync, statSync, writeFileSync } from "node:fs";
import { diff } from "node:util";
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { formatText } from "#kernel/config/format.ts";
import { modernText } from "#kernel/config/modernize.ts";
import { isSentElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import type { TextThere } from "../config-elsewhere.ts";
import { openRegistry } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { configFilesIn } from "../config-folder.ts";
import { configText } from "../config-text.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import type { Style } from "../terminal.ts";

const CONTEXT_LINES = 2;
const REASONS = {
  "not YAML": { en: "it is not valid YAML; see `dure validate`", ko: "올바른 YAML이 아닙니다. `dure validate` 참고" },
  "has errors": { en: "old spellings were left: the config has errors; see `dure validate`", ko: "설정에 오류가 있어 옛 표기는 고치지 않았습니다. `dure validate` 참고" },
  "would change": { en: "it was left as it is: its meaning or a comment would not have stayed the same", ko: "뜻이나 주석이 달라질 수 있어 그대로 두었습니다" },
} as const satisfies Record<string, Text>;

export const fmt: Command = async (call) => {
  const { options, globals, terminal, style, answer } = call;
  const [isFix, isCheck, isDiff] = [options["fix"] === true, options["check"] === true, options["diff"] === true];
  const isWrite = (options["write"] === true || isFix) && !isCheck && !isDiff;
  const { files, textOf, formatted } = isSentElsewhere(call) ? await workThere(call, isWrite || isFix) : workHere(call, isFix);
  const changed: string[] = [];
  const left: { file: string; reason: string }[] = [];
  const texts: { file: string; text: string }[] = [];
  const diffs: { file: string; diff: string }[] = [];
  for (const file of files) {
    const before = textOf(file);
    const { text: after, reason } = await formatted(file, before);
    if (reason !== undefined) {
      left.push({ file, reason: say(REASONS[reason]) });
      if (!globals.isJson) terminal.talk(`${style.mark.warn} ${file}: ${say(REASONS[reason])}`);
    }
    if (after !== before) changed.push(file);
    if (isDiff && after !== before) {
      const lines = changedLines(before, after, style);
      diffs.push({ file, diff: lines });
      if (!globals.isJson) terminal.print(`${style.bold(file)}\n${lines}`);
    }
    if (isWrite && after !== before) replaceFile(file, after);
    if (isWrite || isCheck || isDiff) continue;
    texts.push({ file, text: after });
    if (!globals.isJson) terminal.print(after.replace(/\r?\n$/, ""));
  }
  if (globals.isJson) answer({ files: files.length, changed, left, ...(isDiff ? { diffs } : isWrite || isCheck ? {} : { texts }) });
  else if (isCheck || isWrite) told(call, files, changed, isWrite);
  if (0 < left.length) return exitCode.failed;
  return isCheck && changed.length > 0 ? exitCode.failed : exitCode.done;
};

interface Outcome {
  readonly text: string;
  readonly reason?: keyof typeof REASONS;
}

interface Work {
  readonly files: readonly string[];
  textOf(file: string): string;
  formatted(file: string, before: string): Promise<Outcome>;
}

function workHere(call: Call, isFix: boolean): Work {
  const named = [...call.args, ...call.globals.config];
  const files = named.length === 0 ? [configFileOf(call, undefined)] : configFilesIn(named);
  return { files, textOf: configText, formatted: (file, before) => formattedHere(file, before, isFix) };
}

/** Files of this machine may be rewritten as the agent there would write them; its own config changes by an apply. */
async function workThere(call: Call, isWritten: boolean): Promise<Work> {
  const { configsThere, editInstead } = await import("../config-elsewhere.ts");
  if (call.options["fix"] === true) throw wrongUse({ en: "`--fix` works on this machine", ko: "`--fix`는 이 컴퓨터에서 일합니다" }, { en: "leave --url out, or leave old spellings as they are: --write", ko: "--url을 빼거나, 옛 표기는 그대로 두는 --write를 쓰세요" });
  const { texts, format } = await configsThere(call);
  const theirs = texts.find(({ isTheirs }) => isTheirs);
  if (isWritten && theirs !== undefined) throw wrongUse({ en: `${theirs.file} is the config of an agent elsewhere: it is not rewritten from here`, ko: `${theirs.file}: 다른 곳 에이전트의 설정이라 여기서 고쳐 쓰지 않습니다` }, editInstead);
  const found = (file: string): TextThere => texts.find((text) => text.file === file) as TextThere;
  return {
    files: texts.map(({ file }) => file),
    textOf: (file) => found(file).text,
    formatted: async (file) => {
      const { text, refused } = await format(found(file));
      return { text, ...(refused === undefined ? {} : { reason: refused }) };
    },
  };
}

async function formattedHere(file: string, before: string, isFix: boolean): Promise<Outcome> {
  const modern = isFix ? await modernText(file, before, openRegistry()) : undefined;
  if (modern !== undefined && "text" in modern) return modern;
  const plain = formatText(before);
  if ("refused" in plain) return { text: before, reason: plain.refused };
  return modern === undefined ? plain : { text: plain.text, reason: modern.refused };
}

function told({ globals, terminal, style }: Call, files: readonly string[], changed: readonly string[], isWrite: boolean): void {
  if (globals.verbosity < 0) return;
  for (const file of changed) terminal.talk(`${isWrite ? style.mark.ok : style.mark.bad} ${file}: ${isWrite ? say({ en: "rewritten", ko: "고쳐 씀" }) : say({ en: "would change; `dure fmt --write` does it", ko: "바뀔 것이 있습니다. `dure fmt --write`로 고치세요" })}`);
  if (changed.length === 0) terminal.talk(`${style.mark.ok} ${say({ en: `${files.length} checked, nothing to change`, ko: `${files.length}개 확인, 바꿀 것 없음` })}`);
}

/** Whole or not at all: a full disk must not cost a config. */
function replaceFile(file: string, text: string): void {
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, text, { mode: statSync(file).mode });
  renameSync(beside, file);
}

function changedLines(before: string, after: string, style: Style): string {
  const lines = diff(before.split("\n"), after.split("\n"));
  const isNear = (at: number): boolean => lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(([kind]) => kind !== 0);
  return lines
    .flatMap(([kind, line], at) => {
      if (kind === 0) return isNear(at) ? `  ${line}` : [];
      return kind === -1 ? style.green(`+ ${line}`) : style.red(`- ${line}`);
    })
    .join("\n");
}
