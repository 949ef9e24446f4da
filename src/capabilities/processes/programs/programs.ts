// Programs that were uploaded: kept by name and version in the data folder, so that one can go back. A process names them in its command by `{program}`.
import type { Readable } from "node:stream";

export interface ProgramVersion {
  /** Counted from 1. */
  readonly version: number;
  readonly fileName: string;
  readonly bytes: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  readonly atMs: number;
  readonly by: string;
  /** Which its process runs. */
  readonly isCurrent: boolean;
}

export interface ProgramStatus {
  /** Of the process that it belongs to. */
  readonly process: string;
  readonly versions: readonly ProgramVersion[];
}

export interface Programs {
  list(): Promise<readonly ProgramStatus[]>;
  /** Takes a file in, whole or not at all, as the newest version, and makes it the current one. A zip of a `talend` process is unpacked, guarded. Rejects with CommandFailure. */
  put(process: string, type: string, fileName: string, content: Readable | Buffer, by: string): Promise<ProgramVersion>;
  /** Makes another version the current one. */
  use(process: string, version: number): Promise<ProgramVersion>;
  /** All its versions. */
  remove(process: string): Promise<void>;
}
