import { write } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "#base/errors.ts";

/** A terminal or pipe that takes nothing just now is asked again after this long. */
const AGAIN_MS = 5;

/** Writes every byte: one call may take only some of them. Position null writes where the descriptor stands. */
export async function writeFully(fd: number, bytes: Buffer, position: number | null, signal?: AbortSignal): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    try {
      done += await writeOnce(fd, bytes, done, position === null ? null : position + done);
    } catch (error) {
      if (systemCode(error) !== "EAGAIN" || signal?.aborted === true) throw error;
      await delay(AGAIN_MS);
    }
  }
}

function writeOnce(fd: number, bytes: Buffer, offset: number, position: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, offset, bytes.length - offset, position, (error, written) => (error === null ? resolve(written) : reject(error)));
  });
}
