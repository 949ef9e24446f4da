// Sends a dead letter again through the open output of its running pipeline. The letter goes when it is written for good, and stays, with
// the reason of today, when it is refused again: at no instant is it nowhere.
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { DeadLetters, Letter } from "#kernel/dead-letters.ts";
import { AbortedError } from "./deliver.ts";
import type { OpenPipeline } from "./open-pipeline.ts";

export type Replayed =
  | { readonly outcome: "written" }
  /** Some of its records are; the others lie in letters of their own. */
  | { readonly outcome: "written in part"; readonly reason: string }
  /** It stays, with this reason. */
  | { readonly outcome: "refused"; readonly reason: string }
  /** It stays as it was: the pipeline ends, nobody waits any longer, or nobody can say whether it is written for good. */
  | { readonly outcome: "left" };

export interface ReplayParts {
  readonly name: string;
  readonly pipeline: OpenPipeline;
  readonly pool: ChunkPool;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly leaveOff: AbortSignal;
}

export async function replayLetter(id: string, { name, pipeline, pool, deadLetters, clock, leaveOff }: ReplayParts): Promise<Replayed> {
  const letter = (await deadLetters.find(id)) ?? noLetter(id);
  if (letter.isDamaged) throw new CommandFailure("CONFLICT", { message: `dead letter ${id} is damaged and cannot be sent again`, ko: { message: `${id} 데드레터가 손상되어 다시 보낼 수 없습니다` } });
  const write = pipeline.outputFor(letter.step);
  if (write === undefined) throw noOutput(name, letter);
  const batch = await readInTime(letter);
  if (batch === undefined) return { outcome: "left" };
  let refused: string | undefined;
  let isGone = false;
  const keepRefused = async (part: Batch, step: string, reason: Error): Promise<void> => {
    refused = reason.message;
    if (part === batch) await deadLetters.replace({ ...letter, step, reason: reason.message }, part);
    else await deadLetters.put(part, { pipeline: name, step, reason: reason.message });
  };
  const ack = async (): Promise<void> => {
    await deadLetters.remove(id);
    isGone = true;
  };
  try {
    const { isDeadLetter } = await write({ batch, deadLetter: keepRefused, leaveOff, ack });
    if (isDeadLetter === true) return { outcome: "refused", reason: refused ?? "" };
    if (!isGone) return { outcome: "left" };
    return refused === undefined ? { outcome: "written" } : { outcome: "written in part", reason: refused };
  } catch (error) {
    if (error instanceof AbortedError) return { outcome: "left" };
    throw error;
  }

  /** A pipeline that is busy has no memory to spare now and then. */
  async function readInTime({ bytes }: Letter): Promise<Batch | undefined> {
    for (let tries = 1; ; tries += 1) {
      await pool.room(bytes, leaveOff);
      if (leaveOff.aborted) return undefined;
      try {
        return await deadLetters.read(id, pool);
      } catch (error) {
        if (!(error instanceof MemoryFullError) || pool.memory.bytesMax < error.chunkBytes) throw error;
        await clock.pause(backoffMs(tries, { firstMs: 5, mostMs: 500 }), leaveOff);
      }
    }
  }
}

export function noLetter(id: string): never {
  throw new CommandFailure("NOT_FOUND", { message: `there is no dead letter ${id}`, hint: "It may have been sent or removed meanwhile.", ko: { message: `${id} 데드레터가 없습니다`, hint: "그 사이 전송되었거나 지워졌을 수 있습니다." } });
}

function noOutput(name: string, { step }: Letter): CommandFailure {
  return new CommandFailure("CONFLICT", {
    message: `${name} cannot send it now: ${step} writes in front of a buffer, or no output stands there any more`,
    hint: "Stop the agent and call `dure dead-letters replay`.",
    ko: { message: `지금은 ${name} 파이프라인으로 보낼 수 없습니다: ${step} 출력이 버퍼 앞에 있거나, 그 자리에 이제 출력이 없습니다`, hint: "에이전트를 멈추고 `dure dead-letters replay`를 실행하세요." },
  });
}
