// For tests: reads a tail the way a pipeline does, and commits what it has read, or does not.
import assert from "node:assert/strict";
import type { Delivery, Input } from "#sdk/plugin.ts";
import type { TestContext } from "#sdk/testing.ts";
import { fileTail } from "../file-tail.ts";

const PATIENCE_MS = 60_000;

export class Follower implements AsyncDisposable {
  readonly lines: string[] = [];
  /** Lines by path. */
  readonly bySource = new Map<string, string[]>();
  readonly context: TestContext;
  isCommitting = true;
  /** The largest batch met. */
  rowsMost = 0;
  #input: Input | undefined;

  constructor(context: TestContext) {
    this.context = context;
  }

  async open(options: Record<string, unknown>): Promise<this> {
    this.#input = await fileTail.open(fileTail.options.parse({ refresh: "50ms", poll: "20ms", rotate_wait: "50ms", ...options }), this.context);
    return this;
  }

  /** Reads until the condition holds; fails when that takes too long. */
  async until(isEnough: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!isEnough()) {
      const delivery = await this.#input?.read(signal);
      assert(delivery !== undefined, `the tail ended or waited too long after ${this.lines.length} lines: ${JSON.stringify(this.lines.slice(-5))} ${JSON.stringify(this.context.said)}`);
      this.take(delivery);
    }
  }

  async untilLines(count: number): Promise<void> {
    await this.until(() => count <= this.lines.length);
  }

  /** Reads to the end of an input that ends. */
  async toEnd(): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (let delivery = await this.#input?.read(signal); delivery !== undefined; delivery = await this.#input?.read(signal)) this.take(delivery);
    assert(!signal.aborted, "the tail ends in time");
  }

  /** Reads what is there at this moment, if anything. */
  async glance(): Promise<void> {
    const delivery = await this.#input?.read(AbortSignal.timeout(1));
    if (delivery !== undefined) this.take(delivery);
  }

  /** Says that nothing comes for a while in which several rounds of looking take place. */
  async quiet(ms = 150): Promise<void> {
    const delivery = await this.#input?.read(AbortSignal.timeout(ms));
    if (delivery !== undefined) this.take(delivery);
    assert(delivery === undefined, `nothing more comes, but: ${JSON.stringify(this.lines.slice(-3))}`);
  }

  take({ batch, positions }: Delivery): void {
    const text = batch.text();
    const body = text.bytes.toString();
    text.release();
    assert(body.endsWith("\n"), "a batch ends with a newline");
    const lines = body.slice(0, -1).split("\n");
    assert.equal(lines.length, batch.rows);
    this.rowsMost = Math.max(this.rowsMost, batch.rows);
    this.lines.push(...lines);
    const source = batch.facts.source ?? "";
    this.bySource.set(source, [...(this.bySource.get(source) ?? []), ...lines]);
    batch.release();
    if (!this.isCommitting) return;
    for (const [key, position] of Object.entries(positions ?? {})) {
      if (position === null) this.context.store.delete(key);
      else this.context.store.set(key, structuredClone(position));
    }
  }

  said(message: string): boolean {
    return this.context.said.some((said) => said.message.includes(message));
  }

  async close(): Promise<void> {
    await this.#input?.close();
    this.#input = undefined;
    assert.equal(this.context.pool.usedBytes, 0, "all chunks came back");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
