// The contracts plugins are written against. A plugin is a value made by one of the `define…` functions:
// importing it does nothing, `open` gets its resources, `close` gives them back. Its zod schema is the only
// description of its options: types, checks, defaults, editor completion and reference come from it.
//
// Options must be plain JSON after parsing (they travel to another thread): durations become milliseconds,
// sizes become bytes; compile patterns and open files in `open`.
import { z } from "zod";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { MetricDefinition, MetricFamily, MetricShape } from "./metric-family.ts";
import type { ProcessLink } from "./process-link.ts";

export type PluginKind = "in" | "parse" | "filter" | "buffer" | "out";

/** Says facts: a message that never changes and fields that do. `error` asks a person to act, `warn` was handled and may need one. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What a plugin may use while it is open. */
export interface PluginContext {
  /** The pipeline's name. */
  readonly pipeline: string;
  /** The step's place in the pipeline, counted from 1, with dots for nested outputs: "3", "3.1". */
  readonly step: string;
  /**
   * Counted from 1 among the pipeline's steps of the same kind (branches in their order): what is kept on disk for a step is named by
   * this where it can, for it stays when steps of other kinds are put in or taken out.
   */
  readonly nth: number;
  /** Chunk memory of this pipeline. */
  readonly pool: ChunkPool;
  readonly clock: Clock;
  readonly log: Log;
  /** A folder of this pipeline's own that survives restarts (it exists). */
  readonly dataDir: string;
  /** Folder of the config file: relative paths in options start there. */
  readonly configDir: string;
  /** `test`: started by `dure test` or `dure try`: an input that follows something ends when it has read what is there. */
  readonly mode: "run" | "test";
  /** What was committed for `key` before the last stop or crash (see Delivery.positions and Written.commit). */
  committed(key: string): JsonValue | undefined;
  /** All committed keys that start with `prefix`. */
  committedKeys(prefix: string): readonly string[];
  /** Counts something worth a metric: `lines_unmatched_total`, `reconnects_total`. */
  count(metric: string, by?: number): void;
  /** The processes that the agent keeps alive; undefined where none run beside the pipeline (`dure test`). */
  readonly processes?: ProcessLink | undefined;
  /** A metric made of records, for who looks at the agent's metrics. What an earlier run of the pipeline has added stays, when it is defined as before. */
  metric(definition: MetricDefinition): MetricFamily;
}

// --- inputs ---------------------------------------------------------------------------------------------------------------

export interface Delivery {
  readonly batch: Batch;
  /**
   * Where to go on after this batch, by source. The pipeline commits them, atomically and together with what the outputs
   * say, once the far side has the batch; `context.committed(key)` gives them back after a restart. null forgets the key.
   */
  readonly positions?: Readonly<Record<string, JsonValue>>;
  /**
   * The batch ends inside what its source would send again as one: what an output leaves to be committed (Written.commit) has to wait
   * for a delivery that does not, or a crash between the two would have the records before the cut written twice.
   */
  readonly isPartial?: boolean;
  /** Called after the commit: the far side has the batch. */
  ack?(): void | Promise<void>;
  /** Called when the pipeline is aborted before the batch could be written; it comes again after a restart. */
  nack?(): void;
}

/** A record that was given on, and when. */
export interface GivenRecord {
  readonly atMs: number;
  readonly record: object;
}

export interface Input {
  /**
   * The next batch; waits for it. undefined: the input has ended, or the signal asks it to stop waiting. Never called twice at a time. After
   * a read that a signal ended another may come, with another signal, and goes on behind all that was given out: a reload keeps an input
   * whose step is unchanged. Until then what comes in waits within the input's bounds, as it does behind a slow output.
   */
  read(signal: AbortSignal): Promise<Delivery | undefined>;
  /**
   * Of an input whose source cannot send again: what it has taken and not yet given on, when it is asked to stop and not read any more.
   * From the first call on it takes nothing new. undefined: that was all, or the signal asks to give the rest up. A durable buffer has
   * nothing to give on then; it waits for the end of what is still handed to it, and lets nothing wait for room any more.
   */
  readRest?(signal: AbortSignal): Promise<Delivery | undefined>;
  /** The last that it gave on, the oldest first, where it keeps them for whoever looks. */
  samples?(): readonly GivenRecord[];
  /** Something waits for the end of what was given on in part: the rest of it should come now. */
  finishPartial?(): void;
  close(): Promise<void>;
}

// --- transforms: parse, filter, and outputs whose result is the stream -------------------------------------------------------

export interface Transform {
  /**
   * Consumes the batch; returns it, or another, or undefined when nothing is left. Must not throw for bad records. Where there is no chunk
   * memory for what it makes it throws MemoryFullError with everything as it was, and is asked again when there may be some (withMemory).
   */
  apply(batch: Batch, signal: AbortSignal): Batch | undefined | Promise<Batch | undefined>;
  close?(): Promise<void>;
}

// --- buffers --------------------------------------------------------------------------------------------------------------

/** Takes batches on one side and gives them back, merged, on the other. */
export interface OpenBuffer extends Input {
  /** What is held survives a restart, so a stop need not wait until it is read out. */
  readonly isDurable: boolean;
  /**
   * Takes over a delivery. Resolves when there is room for the next one. A durable buffer has it on disk then, and commits and
   * acks it itself through `settle`; a memory buffer passes positions and acks on with what it reads out. false: the buffer was
   * closed before it could take the delivery, and takes none behind it; the batch is released all the same.
   */
  append(delivery: Delivery, settle: (delivery: Delivery) => Promise<void>): Promise<boolean>;
  /** Too much waits for what is held: it should come now, whatever the rule. Of a buffer that is not durable. */
  flush?(): void;
  /** No more comes: what is held is read out without waiting for its time, then `read` gives undefined. */
  end(): void;
  /** Bytes and batches held now. */
  held(): { readonly bytes: number; readonly batches: number };
}

/** The files of a buffer while it is not open. */
export interface BufferFiles {
  readonly dir: string;
  /** Reads, and changes nothing. Not `isDeep`: what batches hold is not checked. `isInUse`: beside a running agent only what is settled is looked at. */
  look(context: BufferFilesContext, how: { readonly isDeep: boolean; readonly isInUse: boolean }): Promise<BufferLook>;
  /** Sets damage aside as a start of the agent would, so that the next one finds none. Throws UsageError when an agent has the files. */
  repair(context: BufferFilesContext): Promise<readonly BufferRepair[]>;
}

export type BufferFilesContext = Pick<PluginContext, "nth" | "pool" | "clock" | "committed">;

export interface BufferLook {
  /** What waits. */
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  /** When the oldest batch came, in milliseconds since 1970. */
  readonly oldestMs?: number;
  readonly damage: readonly BufferDamage[];
  readonly quarantine: { readonly bytes: number; readonly files: number };
}

export interface BufferDamage {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  /** Of the frame that begins there. */
  readonly what: "head" | "payload" | "cut off";
  /** It was never settled: the next start leaves it out, and its source sends it again. */
  readonly isUnfinished: boolean;
}

export interface BufferRepair {
  readonly damage: BufferDamage;
  /** The file that the damaged bytes were copied to. */
  readonly kept?: string;
  /** Why nothing was done. */
  readonly problem?: string;
}

// --- outputs --------------------------------------------------------------------------------------------------------------

/** What a write may leave to be committed in the same record as the positions: with it an output is exactly once. */
export interface Written {
  /** Bytes the other side got, before compression; for the summary. */
  readonly bytes?: number;
  readonly commit?: Readonly<Record<string, JsonValue>>;
  /** Records the other side will never take: the pipeline keeps them as dead letters, and releases them. The rest is written. */
  readonly refused?: readonly Refused[];
}

export interface Refused {
  readonly batch: Batch;
  readonly reason: Error;
}

export interface Output {
  /** How many writes may be under way at once (default 1). They are started in order. */
  readonly concurrency?: number;
  /** Resolves only when the other side has the batch. Rejects with PermanentError (dead letters) or another error (tried again). Does not release the batch. */
  write(batch: Batch, signal: AbortSignal): Promise<Written | void>;
  /** Whether a write would have a chance now; failover asks before it returns to a preferred output. */
  healthy?(signal: AbortSignal): Promise<boolean>;
  /** Called after a commit that holds what this output asked for: now it may, for example, rotate its file. An output that has it gets batches in their order behind a failover, too. */
  committed?(): Promise<void>;
  close(): Promise<void>;
}

// --- definitions ----------------------------------------------------------------------------------------------------------

interface Common<Options extends z.ZodType> {
  /** As users write it behind `in.`: `FileTail`. */
  readonly name: string;
  readonly summary: Text;
  readonly options: Options;
  /** Names accepted from old configs, with their kind: `out.TimedBuffer`. */
  readonly aliases?: readonly string[];
  /** Names that are as good as its own, with their kind: `out.OpenSearch`. */
  readonly otherNames?: readonly string[];
  /** One step as it stands in a config, for `dure desc` and the reference. */
  readonly example?: string;
  /** What the records it makes hold, a line for each kind of them, for `dure desc` and the reference. */
  readonly records?: Text;
  /** The option a bare string stands for: `filter.Where "r.age > 30"`. */
  readonly shorthand?: string;
  /** Problems that only show on this machine (a missing file, a peer that does not answer); asked by `dure validate`. */
  checkEnvironment?(options: z.output<Options>, context: { readonly configDir: string; readonly signal: AbortSignal }): Promise<readonly Text[]>;
}

export interface InputPlugin<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "in";
  open(options: z.output<O>, context: PluginContext): Promise<Input>;
}
export interface TransformPlugin<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "parse" | "filter" | "out";
  readonly isTransform: true;
  open(options: z.output<O>, context: PluginContext): Promise<Transform>;
}
/**
 * A parser or filter that holds records of one batch until a later one comes (lines of one event, a window of time). It ends a segment and
 * begins the next, as a buffer does; `gatheringStep` (gathering.ts) makes the buffer out of what the plugin does with a batch.
 */
export interface GatheringPlugin<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "parse" | "filter";
  readonly isGathering: true;
  open(options: z.output<O>, context: PluginContext): Promise<OpenBuffer>;
}
export interface BufferPlugin<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "buffer";
  open(options: z.output<O>, context: PluginContext): Promise<OpenBuffer>;
  /** The files it keeps for a step, to be looked at and put right by a person; undefined when it keeps none. Makes nothing. */
  files?(options: z.output<O>, where: Pick<PluginContext, "dataDir" | "configDir" | "nth">): Promise<BufferFiles | undefined>;
}
export interface OutputPlugin<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "out";
  open(options: z.output<O>, context: PluginContext): Promise<Output>;
  /** What `failover` with `start_by: ip` hashes: the address this output writes to. */
  address?(options: z.output<O>): string;
  /** The metrics it makes of records: `dure validate` sees that steps which use the same name mean the same. */
  metrics?(options: z.output<O>): readonly MetricShape[];
}
/** What a registry holds: plugins of whatever options; only the plugin itself knows their type. */
export type Plugin = InputPlugin | TransformPlugin | GatheringPlugin | BufferPlugin | OutputPlugin;

export function defineInput<O extends z.ZodType>(plugin: Omit<InputPlugin<O>, "kind">): InputPlugin<O> {
  return { ...plugin, kind: "in" };
}
export function defineParse<O extends z.ZodType>(plugin: Omit<TransformPlugin<O>, "kind" | "isTransform">): TransformPlugin<O> {
  return { ...plugin, kind: "parse", isTransform: true };
}
export function defineFilter<O extends z.ZodType>(plugin: Omit<TransformPlugin<O>, "kind" | "isTransform">): TransformPlugin<O> {
  return { ...plugin, kind: "filter", isTransform: true };
}
/** A parser that holds records back. */
export function defineGatheringParse<O extends z.ZodType>(plugin: Omit<GatheringPlugin<O>, "kind" | "isGathering">): GatheringPlugin<O> {
  return { ...plugin, kind: "parse", isGathering: true };
}
/** A filter that holds records back. */
export function defineGatheringFilter<O extends z.ZodType>(plugin: Omit<GatheringPlugin<O>, "kind" | "isGathering">): GatheringPlugin<O> {
  return { ...plugin, kind: "filter", isGathering: true };
}
/** An output whose result goes on as the stream (`out.Exec`). */
export function defineThrough<O extends z.ZodType>(plugin: Omit<TransformPlugin<O>, "kind" | "isTransform">): TransformPlugin<O> {
  return { ...plugin, kind: "out", isTransform: true };
}
export function defineBuffer<O extends z.ZodType>(plugin: Omit<BufferPlugin<O>, "kind">): BufferPlugin<O> {
  return { ...plugin, kind: "buffer" };
}
export function defineOutput<O extends z.ZodType>(plugin: Omit<OutputPlugin<O>, "kind">): OutputPlugin<O> {
  return { ...plugin, kind: "out" };
}

export { z };
