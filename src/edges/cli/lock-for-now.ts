// A folder for this command alone, while it changes what lies in it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { lockFile } from "#base/lock-file.ts";
import { exitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";

/** Ends the command with the code for "try again later" when somebody else has it. */
export function lockForNow(dir: string, inUse: Text): Disposable {
  mkdirSync(dir, { recursive: true });
  try {
    const lock = lockFile(join(dir, "lock"), inUse.en);
    return { [Symbol.dispose]: () => lock.release() };
  } catch (error) {
    if (error instanceof UsageError) throw new CliFailure(exitCode.temporary, inUse, { en: error.message, ko: error.message });
    throw error;
  }
}
