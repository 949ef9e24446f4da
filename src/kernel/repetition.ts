// Says a repeated record once, then how often it came again. Two records are the same when all but their numbers agree: the attempt
// and the waiting time of a failure change, the failure does not.
import type { LogRecord } from "./log.ts";

interface Window {
  readonly endsAt: number;
  /** The newest of those not said. */
  last: LogRecord;
  suppressed: number;
}

/** More different records than this within a window, and the oldest window ends early. */
const WINDOWS_MAX = 1000;

export class Repetition {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;
  readonly #windowMs: number;
  readonly #say: (record: LogRecord) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor({ now, windowMs, say }: { now: () => number; windowMs: number; say: (record: LogRecord) => void }) {
    this.#now = now;
    this.#windowMs = windowMs;
    this.#say = say;
  }

  take(record: LogRecord): void {
    if (record.level === "debug") return this.#say(record); // Who asks for details wants each of them.
    this.endWindows(this.#now());
    const key = keyOf(record);
    const window = this.#windows.get(key);
    if (window !== undefined) {
      window.suppressed += 1;
      window.last = record;
      return;
    }
    this.#say(record);
    this.#open(key, record);
  }

  /** Ends the windows whose time has come; one that held something back says so and goes on as a new one. */
  endWindows(now: number): void {
    for (const [key, window] of this.#windows) {
      const isOpen = window.endsAt - this.#windowMs <= now && now < window.endsAt; // Not where the clock was set back since.
      if (isOpen) return; // Windows stand in the order they were opened in.
      this.#windows.delete(key);
      if (window.suppressed === 0) continue;
      this.#sayCount(window);
      this.#open(key, window.last);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const window of this.#windows.values()) if (window.suppressed > 0) this.#sayCount(window);
    this.#windows.clear();
  }

  #open(key: string, record: LogRecord): void {
    this.#windows.set(key, { endsAt: this.#now() + this.#windowMs, last: record, suppressed: 0 });
    const oldest = this.#windows.size > WINDOWS_MAX ? this.#windows.entries().next().value : undefined;
    if (oldest !== undefined) {
      this.#windows.delete(oldest[0]);
      if (oldest[1].suppressed > 0) this.#sayCount(oldest[1]);
    }
    // A count must be told though nothing more is said; the timer keeps no process alive.
    this.#timer ??= setInterval(() => this.endWindows(this.#now()), this.#windowMs).unref();
  }

  #sayCount({ last, suppressed }: Window): void {
    this.#say({ ...last, fields: { ...last.fields, suppressed } });
  }
}

function keyOf({ level, message, fields }: LogRecord): string {
  return JSON.stringify([level, message, fields], (name, value: unknown) => (typeof value === "number" ? 0 : name === "stack" ? "" : value));
}
