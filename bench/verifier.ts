// Proves exactly-once arrival over bytes as they come.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const GUARD_BYTES = 13; // A token of 14 bytes may be cut anywhere.

interface VerifyExports {
  mark(pointer: number, length: number, bitmap: number, lines: number, counts: number): void;
}

export class Verifier {
  readonly #memory: WebAssembly.Memory;
  readonly #mark: VerifyExports["mark"];
  readonly #bytes: Uint8Array;
  readonly #counts: Uint32Array;
  readonly #lines: number;
  readonly #bitmap: number;
  readonly #window: number;
  #carried = 0;

  private constructor(module: Uint8Array, lines: number) {
    this.#lines = lines;
    this.#bitmap = 131_072;
    this.#window = Math.ceil((this.#bitmap + lines / 8 + 64) / 65_536) * 65_536;
    const pages = (this.#window >>> 16) + 40;
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: false });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory: this.#memory, abort: () => undefined } });
    this.#mark = (exports as unknown as VerifyExports).mark;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#counts = new Uint32Array(this.#memory.buffer, this.#bitmap - 64, 3);
  }

  static async create(lines: number): Promise<Verifier> {
    const source = fileURLToPath(new URL("./assembly/verify.ts", import.meta.url));
    const built = fileURLToPath(new URL("../build/bench/verify.wasm", import.meta.url));
    // Built once, in a process of its own: the compiler's heap would slow down the receiver that is to be out of the way.
    if (!existsSync(built) || statSync(built).mtimeMs < statSync(source).mtimeMs) {
      mkdirSync(dirname(built), { recursive: true });
      const compiler = fileURLToPath(new URL("../node_modules/assemblyscript/bin/asc.js", import.meta.url));
      execFileSync(process.execPath, [compiler, source, "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory", "--memoryBase", "1024", "--outFile", built], { stdio: "inherit" });
    }
    return new Verifier(readFileSync(built), lines);
  }

  /** Bytes in the order they arrived on one stream. */
  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + (1 << 20));
      at += part.length;
      this.#bytes.set(part, this.#window + this.#carried);
      const length = this.#carried + part.length;
      this.#mark(this.#window, length, this.#bitmap, this.#lines, this.#bitmap - 64);
      this.#carried = Math.min(GUARD_BYTES, length);
      this.#bytes.copyWithin(this.#window, this.#window + length - this.#carried, this.#window + length);
    }
  }

  /** distinct: lines seen; again: arrivals beyond the first; foreign: numbers that no line has. */
  get result(): { distinct: number; again: number; foreign: number } {
    const [distinct = 0, again = 0, foreign = 0] = this.#counts;
    return { distinct, again, foreign };
  }
}
