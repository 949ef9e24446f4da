// An answer that is a file: an export, a bundle. A text goes to standard output, and with `--output` into a file as any does.
import { writeFileSync } from "node:fs";
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import { propertiesOf, resultSchema } from "#kernel/option-schema.ts";
import type { Call, OptionSpec } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { bytesText } from "#base/quantities.ts";
import { isMap } from "./value-text.ts";

export interface FileResult {
  readonly name: string;
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

export const outputOption: OptionSpec = { flags: "--output <file>", text: { en: "write it into this file, which must not be there yet", ko: "이 파일에 저장 (이미 있으면 쓰지 않음)" } };

export function isFile(schema: z.ZodType): boolean {
  const names = Object.keys(propertiesOf(resultSchema(schema)));
  return names.includes("base64") || (names.includes("fileName") && names.includes("text"));
}

export function fileIn(result: JsonValue): FileResult | undefined {
  if (!isMap(result)) return undefined;
  const { base64, fileName, name, text } = result;
  if (typeof base64 === "string") return { name: String(fileName ?? name ?? "dure-file"), bytes: Buffer.from(base64, "base64"), isBinary: true };
  return typeof fileName === "string" && typeof text === "string" ? { name: fileName, bytes: Buffer.from(text), isBinary: false } : undefined;
}

/** Never over a file that is there; into one that nobody else can read. Where no name is given, under the one that the agent gave. */
export function save({ globals, terminal, answer }: Call, { name, bytes }: FileResult, given: string | undefined): ExitCode {
  const file = given ?? name.replaceAll(/[^\w.-]/g, "_").replace(/^\.+/, "_");
  try {
    writeFileSync(file, bytes, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw wrongUse({ en: `${file} is there already`, ko: `${file} 파일이 이미 있습니다` }, { en: "name another: --output FILE", ko: "다른 이름을 지정하세요: --output 파일" });
  }
  if (globals.isJson) answer({ file, bytes: bytes.length });
  else terminal.talk(say({ en: `written: ${file} (${bytesText(bytes.length)})`, ko: `저장함: ${file} (${bytesText(bytes.length)})` }));
  return exitCode.done;
}
