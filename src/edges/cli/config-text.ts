// The text of a config file for commands that take it whole: what is no UTF-8 would come back as something else.
import { readFileSync } from "node:fs";
import { wrongUse } from "./failure.ts";

/** With its byte order mark, if it has one. */
export function configText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TypeError) throw wrongUse({ en: `${file} is not UTF-8; it is left as it is`, ko: `${file} 파일이 UTF-8이 아니어서 그대로 두었습니다` });
    throw error;
  }
}
