// Alerts on their way to the central server, in EventFlow's JSON. Each is a file until the server has taken it: one goes after the other, the oldest first, and is
// tried again for as long as it takes. Taken and not yet deleted when the agent is killed, it is posted once more.
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import { systemCode } from "#base/errors.ts";
import { localTime } from "#base/local-time.ts";
import type { ProcessSettings } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { FlowAlert } from "./flows/flows.ts";

export interface AlertOutboxParts {
  /** Made with the first alert. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Now. */
  announcer(): ProcessSettings["announcer"];
  readonly alertsMax?: number;
}

const ALERTS_MAX = 1000;
const POST_MS = 10_000;
const STILL_MS = 60_000;

export class AlertOutbox {
  readonly #parts: AlertOutboxParts;
  readonly #closing = new AbortController();
  #count = 0;
  #isAsked = false;
  #keeping: Promise<void> = Promise.resolve();
  #sending: Promise<void> | undefined;

  constructor(parts: AlertOutboxParts) {
    this.#parts = parts;
    this.#wake(); // What an agent before has left.
  }

  /** While no server is named, alerts are only events. */
  add({ process, atMs, message, event }: FlowAlert): void {
    const { dir, log, announcer, alertsMax = ALERTS_MAX } = this.#parts;
    if (!announcer().isOn || this.#closing.signal.aborted) return;
    const text = JSON.stringify({ type: "job", data: { jobName: process, datetime: localTime(atMs), message, stdin: event } });
    const name = `${String(atMs).padStart(15, "0")}-${String((this.#count += 1)).padStart(9, "0")}.json`;
    this.#keeping = this.#keeping.then(async () => {
      try {
        await mkdir(dir, { recursive: true });
        const names = await this.#names();
        for (const old of names.slice(0, Math.max(0, names.length - alertsMax + 1))) {
          await rm(join(dir, old), { force: true });
          log.warn("too many alerts wait for the central server; the oldest is left out", { alertsMax });
        }
        await writeFile(join(dir, `${name}.new`), text, { flush: true });
        await rename(join(dir, `${name}.new`), join(dir, name));
      } catch (error) {
        log.warn("an alert could not be kept for the central server", { process, error });
      }
      this.#wake();
    });
  }

  /** What is left is posted by the next agent. */
  async close(): Promise<void> {
    await this.#keeping;
    this.#closing.abort();
    await this.#sending;
  }

  #wake(): void {
    this.#isAsked = true;
    this.#sending ??= this.#work();
  }

  async #work(): Promise<void> {
    while (this.#isAsked && !this.#closing.signal.aborted) {
      this.#isAsked = false;
      await this.#sendAll();
    }
    this.#sending = undefined; // In the same turn as the last look, or who asks between the two would ask nobody.
  }

  async #sendAll(): Promise<void> {
    const { dir, clock, log, announcer } = this.#parts;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const [name] = await this.#names();
      if (name === undefined) return;
      const { isOn, host, port, alertPath } = announcer();
      if (!isOn) {
        await clock.pause(STILL_MS, signal);
        continue;
      }
      const problem = await this.#post(join(dir, name), `http://${host.includes(":") ? `[${host}]` : host}:${port}${alertPath}`);
      if (problem === undefined) {
        if (0 < failures) log.info("the central server takes alerts again", { failures });
        failures = 0;
        continue;
      }
      failures += 1;
      if (failures === 1) log.warn("the central server takes no alerts; they are kept", { host, port, problem });
      await clock.pause(backoffMs(failures), signal);
    }
  }

  /** undefined: it was taken, and is gone. */
  async #post(file: string, url: string): Promise<string | undefined> {
    try {
      const body = await readFile(file);
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body, redirect: "error", signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(POST_MS)]) });
      await response.body?.cancel();
      if (!response.ok) return `it answered ${response.status}`;
      await rm(file, { force: true });
      return undefined;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined; // It was left out for newer ones meanwhile.
      return systemCode((error as Error).cause) ?? (error as Error).message;
    }
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#parts.dir)).filter((name) => name.endsWith(".json")).sort();
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      this.#parts.log.warn("alerts that wait cannot be looked at", { error });
      return [];
    }
  }
}
