// The last things the agent said, kept for who looks at it through the control socket: its log file may be anywhere, or nowhere.
import type { LogRecord, LogSink } from "./log.ts";

const RECORDS_MAX = 200;

export class RecentLog implements LogSink {
  readonly #records: LogRecord[] = [];
  readonly #listeners = new Set<(record: LogRecord) => void>();

  write(record: LogRecord): void {
    this.#records.push(record);
    if (RECORDS_MAX < this.#records.length) this.#records.shift();
    for (const listener of this.#listeners) listener(record);
  }

  /** What was said lately, at once, and then what is said; what comes back ends it. */
  follow(listener: (record: LogRecord) => void): () => void {
    for (const record of this.#records) listener(record);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}
