// The text of a record while it is written: whether it is one, and if not, where it goes wrong.
import type { ParamsOf } from "#edges/all-commands.ts";
import { placeOfFault } from "../../parts/text/json-fault.ts";

export type LetterRecord = NonNullable<ParamsOf<"dead-letters.edit">["changes"][number]["record"]>;
export type RecordText = { readonly record: LetterRecord } | { readonly problem: "no JSON"; readonly line: number; readonly column: number } | { readonly problem: "no object" };

export function recordOfText(text: string): RecordText {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { record: value as LetterRecord } : { problem: "no object" };
  } catch {
    return { problem: "no JSON", ...placeOfFault(text) };
  }
}
