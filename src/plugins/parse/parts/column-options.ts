// Options of the parsers whose lines are cells, and what comes of them.
import { join } from "node:path";
import { z } from "#sdk/plugin.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { Columns } from "./columns.ts";
import type { Found } from "./found.ts";
import { HeaderStore } from "./header-store.ts";
import { checkTimes, textOptions } from "./text-options.ts";

/** To be spread into the parser's own options; `checkColumns` belongs to them. */
export function columnOptions() {
  return {
    columns: z.array(z.string().min(1)).min(1).optional().meta({ description: "Names of the cells, in order. A line with fewer cells has only the first of them; the fourth cell of a line with three names is `column_4`.", ko: "칸의 이름을 순서대로 씁니다. 칸이 모자란 줄은 앞의 이름만 갖고, 이름이 셋인데 네 번째 칸이 있으면 `column_4`가 됩니다." }),
    header: z.boolean().prefault(false).meta({ description: "The first line of each source (a file's path, a peer) names its cells. The names are kept on disk, so that a restart in the middle of a file knows them; a later line that is the same as the header is left out, so a file may be replaced by one with the same header. Where headers change under the same path, or lines of several sources have gone through one buffer, write `columns` instead.", ko: "소스(파일 경로, 상대)마다 첫 줄이 칸의 이름입니다. 이름은 디스크에 남겨 파일 중간에서 다시 시작해도 알 수 있습니다. 헤더와 똑같은 줄은 나중에 나와도 뺍니다. 그래서 같은 헤더의 새 파일로 바뀌어도 됩니다. 같은 경로에서 헤더가 바뀌거나 여러 소스의 줄이 한 버퍼를 거쳐 온다면 `columns`를 쓰세요." }),
    ...textOptions(),
  };
}

interface ColumnSettings {
  readonly columns?: readonly string[] | undefined;
  readonly header: boolean;
  readonly time_zone?: string | undefined;
  readonly time_format?: string | undefined;
}

/** For `superRefine`. */
export function checkColumns(given: ColumnSettings, context: Pick<z.RefinementCtx, "addIssue">): void {
  checkTimes(given, context);
  const issue = (path: string, en: string, ko: string): void => void context.addIssue({ code: "custom", path: [path], message: en, params: { ko } });
  if ((given.columns === undefined) !== given.header) issue("columns", "write either `columns` or `header: true`", "`columns`와 `header: true` 중 하나만 쓰세요");
  const twice = given.columns?.find((name, place) => given.columns?.indexOf(name) !== place);
  if (twice !== undefined) issue("columns", `\`${twice}\` names two columns; each needs a name of its own`, `두 칸의 이름이 같습니다: \`${twice}\`. 칸마다 다른 이름을 쓰세요`);
}

/** The columns of a parser that is opened. */
export function openColumns(found: Found, given: ColumnSettings, { dataDir, step, log }: PluginContext): Columns {
  return new Columns(found, given.columns, given.header ? new HeaderStore(join(dataDir, `header-lines-${step}.json`), log) : undefined);
}
