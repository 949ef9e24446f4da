// Lines as text, for showing and for JSON; what passes from process to process stays bytes.
import { createRequire } from "node:module";
import type * as Iconv from "iconv-lite";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";

export type Encoding = ProcessPlan["encoding"];

/** A line (without its end) as text. `auto`: UTF-8 where it is, else CP949. */
export function decoded(line: Buffer, encoding: Encoding): string {
  if (encoding === "cp949") return cp949().decode(line, "cp949");
  const text = line.toString();
  // Only a text with the replacement character can have come of bytes that are no UTF-8; whether it did, the bytes say.
  return encoding === "auto" && text.includes("\ufffd") && !isUtf8(line) ? cp949().decode(line, "cp949") : text;
}

/** A message as the process reads it. */
export function encoded(text: string, encoding: Encoding): Buffer {
  return encoding === "cp949" ? cp949().encode(text, "cp949") : Buffer.from(text);
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

let library: typeof Iconv | undefined;

/** Loaded with the first text that needs it: its tables take megabytes. */
function cp949(): typeof Iconv {
  library ??= createRequire(import.meta.url)("iconv-lite") as typeof Iconv;
  return library;
}
