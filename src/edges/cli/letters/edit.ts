// `dure dead-letters edit`: the records of a letter in the person's editor, or out of a file, and back. What does not fit is kept in
// its file and named, so that no work is lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TextDecoder } from "node:util";
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { DeadLetters, Letter } from "#kernel/dead-letters.ts";
import { isPersonThere } from "../ask-person.ts";
import type { Call } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { countText } from "../units.ts";
import { LineFault, batchOfText, linesOfBatch } from "./text.ts";

interface EditParts {
  readonly kept: DeadLetters;
  readonly pool: ChunkPool;
  /** Held while the letter is written: a replay must not send the old content meanwhile. */
  lock(): Disposable;
}

export async function editLetter(call: Call, letter: Letter, { kept, pool, lock }: EditParts): Promise<ExitCode> {
  const batch = await kept.read(letter.id, pool);
  try {
    const before = textOf(batch);
    const given = call.options["from"];
    const file = typeof given === "string" ? given : await inEditor(before);
    const bytes = await readFile(file);
    if (bytes.equals(Buffer.from(before))) {
      if (file !== given) await rm(dirname(file), { recursive: true });
      if (call.globals.isJson) call.answer({ id: letter.id, records: batch.rows, isChanged: false });
      else call.terminal.talk(say({ en: "nothing was changed", ko: "바뀐 것이 없습니다" }));
      return exitCode.done;
    }
    const after = edited(batch, bytes, file);
    try {
      using _ = lock();
      await makeSureItIsTheSame(letter, before, file, { kept, pool });
      await kept.replace(letter, after);
    } catch (error) {
      if (error instanceof CliFailure && error.exitCode === exitCode.temporary) throw new CliFailure(error.exitCode, error.text, keptIn(file));
      throw error;
    } finally {
      after.release();
    }
    if (file !== given) await rm(dirname(file), { recursive: true });
    if (call.globals.isJson) call.answer({ id: letter.id, records: after.rows, isChanged: true });
    else call.terminal.talk(say({ en: `the dead letter now holds ${countText(after.rows)} records; send it: dure dead-letters replay`, ko: `데드레터에 이제 레코드 ${countText(after.rows)}개가 있습니다. 보내기: dure dead-letters replay` }));
    return exitCode.done;
  } finally {
    batch.release();
  }
}

/** The file as the editor left it, in a folder that only this user can read. */
async function inEditor(text: string): Promise<string> {
  const editor = process.env["VISUAL"] || process.env["EDITOR"];
  if (!isPersonThere()) throw wrongUse({ en: "nobody is at the terminal to edit: name a file with --from", ko: "편집할 터미널이 없습니다. --from으로 파일을 지정하세요" }, { en: "dure dead-letters show ID > letter.ndjson makes one", ko: "dure dead-letters show ID > letter.ndjson으로 만들 수 있습니다" });
  if (editor === undefined || editor === "") throw wrongUse({ en: "no editor is set: set VISUAL or EDITOR, or name a file with --from", ko: "편집기가 없습니다. VISUAL이나 EDITOR를 정하거나 --from으로 파일을 지정하세요" });
  const file = join(await mkdtemp(join(tmpdir(), "dure-letter-")), "letter.ndjson");
  await writeFile(file, text, { mode: 0o600 });
  // The variable is a command with its options, as git and others take it.
  const child = process.platform === "win32" ? spawn(`${editor} "${file}"`, { shell: true, stdio: "inherit" }) : spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new CliFailure(exitCode.failed, { en: `the editor ended with ${String(code)}: nothing was changed`, ko: `편집기가 ${String(code)} 코드로 끝나 아무것도 바꾸지 않았습니다` }, keptIn(file));
  return file;
}

function edited(batch: Batch, bytes: Buffer, file: string): Batch {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(`${file}`, { en: "the file is not UTF-8", ko: "파일이 UTF-8이 아닙니다" }, file);
  }
  try {
    const after = batchOfText(batch, text);
    if (after !== undefined) return after;
  } catch (error) {
    if (error instanceof LineFault) throw refused(`${file}:${error.line}:${error.column}`, error.text, file);
    throw error;
  }
  throw refused(file, { en: "no record is left; to drop the letter: dure dead-letters remove", ko: "레코드가 남지 않았습니다. 데드레터를 지우려면: dure dead-letters remove" }, file);
}

async function makeSureItIsTheSame({ id }: Letter, before: string, file: string, { kept, pool }: Pick<EditParts, "kept" | "pool">): Promise<void> {
  const now = await kept.read(id, pool).catch(() => undefined);
  const isSame = now !== undefined && textOf(now) === before;
  now?.release();
  if (!isSame) throw new CliFailure(exitCode.failed, { en: "the dead letter was sent, removed or changed meanwhile: nothing was written", ko: "그 사이 데드레터가 전송되거나 지워지거나 바뀌어 아무것도 쓰지 않았습니다" }, keptIn(file));
}

function textOf(batch: Batch): string {
  return `${linesOfBatch(batch).join("\n")}\n`;
}

function refused(place: string, { en, ko }: Text, file: string): CliFailure {
  return new CliFailure(exitCode.failed, { en: `${place} ${en}`, ko: `${place} ${ko}` }, keptIn(file));
}

function keptIn(file: string): Text {
  return { en: `your edit is kept in ${file}; again with: dure dead-letters edit ID --from ${file}`, ko: `편집한 내용은 ${file} 에 있습니다. 다시: dure dead-letters edit ID --from ${file}` };
}
