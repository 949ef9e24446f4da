// What a process prints, in a file: at its bound it becomes `….1`, what was that `….2`, and so on.
import fs from "node:fs";
import { dirname } from "node:path";
import { toError } from "#base/errors.ts";
import type { OutputPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";

export class OutputFile {
  readonly #plan: OutputPlan & { readonly file: string };
  readonly #log: Log;
  #fd: number | undefined;
  #bytes = 0;
  #hasFailed = false;

  constructor(plan: OutputPlan & { readonly file: string }, log: Log) {
    this.#plan = plan;
    this.#log = log;
  }

  /** Into the page cache. What cannot be written is not held up: the process matters more. */
  write(lines: Buffer): void {
    try {
      this.#fd ??= this.#open();
      if (0 < this.#bytes && this.#plan.fileBytesMax < this.#bytes + lines.length) this.#rotate();
      for (let done = 0; done < lines.length; ) done += fs.writeSync(this.#fd, lines, done);
      this.#bytes += lines.length;
      if (this.#hasFailed) this.#log.info("output is written again", { file: this.#plan.file });
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#log.warn("output cannot be written", { file: this.#plan.file, error: toError(error).message });
      this.#hasFailed = true;
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    fs.mkdirSync(dirname(this.#plan.file), { recursive: true });
    const fd = fs.openSync(this.#plan.file, "a", 0o640);
    this.#bytes = fs.fstatSync(fd).size;
    return fd;
  }

  #rotate(): void {
    const { file, filesMax } = this.#plan;
    this.close();
    for (let number = filesMax - 1; 1 <= number; number -= 1) {
      const from = number === 1 ? file : `${file}.${number - 1}`;
      if (fs.existsSync(from)) fs.renameSync(from, `${file}.${number}`);
    }
    if (filesMax <= 1) fs.rmSync(file, { force: true });
    this.#fd = this.#open();
  }
}
