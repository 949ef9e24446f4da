// Answers that read better as another table than their own shape would make: of programs each version has a row.
import type { JsonValue } from "#base/json.ts";
import type { ResultOf } from "../../all-commands.ts";

export function asRows(command: string, result: JsonValue): JsonValue {
  if (command !== "programs.list") return result;
  const { programs } = result as ResultOf<"programs.list">;
  return programs.flatMap(({ process, versions }) => versions.map(({ version, isCurrent, fileName, bytes, atMs, by }) => ({ process, version, isCurrent, fileName, bytes, atMs, by })));
}
