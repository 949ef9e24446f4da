// `dure new [FILE]`: a first config. On a terminal it asks what is not said by options; elsewhere the options have to say it.
import { existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { systemCode } from "#base/errors.ts";
import { checkConfig } from "#kernel/config/check.ts";
import type { Registry } from "#kernel/registry.ts";
import type { Call, Command } from "../command.ts";
import { configFailure, pluginRegistry, showProblems } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { hasOption, newConfig as configFor } from "../new-config.ts";
import type { Answers } from "../new-config.ts";
import { pluginNamed } from "./create.ts";

export const newConfig: Command = async (call) => {
  const { args: [file = "dure.yml"], globals, terminal, style, answer } = call;
  if (existsSync(file)) throw alreadyThere(file);
  const registry = await pluginRegistry(call);
  const answers = process.stdin.isTTY === true && terminal.isInteractive ? await asked(call, registry) : flagsOnly(call);
  const { text, assumed } = await configFor(answers, registry);
  const checked = await checkConfig({ file, text, registry });
  if (checked.plan === undefined) {
    showProblems(call, checked);
    throw configFailure(checked, { en: "nothing was written", ko: "아무것도 쓰지 않았습니다" });
  }
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    throw systemCode(error) === "EEXIST" ? alreadyThere(file) : error;
  }
  if (globals.isJson) {
    answer({ file, assumed });
    return exitCode.done;
  }
  terminal.talk(`${style.mark.ok} ${file}`);
  for (const step of assumed) terminal.talk(`${style.mark.warn} ${say({ en: `put your own values, these are examples: ${step}`, ko: `예시 값이니 바꾸세요: ${step}` })}`);
  terminal.talk(say({ en: `next: dure validate ${file}, then dure run ${file}`, ko: `다음: dure validate ${file}, 그리고 dure run ${file}` }));
  return exitCode.done;
};

function alreadyThere(file: string): CliFailure {
  return wrongUse({ en: `${file} exists; it is left as it is`, ko: `${file} 파일이 이미 있어 그대로 두었습니다` }, { en: "name another: dure new other.yml", ko: "다른 이름을 쓰세요: dure new other.yml" });
}

function flagsOnly({ options }: Call): Answers {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const [input, output] = [text("in"), text("out")];
  if (input === undefined || output === undefined)
    throw wrongUse(
      { en: "without a terminal, say it with options: --in and --out", ko: "터미널이 아니면 옵션으로 지정하세요: --in, --out" },
      { en: "dure new --in in.FileTail --path 'logs/*.log' --parse nginx --out out.Stdout (also --encoding, --host, --port)", ko: "dure new --in in.FileTail --path 'logs/*.log' --parse nginx --out out.Stdout (그 밖에 --encoding, --host, --port)" },
    );
  return { input, output, parse: text("parse") ?? "none", path: text("path"), encoding: text("encoding"), host: text("host"), port: text("port") };
}

/** Asks for what no option says; an empty answer takes what stands in brackets. */
async function asked({ options }: Call, registry: Registry): Promise<Answers> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Its iterator keeps lines that were typed ahead; `question` would lose them.
  const typed = lines[Symbol.asyncIterator]();
  const ask = async (flag: string, question: Text, usual: string): Promise<string> => {
    const given = options[flag];
    if (typeof given === "string") return given;
    lines.setPrompt(`${say(question)} [${usual}]: `);
    lines.prompt();
    const answer = await typed.next();
    if (answer.done === true) throw new CliFailure(exitCode.interrupted, { en: "nothing was written", ko: "아무것도 쓰지 않았습니다" });
    return answer.value.trim() || usual;
  };
  try {
    const input = await ask("in", { en: "What to read (dure list in)", ko: "무엇을 읽을까요 (dure list in)" }, "in.FileTail");
    const reader = await pluginNamed(input, registry);
    const path = hasOption(reader, "path") ? await ask("path", { en: "Which files", ko: "어떤 파일" }, "logs/*.log") : undefined;
    const encoding = hasOption(reader, "encoding") ? await ask("encoding", { en: "Encoding (utf-8, cp949, …)", ko: "인코딩 (utf-8, cp949 등)" }, "utf-8") : undefined;
    const parse = await ask("parse", { en: "How to parse (Json, nginx, … or none)", ko: "어떻게 파싱할까요 (Json, nginx 등, 안 하면 none)" }, "none");
    const output = await ask("out", { en: "Where to send (dure list out)", ko: "어디로 보낼까요 (dure list out)" }, "out.Stdout");
    const writer = await pluginNamed(output, registry);
    const host = hasOption(writer, "host") ? await ask("host", { en: "Host", ko: "호스트" }, "127.0.0.1") : undefined;
    return { input, output, parse, path, encoding, host, port: options["port"] as string | undefined };
  } finally {
    lines.close();
  }
}
