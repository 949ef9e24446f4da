// Ids that sort by the time they were made, so that an index of them grows at its end. 18 letters and digits: 9 of the moment, 4 counted within it, 5 of the process.
// Not a secret.
import { uniqueId } from "./unique-id.ts";

let own: string | undefined;
let lastMs = 0;
let count = 0;

export function orderedId(nowMs: number): string {
  own ??= Buffer.from(uniqueId(), "base64").readUInt32BE(0).toString(36).padStart(7, "0").slice(-5);
  // A clock that goes back, or a moment with more than there are numbers: the moment that was last goes on.
  if (lastMs < nowMs) {
    lastMs = nowMs;
    count = 0;
  } else if ((count += 1) === COUNT_MAX) {
    lastMs += 1;
    count = 0;
  }
  return lastMs.toString(36).padStart(9, "0") + count.toString(36).padStart(4, "0") + own;
}

const COUNT_MAX = 36 ** 4;
