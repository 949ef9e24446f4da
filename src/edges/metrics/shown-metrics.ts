// Where the agent shows its metrics, and how a reload changes it. What serves them takes 8 MB, so it is loaded only when they are shown.
import { isDeepStrictEqual } from "node:util";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import type { MetricsServer } from "./metrics-server.ts";

export type Where = { readonly host: string; readonly port: number } | undefined;

/** A change that was made and can be taken back. */
export interface Move {
  keep(): Promise<void>;
  undo(): Promise<void>;
}

export class ShownMetrics {
  readonly #log: Log;
  readonly #metrics: () => Promise<readonly MetricSnapshot[]>;
  #where: Where;
  #server: MetricsServer | undefined;

  constructor(log: Log, metrics: () => Promise<readonly MetricSnapshot[]>) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** From now on there, or nowhere. Rejects with UsageError, and leaves all as it was, when that cannot be. */
  async move(next: Where): Promise<Move> {
    const [where, server] = [this.#where, this.#server];
    if (isDeepStrictEqual(where, next)) return { async keep() {}, async undo() {} };
    // The same port of another address may be free only when ours is.
    const isInOurWay = next !== undefined && next.port === where?.port;
    if (isInOurWay) await server?.close();
    const back = async (): Promise<void> => {
      this.#where = where;
      this.#server = isInOurWay ? await this.#serve(where) : server;
    };
    try {
      this.#server = await this.#serve(next);
    } catch (error) {
      await back();
      throw error;
    }
    this.#where = next;
    const made = this.#server;
    return {
      async keep() {
        if (!isInOurWay) await server?.close();
      },
      async undo() {
        await made?.close();
        await back();
      },
    };
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async #serve(where: Where): Promise<MetricsServer | undefined> {
    if (where === undefined) return undefined;
    const { serveMetrics } = await import("./metrics-server.ts");
    return serveMetrics({ ...where, log: this.#log, metrics: this.#metrics });
  }
}
