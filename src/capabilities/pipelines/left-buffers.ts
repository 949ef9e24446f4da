// Records wait in a disk buffer's folder that were taken from their source for good. When the config has fewer buffers than before, nobody
// reads the last ones' folders: that must be said.
import { existsSync, readdirSync } from "node:fs";
import { bufferFolder } from "#sdk/buffer-folder.ts";
import type { Log } from "#sdk/plugin.ts";

/** How many buffers are looked for beyond those there are. */
const LOOK_MAX = 16;

export function sayLeftBuffers(dataDir: string, buffers: number, log: Log): void {
  // Segments are deleted when all of them is written.
  const left = Array.from({ length: LOOK_MAX }, (_, index) => bufferFolder(dataDir, buffers + index + 1)).filter((folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".seg")));
  if (left.length === 0) return;
  log.error("records wait in a buffer that no step of this pipeline reads", { folders: left, hint: "Put the step with `storage: disk` back until it is empty." });
}
