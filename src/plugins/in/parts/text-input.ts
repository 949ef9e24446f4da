// What the inputs that listen for text have in common: the input over whatever sockets they open.
import type { Input, PluginContext } from "#sdk/plugin.ts";
import { CarryBudget } from "./carry.ts";
import { encodingOf } from "./encoding.ts";
import type { Framing, FramerParts } from "./framer.ts";
import { LineCollector } from "./line-collector.ts";

/** All unfinished messages of all clients together, beyond what each client has of its own. */
const CARRY_BYTES_MAX = 32 << 20;

export interface TextSource {
  /** How many clients came, and are there; datagrams have none. */
  readonly clients?: { readonly ever: number; readonly now: number };
  close(): Promise<void>;
}

export interface TextGiven {
  readonly tag: string;
  readonly encoding: string;
  readonly max_line: number;
}

/** An input over the sources that `open` makes; those already open are closed when one of them fails. */
export async function textInput(given: TextGiven, context: PluginContext, open: (framer: (framing: Framing) => FramerParts, add: (source: TextSource) => void) => Promise<void>): Promise<Input> {
  const textEncoding = encodingOf(given.encoding, new Uint8Array());
  const collector = new LineCollector(context, given.tag, textEncoding);
  const budget = new CarryBudget(CARRY_BYTES_MAX);
  let hasSaidLong = false;
  let hasSaidFull = false;
  const cut = (isLong: boolean): void => {
    context.count("lines_too_long_total");
    if (isLong) {
      if (!hasSaidLong) context.log.warn("a line is too long and was cut; more are only counted", { lineBytesMax: given.max_line });
      hasSaidLong = true;
    } else {
      if (!hasSaidFull) context.log.warn("a line was cut: what all clients have sent of unfinished lines fills the memory for them; more are only counted", { unfinishedBytesMax: CARRY_BYTES_MAX });
      hasSaidFull = true;
    }
  };
  const sources: TextSource[] = [];
  const closeSources = async (): Promise<void> => void (await Promise.all(sources.splice(0).map((source) => source.close())));
  const close = async (): Promise<void> => {
    await closeSources();
    collector.close();
  };
  try {
    await open((framing) => ({ framing, lineBytesMax: given.max_line, encoding: textEncoding, collector, budget, cut }), (source) => void sources.push(source));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async read(signal) {
      for (;;) {
        const batch = collector.shift();
        if (batch !== undefined) return { batch };
        if (signal.aborted) return undefined;
        // Under `dure test` the stream ends with its clients.
        if (context.mode === "test" && sources.some(({ clients }) => 0 < (clients?.ever ?? 0)) && sources.every(({ clients }) => (clients?.now ?? 0) === 0)) return undefined;
        await collector.ready(signal);
      }
    },
    async readRest(signal) {
      await closeSources();
      for (;;) {
        const batch = collector.shift();
        const lines = batch?.rows ?? 0;
        if (batch !== undefined) return { batch, nack: () => collector.sayLost(lines) };
        if (signal.aborted || !collector.isWaitedFor) return undefined;
        await collector.ready(signal);
      }
    },
    close,
  };
}
