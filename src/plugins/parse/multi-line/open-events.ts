// The events that are not complete yet, one for each source: what every way of joining keeps, bounds, times out and commits.
import type { JsonValue } from "#base/json.ts";
import type { PluginContext } from "#sdk/plugin.ts";

/** Sources that may have an open event at once; beyond, the one that waits longest is given on. */
const SOURCES_MAX = 1024;

interface Held<Event> {
  readonly event: Event;
  touchedMs: number;
}

export interface EventCodec<Event> {
  toJson(event: Event): JsonValue;
  /** undefined for what is none of ours. */
  fromJson(value: { readonly [key: string]: JsonValue }): Event | undefined;
}

export class OpenEvents<Event extends { readonly bytes: number }> {
  readonly #context: PluginContext;
  readonly #timeoutMs: number;
  readonly #prefix: string;
  readonly #codec: EventCodec<Event>;
  /** The one that waits longest first. */
  readonly #held = new Map<string, Held<Event>>();
  readonly #changed = new Set<string>();
  /** Keys that the position store has. */
  readonly #saved = new Set<string>();
  #bytes = 0;

  /** `kind` keeps the keys of several in one step apart. */
  constructor(kind: string, timeoutMs: number, codec: EventCodec<Event>, context: PluginContext) {
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#codec = codec;
    this.#prefix = `multi-line:${context.step}:${kind}:`;
    for (const key of context.committedKeys(this.#prefix)) {
      this.#saved.add(key);
      const source = key.slice(this.#prefix.length);
      const value = context.committed(key);
      const event = typeof value === "object" && value !== null && !Array.isArray(value) ? codec.fromJson(value as { readonly [key: string]: JsonValue }) : undefined;
      if (event === undefined) this.#changed.add(source);
      else this.#put(source, event);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }
  get size(): number {
    return this.#held.size;
  }
  get dueAt(): number | undefined {
    const [first] = this.#held.values();
    if (SOURCES_MAX < this.#held.size) return Number.NEGATIVE_INFINITY;
    if (first === undefined) return undefined;
    first.touchedMs = Math.min(first.touchedMs, this.#context.clock.now()); // Set back, a clock would have it wait for as long as that was.
    return first.touchedMs + this.#timeoutMs;
  }

  get(source: string): Event | undefined {
    return this.#held.get(source)?.event;
  }

  /** What the source's open event is now; undefined: it has none. */
  set(source: string, event: Event | undefined): void {
    this.#changed.add(source);
    this.#bytes -= this.#held.get(source)?.event.bytes ?? 0;
    this.#held.delete(source);
    if (event !== undefined) this.#put(source, event);
  }

  /** Sources whose events have to go on: no line came for the timeout, or there are too many. */
  due(now: number): readonly string[] {
    const sources: string[] = [];
    for (const [source, { touchedMs }] of this.#held) {
      if (now < touchedMs + this.#timeoutMs && this.#held.size - sources.length <= SOURCES_MAX) break;
      sources.push(source);
    }
    return sources;
  }

  /** See Gathering.changes. */
  changes(): Record<string, JsonValue> {
    const changes: Record<string, JsonValue> = {};
    for (const source of this.#changed) {
      const key = this.#prefix + source;
      const event = this.get(source);
      if (event !== undefined) changes[key] = this.#codec.toJson(event);
      else if (this.#saved.has(key)) changes[key] = null;
      if (event === undefined) this.#saved.delete(key);
      else this.#saved.add(key);
    }
    this.#changed.clear();
    return changes;
  }

  #put(source: string, event: Event): void {
    this.#held.set(source, { event, touchedMs: this.#context.clock.now() });
    this.#bytes += event.bytes;
  }
}
