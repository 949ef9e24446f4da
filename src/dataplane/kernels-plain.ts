import type { Kernels } from "./kernels.ts";
export function plainKernels(_memory: WebAssembly.Memory): Kernels {
  throw new Error("not written yet");
}
