// Files of the rules folder that no worker can import, for what they run then stands still or ends the process. Which it was is seen from outside only; the workers that come
// after leave it out, and the rules of the other files run. Reading the rules anew forgets it.
import type { ChildEnd } from "#base/child/child-tree.ts";

/** In a row: a process that a signal ended may have been killed by somebody who knew nothing of the file. */
const SIGNALS_MAX = 30;
/** Its own doing, and nobody else's. */
const CRASHES: readonly (string | null)[] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"];
const CRASHES_MAX = 3;

export class Unloadable {
  /** Relative to the rules folder, and why. */
  readonly files = new Map<string, string>();
  readonly #signals = new Map<string, number>();
  readonly #tell: (file: string, why: string) => void;

  constructor(tell: (file: string, why: string) => void) {
    this.#tell = tell;
  }

  hung(file: string, afterMs: number): void {
    this.#leaveOut(file, `its import did not end within ${afterMs / 1000} s: what it does at its top level has to be short`);
  }

  /** The process ended while it imported this. */
  ended(file: string, { code, signal }: ChildEnd): void {
    if (this.files.has(file)) return;
    const signals = (this.#signals.get(file) ?? 0) + 1;
    this.#signals.set(file, signals);
    if (code === null && signals < (CRASHES.includes(signal) ? CRASHES_MAX : SIGNALS_MAX)) return;
    this.#leaveOut(file, code === null ? `workers that import it end by ${signal ?? "a signal"}` : `it ends its worker while it is imported: exit code ${code}`);
  }

  loaded(file: string): void {
    this.#signals.delete(file);
  }

  #leaveOut(file: string, why: string): void {
    this.files.set(file, why);
    this.#tell(file, why);
  }
}
