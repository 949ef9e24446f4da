// What must not stand on a command line, where every process of the machine can read it: a password is asked for without echo, or comes from
// standard input or a file.
import { readFileSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { say } from "#base/lang.ts";
import { isPersonThere } from "../ask-person.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { exitCode } from "../exit-codes.ts";
import { UnseenTyping } from "../unseen-typing.ts";
import type { Parameter } from "./parameters.ts";

export interface SecretSource {
  readonly isStdin: boolean;
  /** The option's value. */
  readonly file: unknown;
}

/** Undefined where it may be left out and nobody gave it. */
export async function secretOf(parameter: Parameter, { isStdin, file }: SecretSource): Promise<string | undefined> {
  const { flag, isRequired } = parameter;
  if (isStdin) return withoutLineEnd(await textOf(process.stdin));
  if (typeof file === "string") return withoutLineEnd(readFileSync(file, "utf8"));
  if (!isRequired) return undefined;
  if (isPersonThere() && isTyped(flag)) return askedTwice(parameter);
  throw wrongUse({ en: `\`${flag}\` is missing${isTyped(flag) ? ", and nobody is at the terminal to be asked" : ""}`, ko: `\`${flag}\` 값이 없습니다${isTyped(flag) ? ". 물어볼 터미널도 없습니다" : ""}` }, { en: `pipe it in with --${flag}-stdin, or name a file with --${flag}-file`, ko: `--${flag}-stdin으로 넘기거나 --${flag}-file로 파일을 지정하세요` });
}

/** What is secret and longer than a line, as the text of a config, nobody types. */
function isTyped(flag: string): boolean {
  return flag.endsWith("password");
}

/** A new password is typed twice, for nobody sees what was typed. */
async function askedTwice({ flag, text }: Parameter): Promise<string> {
  const label = say(text) === "" ? flag : say(text).replace(/\.$/, "");
  using terminal = new UnseenTyping();
  const first = await terminal.line(`${label}: `);
  if (!/^(?:new-)?password$/.test(flag)) return first;
  if (first !== (await terminal.line(say({ en: "Once more: ", ko: "한 번 더: " })))) throw new CliFailure(exitCode.wrongUse, { en: "the two are not the same; nothing was done", ko: "두 값이 서로 달라 아무것도 하지 않았습니다" });
  return first;
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}
