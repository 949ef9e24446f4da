// Where what is read from a child's pipe lands: memory that is a file's, too. An agent that is killed between the reading and the journal leaves it there for
// the next one: no read can be in neither of the two.
//
// A chunk has a number, which goes into the journal in the step that says what it held. The memory is zero between two reads, so what lies there ends where the
// zeros begin. (Zero bytes at the very end of a chunk are not seen, then: they are no end of a line.)
import fs from "node:fs";
import { systemCode, toError } from "#base/errors.ts";
import { mapFile } from "#base/system-calls.ts";
import type { Log } from "#sdk/plugin.ts";

const BLOCK_BYTES = 64 << 10;
/** A page, of which the first eight bytes are the chunk's number. */
const HEAD_BYTES = 4 << 10;

/** What a file holds of the agent before. */
interface Left {
  readonly chunk: number;
  readonly bytes: number;
}

export class Landing {
  /** By which the journal knows it. */
  readonly instance: string;
  /** What is read goes here, from its start. */
  readonly block: Buffer;
  readonly #number: Float64Array;
  #bytes: number;

  constructor(instance: string, file: Buffer, { chunk, bytes }: Left, chunkTold: number) {
    this.instance = instance;
    this.#number = new Float64Array(file.buffer, file.byteOffset, 1);
    this.block = file.subarray(HEAD_BYTES);
    this.#bytes = bytes;
    this.#number[0] = chunk; // Written before it is ever read: a first read would bring the pages around it in, too.
    // All that it holds has been told, or it is another file than that of which the journal knows.
    if (this.chunk <= chunkTold) this.#clear(chunkTold + 1);
  }

  /** Of what lies there now, or comes next. */
  get chunk(): number {
    return this.#number[0] as number;
  }

  /** So many bytes have come. */
  landed(bytes: number): void {
    this.#bytes = bytes;
  }

  /** What lies there and is nowhere else; a copy. */
  held(): Buffer {
    return Buffer.from(this.block.subarray(0, this.#bytes));
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** The journal has it, or it comes again by itself. */
  release(): void {
    if (0 < this.#bytes) this.#clear(this.chunk + 1);
  }

  /** In this order: whoever is killed between the two leaves nothing that would be taken for new. */
  #clear(next: number): void {
    this.block.fill(0, 0, this.#bytes);
    this.#number[0] = next;
    this.#bytes = 0;
  }
}

/** The landings of all instances. */
export class Landings {
  readonly #log: Log;
  readonly #chunkTold: (instance: string) => number;
  readonly #open = new Map<string, Landing>();
  #isRefusalSaid = false;

  /** `chunkTold`: the last chunk of an instance that is in the journal, 0 for none. */
  constructor(log: Log, chunkTold: (instance: string) => number) {
    this.#log = log;
    this.#chunkTold = chunkTold;
  }

  /** Undefined where there can be none: what is read and not in the journal yet goes with a killed agent there. */
  of(path: string, instance: string): Landing | undefined {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    try {
      const left = leftIn(path);
      const file = mapFile(path, HEAD_BYTES + BLOCK_BYTES);
      if (file === undefined) return undefined;
      const made = new Landing(instance, file, left, this.#chunkTold(instance));
      this.#open.set(path, made);
      return made;
    } catch (error) {
      if (systemCode(error) === "ENOSPC") return undefined; // The journal says it.
      if (!this.#isRefusalSaid) this.#log.warn("what is read from processes cannot be kept until it is in the journal: should the agent be killed right between, it is lost", { file: path, error: toError(error).message });
      this.#isRefusalSaid = true;
      return undefined;
    }
  }

  /** Of processes that are gone. Their memory stays: somebody may read into it still. */
  dropGone(isThere: (process: string) => boolean): void {
    for (const [path, { instance }] of this.#open) {
      if (isThere(instance.slice(0, instance.lastIndexOf("\n")))) continue;
      this.#open.delete(path);
      fs.rmSync(path, { force: true });
    }
  }
}

/** Read as a file: of memory that is mapped, each page that is looked at counts as ours from then on. */
function leftIn(path: string): Left {
  const size = fs.statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== HEAD_BYTES + BLOCK_BYTES) return { chunk: 0, bytes: 0 };
  const file = fs.readFileSync(path);
  let end = file.length;
  while (HEAD_BYTES < end && file[end - 1] === 0) end -= 1;
  return { chunk: new Float64Array(Uint8Array.from(file.subarray(0, 8)).buffer)[0] ?? 0, bytes: end - HEAD_BYTES };
}
