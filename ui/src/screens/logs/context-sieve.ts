// Lets lines pass that are found, and so many around each: of lines that come one by one, the last few are kept in case the next is found.
import { isFoundIn } from "../../parts/text/found-in.ts";
import type { Wanted } from "../../parts/text/found-in.ts";
import { searchedText } from "./log-line.ts";
import type { LogLine } from "./log-line.ts";
import type { LogRow } from "./log-window.ts";

export function contextSieve(wanted: Wanted, context: number): (line: LogLine) => readonly LogRow[] {
  let before: LogLine[] = [];
  let afterLeft = 0;
  let isGap = false;
  return (line) => {
    if (isFoundIn(searchedText(line), wanted)) {
      const lines = [...before, line];
      before = [];
      afterLeft = context;
      const rows = lines.map((one, at) => ({ line: one, isAround: one !== line, isAfterGap: isGap && at === 0 }));
      isGap = false;
      return rows;
    }
    if (0 < afterLeft) {
      afterLeft -= 1;
      return [{ line, isAround: true, isAfterGap: false }];
    }
    before.push(line);
    if (context < before.length) {
      before.shift();
      isGap = true;
    }
    return [];
  };
}
