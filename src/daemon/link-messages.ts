// What pipelines of a data-plane thread and the thread of the processes say to each other.
import type { Told } from "#base/errors.ts";

export type ToProcesses =
  | { readonly type: "open"; readonly id: number; readonly process: string; readonly consumer: string }
  /** The oldest lines that were not acked yet. */
  | { readonly type: "ack"; readonly id: number }
  | { readonly type: "close"; readonly id: number }
  | { readonly type: "produce"; readonly id: number; readonly process: string; readonly lines: Uint8Array }
  /** Nobody waits for the production any more. */
  | { readonly type: "leave"; readonly id: number };

export type FromProcesses =
  | { readonly type: "lines"; readonly id: number; readonly lines: Uint8Array; readonly count: number }
  | { readonly type: "produced"; readonly id: number }
  | { readonly type: "refused"; readonly id: number; readonly told: Told };
