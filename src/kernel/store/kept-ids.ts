// Where ids that grow go on after a restart, though the store may be away, or lag behind. A file holds a number that none has passed: it is
// raised some way ahead. After kill -9 so many ids may be left out; none ever comes twice.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "#sdk/plugin.ts";

export interface KeptIds {
  /** All ids so far are at most this. */
  readonly reached: number;
  /** This one has been given. */
  take(id: number): void;
  /** What was raised ahead is given back. */
  close(): void;
}

export function keptIds(file: string, log: Log, ahead: number): KeptIds {
  const reached = readNumber(file);
  let last = reached;
  let reserved = reached;
  let isBroken = false;
  const write = (id: number): void => {
    reserved = id;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${id}\n`);
      renameSync(`${file}.new`, file);
      isBroken = false;
    } catch (error) {
      // Ids may come again after a restart then: no reason not to run.
      if (!isBroken) log.warn("numbers that must not come twice cannot be kept", { file, error });
      isBroken = true;
    }
  };
  return {
    reached,
    take(id) {
      last = Math.max(last, id);
      if (reserved < last) write(last + ahead);
    },
    close() {
      if (last < reserved) write(last);
    },
  };
}

function readNumber(file: string): number {
  try {
    const number = Number(readFileSync(file, "utf8"));
    return Number.isSafeInteger(number) && 0 < number ? number : 0;
  } catch {
    return 0; // Not there yet, or unreadable: the store says more when it is opened.
  }
}
