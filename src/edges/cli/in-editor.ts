// A text in the person's own editor: a copy in a folder that only this user can read, opened as often as it takes. It stays there when what
// was written could not be used, so that no work is lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Text } from "#base/lang.ts";
import { isPersonThere } from "./ask-person.ts";
import { exitCode } from "./exit-codes.ts";
import { CliFailure, wrongUse } from "./failure.ts";

export interface Draft {
  readonly file: string;
  /** Opens it, with this text where it is given, and gives what was saved. */
  edit(text?: string): Promise<Buffer>;
  /** It is not needed any more. */
  remove(): Promise<void>;
}

export interface DraftWords {
  /** Of the copy: editors colour by its ending. */
  readonly name: string;
  /** How a text for `--from` is had where nobody can edit. */
  readonly without: Text;
  /** What is said of an edit that is kept. */
  kept(file: string): Text;
}

/** Throws where nobody could edit: before anything is written. */
export async function openDraft({ name, without, kept }: DraftWords): Promise<Draft> {
  const editor = process.env["VISUAL"] || process.env["EDITOR"] || "";
  if (!isPersonThere()) throw wrongUse({ en: "nobody is at the terminal to edit: name a file with --from", ko: "편집할 터미널이 없습니다. --from으로 파일을 지정하세요" }, without);
  if (editor === "") throw wrongUse({ en: "no editor is set: set VISUAL or EDITOR, or name a file with --from", ko: "편집기가 없습니다. VISUAL이나 EDITOR를 정하거나 --from으로 파일을 지정하세요" });
  const file = join(await mkdtemp(join(tmpdir(), "dure-edit-")), name);
  return {
    file,
    async edit(text) {
      if (text !== undefined) await writeFile(file, text, { mode: 0o600 });
      const code = await runEditor(editor, file);
      if (code !== 0) throw new CliFailure(exitCode.failed, { en: `the editor ended with ${String(code)}: nothing was changed`, ko: `편집기가 ${String(code)} 코드로 끝나 아무것도 바꾸지 않았습니다` }, kept(file));
      return readFile(file);
    },
    remove: () => rm(dirname(file), { recursive: true, force: true }),
  };
}

/** The variable is a command with its options, as git and others take it. Ctrl-C is meant for the editor, and must not leave it without us. */
async function runEditor(editor: string, file: string): Promise<number | null> {
  const stay = (): void => {};
  process.on("SIGINT", stay);
  try {
    const child = process.platform === "win32" ? spawn(`${editor} "${file}"`, { shell: true, stdio: "inherit" }) : spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  } finally {
    process.off("SIGINT", stay);
  }
}
