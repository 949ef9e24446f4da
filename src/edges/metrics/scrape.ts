// One scrape of the agent's metrics, for whichever server shows them: several at a time ask the agent once, and none waits for ever.
import { within } from "#base/within.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import { contentTypes, formatFor, metricText } from "./metric-text.ts";

export interface Scraped {
  readonly text: string;
  readonly contentType: string;
}

/** A pipeline may hang in a call that never returns; a scrape does not wait for it. */
const ANSWER_MS = 5000;

/** By the `Accept` of who asks; undefined: the agent does not answer in time. */
export function scraper(metrics: () => Promise<readonly MetricSnapshot[]>, answerMs = ANSWER_MS): (accept: string | undefined) => Promise<Scraped | undefined> {
  let asking: Promise<readonly MetricSnapshot[]> | undefined;
  return async (accept) => {
    const told = await within(answerMs, (asking ??= metrics().finally(() => (asking = undefined))));
    if (told === undefined) return undefined;
    const format = formatFor(accept);
    return { text: metricText(told, format), contentType: contentTypes[format] };
  };
}
