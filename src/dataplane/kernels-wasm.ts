// The kernels compiled from ./assembly (SIMD). Rows they leave alone, for they would need all of a number printer or of
// JSON.parse, are finished by the plain twins, one row at a time.
import type { Kernels } from "./kernels.ts";
import { plainKernels } from "./kernels-plain.ts";
import { rowWords } from "./layout.ts";

const ENTRY_ROW_BYTES = 20;

/** How the compiled module differs from the interface: some kernels stop before the last row and say how far they came. */
type Compiled = Omit<Kernels, "name"> & {
  readonly rowsDone: { readonly value: number };
  readonly entriesDone: { readonly value: number };
};

export function wasmKernels(memory: WebAssembly.Memory, module: Uint8Array<ArrayBuffer>): Kernels {
  const compiled = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } }).exports as unknown as Compiled;
  const plain = plainKernels(memory);
  return {
    ...compiled,
    name: "wasm",
    // WebAssembly's numbers are signed.
    crc32c: (pointer, length, seed) => compiled.crc32c(pointer, length, seed) >>> 0,
    fieldsToJson: (table, rows, columns, program, time, out) =>
      inTurns(rows, out, (row, count, to, kernels) => kernels.fieldsToJson(table + row * rowWords(columns) * 4, count, columns, program, time, to), compiled.rowsDone),
    fieldsToEntries: (table, rows, columns, program, seconds, nanoseconds, out) =>
      inTurns(rows, out, (row, count, to, kernels) => kernels.fieldsToEntries(table + row * rowWords(columns) * 4, count, columns, program, seconds, nanoseconds, to), compiled.rowsDone),
    entriesToJson: (table, rows, time, out) => inTurns(rows, out, (row, count, to, kernels) => kernels.entriesToJson(table + row * ENTRY_ROW_BYTES, count, time, to), compiled.entriesDone),
  };

  /** Rows by the compiled kernel up to one it leaves alone, that one by the plain twin, and on. Returns bytes. */
  function inTurns(rows: number, out: number, write: (row: number, count: number, to: number, kernels: Omit<Kernels, "name">) => number, done: { readonly value: number }): number {
    let to = out;
    let row = 0;
    for (;;) {
      to += write(row, rows - row, to, compiled);
      row += done.value;
      if (row === rows) return to - out;
      to += write(row, 1, to, plain);
      row += 1;
    }
  }
}
