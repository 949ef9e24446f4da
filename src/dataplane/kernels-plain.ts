// The kernels in plain TypeScript: the fallback where WebAssembly cannot be had, the oracle the compiled kernels are
// held to, and the one who finishes the few rows that the compiled kernels leave alone.
import type { Kernels } from "./kernels.ts";
import { crc32c } from "./kernels-plain/checksum.ts";
import { decodeDoubleByte } from "./kernels-plain/code-pages.ts";
import { entryKernels } from "./kernels-plain/entries.ts";
import { fieldKernels } from "./kernels-plain/fields.ts";
import { jsonKernels } from "./kernels-plain/json.ts";
import { spaceOf } from "./kernels-plain/space.ts";
import { splitKernels } from "./kernels-plain/split.ts";
import { textKernels } from "./kernels-plain/text.ts";
import { timeKernels } from "./kernels-plain/times.ts";

export function plainKernels(memory: WebAssembly.Memory): Kernels {
  const space = spaceOf(memory);
  return {
    name: "plain",
    ...textKernels(space),
    ...splitKernels(space),
    ...timeKernels(space),
    ...fieldKernels(space),
    ...jsonKernels(space),
    ...entryKernels(space),
    crc32c: (pointer, length, seed) => crc32c(space.bytes, pointer, length, seed),
    decodeDoubleByte: (pointer, length, table, out, result) => decodeDoubleByte(space, pointer, length, table, out, result),
  };
}
