// The dead letters of a running agent: shown without secrets, put right, sent again through the pipelines' own outputs, or removed. While
// somebody changes or sends letters, here or from a command line, nobody else does.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { lockFile } from "#base/lock-file.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRows, datedRows } from "#dataplane/dated-rows.ts";
import type { DatedRow } from "#dataplane/dated-rows.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import type { DeadLetters, Letter } from "#kernel/dead-letters.ts";
import { linesOfBatch, timeOfText, timeText } from "#kernel/letter-text.ts";
import { redactedRecord } from "#kernel/redact-record.ts";
import { noLetter } from "./replay-letter.ts";
import type { Replayed } from "./replay-letter.ts";
import { restored, strayPlaceholder } from "./restored.ts";

export interface DeskParts {
  plan(): AgentPlan;
  replay(pipeline: string, letter: string, signal: AbortSignal): Promise<Replayed>;
  /** Tells all who want to know. */
  publish(name: string, data: Readonly<Record<string, unknown>>): unknown;
}

export interface ShownRecord {
  /** Counted from 0 among the letter's records. */
  readonly row: number;
  readonly time: string;
  readonly record: JsonValue;
}

export interface ShownLetter {
  readonly letter: Letter;
  readonly records: readonly ShownRecord[];
  /** Of all it holds: who changes it says what he has seen. */
  readonly base: string;
}

export interface RecordChange {
  readonly row: number;
  /** As it was shown but for what is changed; without it, the record is taken out. */
  readonly record?: Readonly<Record<string, JsonValue>> | undefined;
  readonly time?: string | undefined;
}

export interface ReplayProblem {
  readonly id: string;
  readonly message: string;
  /** In Korean, where it is not the other side's own words. */
  readonly ko?: string | undefined;
}

export interface ReplayCounts {
  readonly replayed: number;
  readonly refusedAgain: number;
  readonly left: number;
  readonly damaged: number;
  /** Why letters stay. */
  readonly problems: readonly ReplayProblem[];
}

const PROBLEMS_MAX = 100;

export class LetterDesk {
  readonly #parts: DeskParts;
  /** A hash of its own would tell who guesses whether he has guessed a secret. */
  readonly #key = nodeCrypto().randomBytes(32);

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  get #dir(): string {
    return join(this.#parts.plan().dataDir, "dead-letters");
  }

  get #kept(): DeadLetters {
    return openDeadLetters(this.#dir);
  }

  /** The newest first. */
  async list(pipeline: string | undefined, most: number, before?: string): Promise<{ readonly total: number; readonly letters: readonly Letter[] }> {
    return { total: await this.#kept.count(pipeline), letters: (await this.#kept.list(pipeline, most, before)).toReversed() };
  }

  async show(id: string, first: number, most: number): Promise<ShownLetter> {
    const letter = (await this.#kept.find(id)) ?? noLetter(id);
    return this.#reading(id, async (batch) => {
      const rows = datedRows(batch);
      return { letter, base: this.#baseOf(batch), records: rows.slice(first, first + most).map((row, index) => ({ row: first + index, time: timeText(row), record: redactedRecord(row.record) })) };
    });
  }

  /** Gives how many records it has then. */
  async edit(id: string, base: string, changes: readonly RecordChange[]): Promise<number> {
    using _ = this.#lock();
    const letter = (await this.#kept.find(id)) ?? noLetter(id);
    return this.#reading(id, async (batch) => {
      if (base !== this.#baseOf(batch)) throw new CommandFailure("CONFLICT", { message: "the dead letter was changed meanwhile", hint: "Look at it again.", ko: { message: "그 사이 데드레터가 바뀌었습니다", hint: "다시 확인하세요." } });
      const rows = changed(datedRows(batch), changes);
      if (rows.length === 0) throw new CommandFailure("INVALID", { message: "no record would be left", hint: "Remove the dead letter instead.", ko: { message: "레코드가 하나도 남지 않습니다", hint: "대신 데드레터를 지우세요." } });
      const after = batchOfRows(batch, rows);
      try {
        await this.#kept.replace(letter, after);
      } finally {
        after.release();
      }
      return rows.length;
    });
  }

  /** Gives what it was. */
  async remove(id: string): Promise<Letter> {
    using _ = this.#lock();
    const letter = (await this.#kept.find(id)) ?? noLetter(id);
    await this.#kept.remove(id);
    return letter;
  }

  /** One after the other, the oldest first; without ids all, or all of a pipeline. */
  async replay({ ids, pipeline }: { readonly ids?: readonly string[] | undefined; readonly pipeline?: string | undefined }, signal: AbortSignal): Promise<ReplayCounts> {
    using _ = this.#lock();
    const chosen = ids === undefined ? await this.#kept.list(pipeline) : await this.#named(ids);
    const counts = { replayed: 0, refusedAgain: 0, left: 0, damaged: 0 };
    const problems: ReplayProblem[] = [];
    /** What cannot be sent now need not be tried with each letter. */
    const stuck = new Map<string, Omit<ReplayProblem, "id">>();
    for (const { id, pipeline: name, step, isDamaged } of chosen) {
      if (isDamaged) {
        counts.damaged += 1;
        continue;
      }
      const place = `${name}/${step}`;
      const { outcome, problem } = stuck.has(place) ? { outcome: "left" as const, problem: stuck.get(place) } : await this.#replayOne(name, id, signal);
      if (outcome === "left" && problem !== undefined) stuck.set(place, problem);
      if (outcome === "written") counts.replayed += 1;
      else if (outcome === "left") counts.left += 1;
      else counts.refusedAgain += 1;
      if (problem !== undefined && problems.length < PROBLEMS_MAX) problems.push({ id, ...problem });
    }
    if (0 < counts.replayed + counts.refusedAgain) this.#parts.publish("dead-letters.replayed", counts);
    return { ...counts, problems };
  }

  async #named(ids: readonly string[]): Promise<Letter[]> {
    const letters: Letter[] = [];
    for (const id of new Set(ids)) letters.push((await this.#kept.find(id)) ?? noLetter(id));
    return letters.sort((one, other) => (one.at < other.at ? -1 : 1));
  }

  async #replayOne(pipeline: string, id: string, signal: AbortSignal): Promise<{ readonly outcome: Replayed["outcome"]; readonly problem?: Omit<ReplayProblem, "id"> | undefined }> {
    if (signal.aborted) return { outcome: "left" };
    try {
      const replayed = await this.#parts.replay(pipeline, id, signal);
      return { outcome: replayed.outcome, problem: "reason" in replayed ? { message: replayed.reason } : undefined };
    } catch (error) {
      // It is another pipeline's that is gone from the config, or paused, or whose outputs are others.
      if (error instanceof CommandFailure && error.code !== "FAILED") return { outcome: "left", problem: { message: error.message, ko: error.ko?.message } };
      throw error;
    }
  }

  async #reading<Result>(id: string, work: (batch: Batch) => Promise<Result>): Promise<Result> {
    const batch = await this.#kept.read(id, new ChunkMemory({ bytesMax: this.#parts.plan().memoryBytesMax }).pool());
    try {
      return await work(batch);
    } finally {
      batch.release();
    }
  }

  #baseOf(batch: Batch): string {
    return nodeCrypto().createHmac("sha256", this.#key).update(linesOfBatch(batch).join("\n")).digest("base64url");
  }

  #lock(): Disposable {
    mkdirSync(this.#dir, { recursive: true });
    try {
      const lock = lockFile(join(this.#dir, "lock"), "the dead letters");
      return { [Symbol.dispose]: () => lock.release() };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new CommandFailure("BUSY", { message: "somebody else sends or changes dead letters now", hint: "Try again in a moment.", ko: { message: "다른 곳에서 지금 데드레터를 보내거나 고치고 있습니다", hint: "잠시 뒤 다시 해 보세요." } }, { cause: error });
    }
  }
}

function changed(rows: readonly DatedRow[], changes: readonly RecordChange[]): DatedRow[] {
  const after: (DatedRow | undefined)[] = [...rows];
  for (const [index, { row, record, time }] of changes.entries()) {
    const before = rows[row];
    if (before === undefined) throw invalid(`changes.${index}.row`, { en: `there is no record ${row}`, ko: `${row}번 레코드가 없습니다` });
    if (record === undefined) {
      after[row] = undefined;
      continue;
    }
    const when = time === undefined ? before : timeOfText(time);
    if (when === undefined) throw invalid(`changes.${index}.time`, { en: "write a time such as 2026-01-31T09:00:00.000Z", ko: "2026-01-31T09:00:00.000Z 같은 시각을 쓰세요" });
    const whole = restored(record, redactedRecord(before.record), before.record) as DatedRow["record"];
    const stray = strayPlaceholder(whole, before.record);
    if (stray !== undefined) throw invalid(`changes.${index}.record`, { en: `${JSON.stringify(stray.slice(-60))} stands for a value that is not shown: leave it where it was, or write a new value`, ko: `${JSON.stringify(stray.slice(-60))} 자리는 보이지 않는 값입니다. 그대로 두거나 새 값을 쓰세요` });
    const { seconds, nanoseconds } = when;
    // Untouched rows keep the bytes they had.
    if (whole !== before.record || seconds !== before.seconds || nanoseconds !== before.nanoseconds) after[row] = { seconds, nanoseconds, record: whole };
  }
  return after.filter((row) => row !== undefined);
}

function invalid(path: string, { en, ko }: { readonly en: string; readonly ko: string }): CommandFailure {
  return new CommandFailure("INVALID", { message: en, ko: { message: ko } }, { issues: [{ path, message: en }] });
}
