// The compiled kernels and their plain twins, each on a memory of its own with the same input, held to the same answers.
// What lies behind an input differs in the two memories and must not matter; what lies behind a room must stay as it is.
import assert from "node:assert/strict";
import type { Kernels } from "./kernels.ts";
import { loadKernels } from "./load-kernels.ts";

const PAGE_BYTES = 65_536;
const RESERVED_BYTES = 2 * PAGE_BYTES;
const PAGES = 34;
/** A kernel may touch this many bytes behind a span or a room. */
const TOUCH_BYTES = 16;
const GUARD_BYTES = 96;
const GUARD = 0xa5;

export class KernelPair {
  readonly memories = ["wasm", "plain"].map(() => new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true }));
  readonly spaces = this.memories.map(({ buffer }) => Buffer.from(buffer));
  readonly kernels: readonly Kernels[] = this.memories.map((memory, index) => loadKernels(memory, index === 0 ? "wasm" : "plain"));
  #next = RESERVED_BYTES;
  #end = PAGES * PAGE_BYTES;
  readonly #rooms: { readonly pointer: number; readonly bytes: number }[] = [];

  /** Forgets everything that was put. */
  clear(): void {
    this.#next = RESERVED_BYTES;
    this.#end = PAGES * PAGE_BYTES;
    this.#rooms.length = 0;
  }

  /** An input. The first one ends where the memory does, but for the bytes that may be touched: reading further traps. */
  put(bytes: Uint8Array): number {
    const behind = TOUCH_BYTES + (this.#end === PAGES * PAGE_BYTES ? 0 : GUARD_BYTES);
    this.#end -= bytes.length + behind;
    this.spaces.forEach((space, index) => {
      space.set(bytes, this.#end);
      const slack = space.subarray(this.#end + bytes.length, this.#end + bytes.length + behind);
      // Digits, quotes and newlines tempt a kernel that reads too far.
      slack.fill(index === 0 ? '7"\n}0\\' : "\0\xff \u0080,x", "latin1");
    });
    return this.#end;
  }

  words(...words: readonly number[]): number {
    const bytes = Buffer.alloc(words.length * 4);
    words.forEach((word, index) => bytes.writeInt32LE(word | 0, index * 4));
    return this.put(bytes);
  }

  /** Where a kernel may write `bytes` bytes. */
  room(bytes: number): number {
    const pointer = this.#next;
    this.#next += bytes + TOUCH_BYTES + GUARD_BYTES;
    assert(this.#next <= this.#end, "the test memory is large enough");
    for (const space of this.spaces) space.fill(GUARD, pointer, this.#next);
    this.#rooms.push({ pointer, bytes });
    return pointer;
  }

  /** Runs a kernel in both; the returned numbers must agree and no room may have burst. */
  run(kernel: (kernels: Kernels) => number | void): number {
    const [wasm, plain] = this.kernels.map(kernel);
    assert.equal(wasm, plain, "the twins return the same");
    for (const { pointer, bytes } of this.#rooms) {
      for (const space of this.spaces) {
        const guard = space.subarray(pointer + bytes + TOUCH_BYTES, pointer + bytes + TOUCH_BYTES + GUARD_BYTES);
        assert(guard.every((byte) => byte === GUARD), "no kernel writes beyond its room");
      }
    }
    return wasm ?? 0;
  }

  /** What both wrote there. */
  same(pointer: number, length: number): Buffer {
    const [wasm, plain] = this.spaces.map((space) => space.subarray(pointer, pointer + length));
    assert(wasm !== undefined && plain !== undefined);
    if (!wasm.equals(plain)) assert.equal(wasm.toString("latin1"), plain.toString("latin1"), "the twins write the same");
    return wasm;
  }

  /** Runs a kernel that writes to `out` and returns how much. */
  output(out: number, kernel: (kernels: Kernels) => number): Buffer {
    return this.same(out, this.run(kernel));
  }

  /** Changes words in both memories. */
  setWord(pointer: number, word: number): void {
    for (const space of this.spaces) space.writeInt32LE(word | 0, pointer);
  }

  word(pointer: number): number {
    return this.spaces[0]?.readUInt32LE(pointer) ?? 0;
  }
}
