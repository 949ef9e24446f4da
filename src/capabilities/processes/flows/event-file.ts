// EventFlow's event save file: each movement as a line. While it cannot be written, the last ones are kept for it.
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { toError } from "#base/errors.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#sdk/plugin.ts";
import type { KeptChunk } from "./kept-lines.ts";
import { KeptLines } from "./kept-lines.ts";
import { movementOf } from "./process-flow.ts";
import type { AboutMovement } from "./process-flow.ts";

const WAITING_BYTES_MAX = 16 << 20;
const RETRY_MS = 5000;

export class EventFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting: KeptLines<AboutMovement>;
  readonly #closing = new AbortController();
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(path: string, linesMax: number, clock: Clock, log: Log) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#waiting = new KeptLines(Math.max(1, linesMax), WAITING_BYTES_MAX);
  }

  add({ about, atMs, bytes, count }: KeptChunk<AboutMovement>): void {
    this.#waiting.add(about, atMs, bytes, count);
    this.#writing ??= this.#write();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve)); // What comes together is written together.
      const lines = this.#waiting.takeAll().map((line) => {
        const { process, direction, text } = movementOf(line);
        return `${new Date(line.atMs).toISOString()} ${process} ${direction}: ${text}\n`;
      });
      if (lines.length === 0) break;
      const text = lines.join("");
      while (!(await this.#append(text)) && !this.#closing.signal.aborted) await this.#clock.pause(RETRY_MS, this.#closing.signal);
    }
    this.#writing = undefined;
  }

  async #append(text: string): Promise<boolean> {
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await appendFile(this.#path, text, { mode: 0o640 });
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#log.warn("event file cannot be written", { file: this.#path, error: toError(error).message });
      this.#hasFailed = true;
    }
    return !this.#hasFailed;
  }
}
