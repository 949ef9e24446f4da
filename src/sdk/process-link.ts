// Between a pipeline and the processes that the same agent keeps alive.

/** What a process printed: whole lines, in their order. */
export interface PrintedLines {
  /** Each line with its newline. */
  readonly lines: Uint8Array;
  readonly count: number;
  /** The pipeline has them: they are not given again. */
  ack(): void;
}

export interface PrintedReader {
  /** Waits for lines; several may be read before the first is acked. undefined: the signal asked to stop waiting. */
  read(signal: AbortSignal): Promise<PrintedLines | undefined>;
  /** What was read and not acked comes again to the next who opens a reader of the same name. */
  close(): void;
}

export interface ProcessLink {
  /**
   * What a process prints, for one consumer, from where it was before a restart or a crash. Under the name that `readerName` gives an input, it gets what
   * was printed before it came as well: the agent keeps lines for it from before the process starts. Under another name it begins with what comes next.
   */
  openReader(process: string, consumer: string): PrintedReader;
  /** Puts whole lines into the queue of a process. Resolves when they are there to stay; waits while it is full. Rejects where that cannot be now. */
  produce(process: string, lines: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** By which the agent knows the input of a pipeline; `step` is its number, as `PluginContext` has it. */
export function readerName(pipeline: string, step: string): string {
  return `${pipeline}/${step}`;
}
