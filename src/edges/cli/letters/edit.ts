// `dure dead-letters edit`: the records of a letter in the person's editor, or out of a file, and back. What does not fit is kept in
// its file and named, so that no work is lost.
import { readFile } from "node:fs/promises";
import { TextDecoder } from "node:util";
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { DeadLetters, Letter } from "#kernel/dead-letters.ts";
import { LineFault, batchOfText, linesOfBatch } from "#kernel/letter-text.ts";
import type { Call } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { openDraft } from "../in-editor.ts";
import type { Draft } from "../in-editor.ts";
import { countText } from "../units.ts";

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
    const draft = typeof given === "string" ? undefined : await letterDraft();
    const file = draft?.file ?? String(given);
    const bytes = draft === undefined ? await readFile(file) : await draft.edit(before);
    if (bytes.equals(Buffer.from(before))) {
      await draft?.remove();
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
    await draft?.remove();
    if (call.globals.isJson) call.answer({ id: letter.id, records: after.rows, isChanged: true });
    else call.terminal.talk(say({ en: `the dead letter now holds ${countText(after.rows)} records; send it: dure dead-letters replay`, ko: `데드레터에 이제 레코드 ${countText(after.rows)}개가 있습니다. 보내기: dure dead-letters replay` }));
    return exitCode.done;
  } finally {
    batch.release();
  }
}

export function letterDraft(): Promise<Draft> {
  return openDraft({ name: "letter.ndjson", kept: keptIn, without: { en: "dure dead-letters show ID > letter.ndjson makes one", ko: "dure dead-letters show ID > letter.ndjson으로 만들 수 있습니다" } });
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

export function refused(place: string, { en, ko }: Text, file: string): CliFailure {
  return new CliFailure(exitCode.failed, { en: `${place} ${en}`, ko: `${place} ${ko}` }, keptIn(file));
}

export function keptIn(file: string): Text {
  return { en: `your edit is kept in ${file}; again with: dure dead-letters edit ID --from ${file}`, ko: `편집한 내용은 ${file} 에 있습니다. 다시: dure dead-letters edit ID --from ${file}` };
}
