// Text goes one way and records another; a source brings one of the two.
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Gathering } from "#sdk/gathering.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { EventRules } from "./event-rules.ts";
import { RecordEvents } from "./record-events.ts";
import { TextEvents } from "./text-events.ts";
import type { EventLimits } from "./text-events.ts";

export class Events implements Gathering {
  readonly #text: TextEvents;
  readonly #records: RecordEvents;

  constructor(rules: EventRules, settings: EventLimits & { readonly timeoutMs: number; readonly key: string }, context: PluginContext) {
    this.#text = new TextEvents(rules, settings, context);
    this.#records = new RecordEvents(rules, settings, context);
  }

  get dueAt(): number | undefined {
    const [text, records] = [this.#text.dueAt, this.#records.dueAt];
    return text === undefined || records === undefined ? (text ?? records) : Math.min(text, records);
  }

  add(batch: Batch): readonly Batch[] {
    return batch.form === "lines" ? this.#text.add(batch) : this.#records.add(batch);
  }

  flush(now: number): readonly Batch[] {
    const batches = this.#text.flush(now);
    // Each of the two is asked again on its own when there is no memory for it.
    return 0 < batches.length ? batches : this.#records.flush(now);
  }

  changes(): Record<string, JsonValue> {
    return { ...this.#text.changes(), ...this.#records.changes() };
  }

  held(): { bytes: number; batches: number } {
    const [text, records] = [this.#text.held(), this.#records.held()];
    return { bytes: text.bytes + records.bytes, batches: text.batches + records.batches };
  }
}
