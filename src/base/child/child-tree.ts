// A child process with all it starts. It leads a process group of its own (Windows: taskkill follows the parents), and every process of the tree carries a
// mark in its environment, so that what leaves the group is found all the same.
import type { Readable, Writable } from "node:stream";

export interface ChildSpec {
  /** Program and arguments; no shell looks at them. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment; the mark is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of standard input, output and error: a pipe of ours, nothing, or an open descriptor of the caller's, who closes it. */
  readonly stdio: readonly ["pipe" | "ignore" | number, "pipe" | "ignore" | number, "pipe" | "ignore" | number];
  /** Name of a user of the system, or its number. Only root may. */
  readonly user?: string;
  readonly limits?: ChildLimits;
  /** What every process of the tree has in `DURE_TREE`: of this agent and this child alone. */
  readonly mark: string;
}

export interface ChildLimits {
  readonly memoryBytesMax?: number;
  readonly processesMax?: number;
  readonly filesMax?: number;
  readonly cpus?: number;
}

/** How a child ended. */
export interface ChildEnd {
  /** null: a signal ended it, or it was never started. */
  readonly code: number | null;
  readonly signal: string | null;
  /** It could not be started. */
  readonly error?: Error;
  /** It was ended because its tree had more than that. */
  readonly overLimit?: keyof ChildLimits;
}

export interface ChildUsage {
  /** Since its start, of the processes of the tree that are there. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly processes: number;
}

export interface ChildTree {
  /** undefined: it could not be started, and `ended` says why. */
  readonly pid: number | undefined;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The child itself has ended; others of its tree may go on. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** To the child and its group; false: it has gone. Throws UsageError for a signal that this system does not have. */
  signal(name: string): boolean;
  /**
   * Asks the whole tree to end, waits, kills what is left, in rounds until nobody is. Resolves when the tree is gone, with the numbers of those that the
   * system would not let us kill (mostly none). A second call with a shorter wait hastens the first. Throws UsageError as `signal` does.
   */
  end(how: { readonly signal: string; readonly waitMs: number }): Promise<readonly number[]>;
  usage(): Promise<ChildUsage>;
}
