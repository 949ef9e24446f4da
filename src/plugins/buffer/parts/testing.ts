// What the tests of buffers share: a clock that stands still, and the two ends of a buffer.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonValue } from "#base/json.ts";
import { StillClock } from "#base/still-clock.ts";
import type { Delivery, OpenBuffer } from "#sdk/plugin.ts";
import { recordsOf } from "#sdk/testing.ts";

export class TestClock extends StillClock {
  constructor() {
    super(1_790_000_000_000);
  }
}

/** Committed positions in a file, one commit a line, for children that are killed. */
export class FileStore {
  readonly #path: string;
  readonly #state = new Map<string, JsonValue>();
  constructor(dir: string) {
    this.#path = join(dir, "committed");
    const text = existsSync(this.#path) ? readFileSync(this.#path, "utf8") : "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    // A line cut off by a kill was no commit; what follows must not be joined to it.
    if (whole !== text) writeFileSync(this.#path, whole);
    for (const line of whole.split("\n").slice(0, -1)) this.#apply(JSON.parse(line) as Record<string, JsonValue>);
  }
  get(key: string): JsonValue | undefined {
    return this.#state.get(key);
  }
  commit(positions: Readonly<Record<string, JsonValue>>): void {
    this.#apply(positions);
    appendFileSync(this.#path, `${JSON.stringify(positions)}\n`);
  }
  #apply(positions: Readonly<Record<string, JsonValue>>): void {
    for (const [key, value] of Object.entries(positions)) this.#state.set(key, value);
  }
}

/** Lets everything that is ready to run do so, file calls included, however long the disk takes for them. */
export async function settleAll(rounds = 20): Promise<void> {
  for (let quiet = 0; quiet < rounds; quiet = isAtFile() ? 0 : quiet + 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a call that reads or writes a file is under way. */
function isAtFile(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq") || name === "CloseReq");
}

/** What a delivery holds, as text: a line or a record's `n` each. */
export function linesOf(delivery: Delivery | undefined): string[] {
  if (delivery === undefined) return [];
  return recordsOf(delivery.batch).map((record) => String(record["message"] ?? record["n"]));
}

export interface Read {
  readonly lines: string[];
  readonly tag: string;
  readonly positions: Readonly<Record<string, JsonValue>>;
  readonly isPartial: boolean;
}

/** Reads, acks and releases everything until the buffer has ended. */
export async function readToEnd(buffer: OpenBuffer, commit: (positions: Readonly<Record<string, JsonValue>>) => void = () => {}): Promise<Read[]> {
  const read: Read[] = [];
  for (;;) {
    const delivery = await buffer.read(AbortSignal.timeout(60_000));
    if (delivery === undefined) return read;
    read.push({ lines: linesOf(delivery), tag: delivery.batch.tag, positions: delivery.positions ?? {}, isPartial: delivery.isPartial === true });
    delivery.batch.release();
    commit(delivery.positions ?? {});
    await delivery.ack?.();
  }
}

/** For a memory buffer, which settles nothing itself. */
export const neverSettles = async (): Promise<void> => {
  throw new Error("a memory buffer passes positions on");
};
