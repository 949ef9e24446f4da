import type { Kernels } from "./kernels.ts";
export function wasmKernels(_memory: WebAssembly.Memory, _module: Uint8Array): Kernels {
  throw new Error("not built yet");
}
