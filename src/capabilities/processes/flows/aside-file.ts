// Events that were given up: a line of JSON each, in `aside/NAME.ndjson`, for a person to look at and to send again.
import fs from "node:fs";
import { dirname, join } from "node:path";
import { fileSafeName } from "#base/file-name.ts";

export interface AsideEvent {
  readonly at: string;
  readonly process: string;
  readonly id: string;
  readonly attempts: number;
  readonly reason: string;
  readonly event: string;
  /** The event's bytes, where they are not the text's. */
  readonly base64?: string;
}

const FILE_BYTES_MAX = 16 << 20;

/** Throws where it cannot be written. At the bound the file becomes `….1`, and what that was is gone. */
export function writeAside(dir: string, event: AsideEvent): void {
  const path = join(dir, "aside", `${fileSafeName(event.process)}.ndjson`);
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const before = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (FILE_BYTES_MAX <= before) fs.renameSync(path, `${path}.1`);
  fs.appendFileSync(path, `${JSON.stringify(event)}\n`, { mode: 0o600 });
}
