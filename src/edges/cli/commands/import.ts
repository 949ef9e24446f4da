// `dure import Config.py`: the settings of an older program as a config of ours. Nothing of that program is run.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import iconv from "iconv-lite";
import { systemCode } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import { checkConfig } from "#kernel/config/check.ts";
import type { Command } from "../command.ts";
import { configFailure, openRegistry, showProblems } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { importedConfig, isOldConfig, projectOf } from "../itsbox/itsbox-config.ts";
import { pythonConstants } from "../itsbox/python-constants.ts";

const BYTES_MAX = 1 << 20;

export const importConfig: Command = async (call) => {
  const { args: [file = ""], options, globals, terminal, style, answer } = call;
  const output = options["output"] as string | undefined;
  const constants = pythonConstants(textOf(file), slashed(resolve(file)), new Map([["PROJECT_DIR", projectOf(slashed(resolve(file)))]]));
  if (!isOldConfig(constants)) throw wrongUse({ en: `${file} is no Config.py of the ItsBox Operator: its keys are not there`, ko: `${file}: ItsBox Operator의 Config.py가 아닙니다. 그 키가 없습니다` }, { en: "dure import itsbox/operator/Config.py", ko: "dure import itsbox/operator/Config.py" });
  const target = resolve(output ?? "dure.yml");
  const { text, notes } = importedConfig({ constants, file: slashed(resolve(file)), dir: slashed(dirname(target)), rules: (options["rules"] as string | undefined) ?? "./rules", hasPassword: options["withPassword"] === true });
  // What the variables will hold is not known here, and need not be.
  const checked = await checkConfig({ file: target, text, registry: openRegistry(), env: { RABBITMQ_PASS: "x" } });
  if (output !== undefined) write(output, text);
  if (globals.isJson) answer({ ...(output === undefined ? { text } : { file: output }), notes: notes.map((note) => say(note)) });
  else if (output === undefined) terminal.print(text.trimEnd());
  else terminal.talk(`${style.mark.ok} ${output}`);
  for (const note of globals.isJson ? [] : notes) terminal.talk(`${style.mark.warn} ${say(note)}`);
  if (checked.plan === undefined) {
    showProblems(call, checked);
    throw configFailure(checked, { en: "the old file says what cannot be: mend these places of the new one", ko: "예전 파일에 맞지 않는 값이 있습니다. 새 설정에서 위의 곳을 고치세요" });
  }
  if (output !== undefined && !globals.isJson) terminal.talk(say({ en: `next: dure validate ${output}, then dure run ${output}; docs/from-itsbox.md tells the rest`, ko: `다음: dure validate ${output}, 그리고 dure run ${output}. 나머지는 docs/from-itsbox.ko.md에 있습니다` }));
  return exitCode.done;
};

/** In UTF-8, or in CP949 as many were written. */
function textOf(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = systemCode(error) ?? "error";
    throw new CliFailure(exitCode.unreachable, { en: `${file} cannot be read (${code})`, ko: `${file} 파일을 읽을 수 없습니다 (${code})` });
  }
  if (BYTES_MAX < bytes.length) throw wrongUse({ en: `${file} is too large to be a Config.py`, ko: `${file}: Config.py로 보기에는 너무 큽니다` });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return iconv.decode(bytes, "cp949");
  }
}

/** There may be a password in it. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw wrongUse({ en: `${file} exists; it is left as it is`, ko: `${file} 파일이 이미 있어 그대로 두었습니다` }, { en: "name another with --output", ko: "--output에 다른 이름을 쓰세요" });
    throw error;
  }
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}
