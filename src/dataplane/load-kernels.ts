// Chooses the kernels: WebAssembly where the built module is at hand, plain TypeScript otherwise.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Kernels } from "./kernels.ts";
import { plainKernels } from "./kernels-plain.ts";
import { wasmKernels } from "./kernels-wasm.ts";

/** Built at set-up by `scripts/build-kernels.mjs`. */
const BUILT = fileURLToPath(new URL("../../build/kernels.wasm", import.meta.url));

/** `DURE_KERNELS=plain` in the environment forces the twins: to find out whether a fault is in a kernel. */
export function loadKernels(memory: WebAssembly.Memory, wanted: "wasm" | "plain" | undefined): Kernels {
  const choice = wanted ?? (process.env["DURE_KERNELS"] === "plain" || !existsSync(BUILT) ? "plain" : "wasm");
  return choice === "plain" ? plainKernels(memory) : wasmKernels(memory, readFileSync(BUILT));
}
