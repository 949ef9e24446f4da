// What a type of process is: `type:` in `processes:` of a config. It either says with which command its program is started, or it handles the events itself;
// then it runs in a process of its own as well, so that one that hangs or eats memory is ended and started anew as any other program.
//
// Restarts, queues, acknowledgements, time-outs and states are the agent's: a type knows nothing of them.
import type { z } from "zod";
import type { Text } from "#base/lang.ts";

interface Common<Options extends z.ZodType> {
  /** As users write it behind `type:`. */
  readonly name: string;
  readonly summary: Text;
  /** Of `options:`; plain JSON after parsing. */
  readonly options: Options;
  /** What becomes of an uploaded program: `file` lies there as it is, a `zip` is unpacked. */
  readonly program?: "file" | "zip";
  /** What is wrong with a program that is being uploaded; then nothing of it is kept. */
  programProblem?(program: Pick<ProgramPlace, "path" | "fileName">): Promise<Text | undefined>;
}

export interface CommandType<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "process";
  /** Before each start. Rejects with UsageError when it cannot be started so. */
  prepare(options: z.output<O>, place: ProcessPlace): Prepared | Promise<Prepared>;
}

export interface EventType<O extends z.ZodType = z.ZodType> extends Common<O> {
  readonly kind: "process";
  /** At each start. A rejection is an end with the code 1, and is tried again as the config says. */
  activate(options: z.output<O>, context: ProcessTypeContext): Promise<ActiveProcess>;
}

export type ProcessType<O extends z.ZodType = z.ZodType> = CommandType<O> | EventType<O>;

export interface ProgramPlace {
  /** Absolute: the file, or the folder that a zip was unpacked into. */
  readonly path: string;
  /** As it was uploaded. */
  readonly fileName: string;
  readonly version: number;
}

export interface ProcessPlace {
  readonly process: string;
  readonly platform: NodeJS.Platform;
  /** Absolute; it exists, and has the folders `extract`, `transform` and `check`. */
  readonly workDir: string;
  /** As it is in the config, with `{program}` and `{work}` replaced. */
  readonly command: readonly string[];
  /** undefined: nothing was uploaded. */
  readonly program?: ProgramPlace;
}

export interface Prepared {
  readonly command: readonly string[];
  /** Absolute; where the config says none. */
  readonly cwd?: string;
  /** Beside what the config says, which goes before. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessTypeContext {
  readonly process: string;
  /** Counted from 1. */
  readonly instance: number;
  readonly workDir: string;
  /** What the agent asks for when it ends the process: what is in hand should come to an end. */
  readonly signal: AbortSignal;
  /** A line for the flows without an event that asked for it. Resolves when it was taken. */
  print(line: string): Promise<void>;
  /** A line for people: it is shown, and goes nowhere. */
  say(line: string): void;
}

export interface ActiveProcess {
  /** One event at a time. What it gives is printed, then the event is done. A rejection ends the process: the event is tried again, or put aside, as the config says. */
  run(event: string, signal: AbortSignal): Promise<readonly string[]>;
  /** No event comes any more. */
  terminate?(): Promise<void>;
}

export function defineProcessType<O extends z.ZodType>(type: Omit<CommandType<O>, "kind">): CommandType<O>;
export function defineProcessType<O extends z.ZodType>(type: Omit<EventType<O>, "kind">): EventType<O>;
export function defineProcessType(type: Omit<CommandType, "kind"> | Omit<EventType, "kind">): ProcessType {
  return { ...type, kind: "process" };
}
