// How long something took: of what jobs do, milliseconds count.
import { duration } from "../processes/times.ts";

/** `4 ms`, `1.3 s`, `3 h 4 min`. */
export function took(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : duration(ms);
}
