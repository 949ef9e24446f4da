import { join } from "node:path";

/** Where the nth buffer of a pipeline keeps what it holds on disk, when its options name no other place: in the pipeline's folder. */
export function bufferFolder(dataDir: string, nth: number): string {
  return join(dataDir, `buffer-${nth}`);
}
