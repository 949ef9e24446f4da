// Answers that read better as another table than their own shape would make: of programs each version has a row, of a job that failed its error is a sentence.
import type { JsonValue } from "#base/json.ts";
import type { ResultOf } from "../../all-commands.ts";

export function asRows(command: string, result: JsonValue): JsonValue {
  switch (command) {
    case "programs.list":
      return (result as ResultOf<"programs.list">).programs.flatMap(({ process, versions }) => versions.map(({ version, isCurrent, fileName, bytes, atMs, by }) => ({ process, version, isCurrent, fileName, bytes, atMs, by })));
    case "jobs.list": {
      const page = result as ResultOf<"jobs.list">;
      return { ...page, jobs: page.jobs.map(({ error, ...job }) => ({ ...job, ...(error === undefined ? {} : { error: `${error.kind}: ${error.message}` }) })) } as JsonValue;
    }
    default:
      return result;
  }
}
