// Whether nothing of a disk buffer was ever settled. Before its first commit there is no committed end to tell what its source sends
// again, and to take all for settled would double what a kill cut short then. So an empty file stands in the folder from its making on, and goes
// after the first commit, before the source hears of it: positions that were committed and got lost are never taken for this.
import fs from "node:fs";
import { join } from "node:path";
import { flushFolder } from "./file-calls.ts";

export class NeverSettled {
  readonly #dir: string;
  readonly #file: string;
  readonly #isFlushed: boolean;
  #isTrue: boolean;

  /** `isEmpty`: the folder holds no batch, and nothing was ever committed of it. `isFlushed`: it has to outlive a power cut that it goes. */
  constructor(dir: string, { isEmpty, isFlushed }: { readonly isEmpty: boolean; readonly isFlushed: boolean }) {
    this.#dir = dir;
    this.#file = join(dir, "never-settled");
    this.#isFlushed = isFlushed;
    if (isEmpty) fs.writeFileSync(this.#file, "");
    this.#isTrue = fs.existsSync(this.#file);
  }

  get isTrue(): boolean {
    return this.#isTrue;
  }

  /** The first commit is done, or was tried: from now on what lies in the files may be nowhere else. */
  async end(): Promise<void> {
    if (!this.#isTrue) return;
    fs.rmSync(this.#file, { force: true });
    if (this.#isFlushed) await flushFolder(this.#dir);
    this.#isTrue = false;
  }
}
