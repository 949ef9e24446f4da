// journalctl as a child, started again behind the last entry when it ends.
import { resolve } from "node:path";
import { backoffMs } from "#base/backoff.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import { howItEnded, startChild } from "../parts/child.ts";
import type { Child } from "../parts/child.ts";
import { LineReader } from "../parts/line-reader.ts";
import { sparingly } from "../parts/said-sparingly.ts";
import { entryOf } from "./entry.ts";
import type { Entry } from "./entry.ts";

interface JournalOptions {
  readonly units: readonly string[];
  readonly priority: string | undefined;
  readonly matches: readonly string[];
  readonly directory: string | undefined;
  readonly start: "beginning" | "end";
  readonly isRaw: boolean;
  readonly encoding: string;
  readonly entryBytesMax: number;
  readonly tag: string;
}

const POSITION = "journald";

export class JournalInput implements Input {
  readonly #options: JournalOptions;
  readonly #context: PluginContext;
  readonly #sayStderr: (message: string, fields: Record<string, unknown>) => void;
  readonly #openedSeconds: number;
  /** Of the last entry handed out. */
  #cursor: string | undefined;
  #run: { readonly child: Child; readonly lines: LineReader } | undefined;
  #failures = 0;
  #isOver = false;
  #isLeftOutSaid = false;

  constructor(options: JournalOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    this.#sayStderr = sparingly(context.log, () => context.clock.now());
    this.#openedSeconds = Math.floor(context.clock.now() / 1000);
    const committed = context.committed(POSITION);
    if (typeof committed === "string" && committed !== "") this.#cursor = committed;
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    while (!this.#isOver && !signal.aborted) {
      this.#run ??= this.#start();
      const lines = await this.#run.lines.read(signal);
      if (lines === undefined) return undefined;
      if (lines === "end") {
        await this.#finish(this.#run.child, signal);
        continue;
      }
      const delivery = this.#delivery(lines);
      if (delivery !== undefined) return delivery;
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#run?.child.close();
    this.#run = undefined;
  }

  #start(): { child: Child; lines: LineReader } {
    const { entryBytesMax, tag } = this.#options;
    const child = startChild(["journalctl", ...this.#arguments()], {
      cwd: this.#context.configDir,
      onStderr: (line) => this.#sayStderr("journalctl says on its standard error", { line }),
    });
    const lines = new LineReader(child.stdout, { encoding: "utf-8", lineBytesMax: entryBytesMax, tag, source: "journald", onTooLong: () => {} }, this.#context);
    return { child, lines };
  }

  #arguments(): string[] {
    const { units, priority, matches, directory, start } = this.#options;
    const isFollowing = this.#context.mode === "run";
    const from = (): string[] => {
      if (this.#cursor !== undefined) return ["--no-tail", `--after-cursor=${this.#cursor}`];
      if (start === "beginning") return ["--no-tail"];
      // Started again before any entry came: what came since the first start is not to be missed.
      return this.#failures === 0 ? ["--lines=0"] : ["--no-tail", `--since=@${this.#openedSeconds}`];
    };
    return [
      "--no-pager",
      "--quiet",
      "--all",
      "--output=json",
      ...(isFollowing ? ["--follow"] : []),
      ...from(),
      ...(directory === undefined ? [] : [`--directory=${resolve(this.#context.configDir, directory)}`]),
      ...units.map((unit) => `--unit=${unit}`),
      ...(priority === undefined ? [] : [`--priority=${priority}`]),
      ...matches,
    ];
  }

  /** Consumes the lines. undefined: there was no entry in them. */
  #delivery(lines: Batch): Delivery | undefined {
    const text = lines.text();
    const entries: Entry[] = [];
    for (const line of text.bytes.toString("utf8").split("\n")) {
      if (line === "") continue;
      const entry = entryOf(line, this.#options);
      if (entry === undefined) this.#leftOut(Buffer.byteLength(line));
      else entries.push(entry);
    }
    const { facts } = lines;
    text.release();
    lines.release();
    const last = entries.at(-1);
    if (last === undefined) return undefined;
    this.#cursor = last.cursor;
    this.#failures = 0;
    const records = entries.map(({ record }) => record);
    return { batch: batchOfRecords(this.#context.pool, records, facts, (index) => entries[index]?.timeMs), positions: { [POSITION]: last.cursor } };
  }

  #leftOut(bytes: number): void {
    this.#context.count("journald_entries_left_out_total");
    if (!this.#isLeftOutSaid) this.#context.log.warn("an entry of the journal is too long or no JSON and was left out; more are only counted", { bytes, entryBytesMax: this.#options.entryBytesMax });
    this.#isLeftOutSaid = true;
  }

  async #finish(child: Child, signal: AbortSignal): Promise<void> {
    await child.close();
    this.#run = undefined;
    const end = await child.ended;
    if (signal.aborted) return;
    this.#isOver = this.#context.mode === "test";
    const isGood = end.code === 0 && this.#isOver;
    if (!isGood) {
      this.#failures += 1;
      this.#context.count("journald_failures_total");
      if (this.#failures === 1) this.#context.log.warn("journalctl ended; it is started again behind the last entry", { ended: howItEnded(end) });
      if (!this.#isOver) await this.#context.clock.pause(backoffMs(this.#failures), signal);
    }
  }
}
