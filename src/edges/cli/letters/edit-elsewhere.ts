// `dure dead-letters edit --url`: the records of a letter elsewhere in the person's editor, a line each with its number there. What is hidden in
// them and left as it is stays; a line that is taken out takes its record out.
import { readFile } from "node:fs/promises";
import { jsonFaultAt } from "#base/json-fault.ts";
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { ParamsOf, ResultOf } from "../../all-commands.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { AgentRefusal, CliFailure } from "../failure.ts";
import { countText } from "../units.ts";
import { keptIn, letterDraft, refused } from "./edit.ts";

type Line = ResultOf<"dead-letters.show">["records"][number];

interface Seen {
  readonly base: string;
  readonly lines: readonly Line[];
}

type Change = ParamsOf<"dead-letters.edit">["changes"][number];

/** The most that the agent shows, and takes, at once. */
const AT_ONCE_MAX = 1000;
const KEYS = ["row", "time", "record"];

export async function editLetterElsewhere(call: Call, ask: Ask, id: string): Promise<ExitCode> {
  const given = call.options["from"];
  const draft = typeof given === "string" ? undefined : await letterDraft();
  const seen = await letterElsewhere(ask, id);
  const before = seen.lines.map(textOf);
  const file = draft?.file ?? String(given);
  const text = (draft === undefined ? await readFile(file) : await draft.edit(`${before.join("\n")}\n`)).toString("utf8");
  const changes = changesIn(text, seen, before, file);
  if (0 < changes.length) await send(ask, id, seen, changes, file);
  await draft?.remove();
  const records = seen.lines.length - changes.filter(({ record }) => record === undefined).length;
  if (call.globals.isJson) call.answer({ id, records, isChanged: 0 < changes.length });
  else if (changes.length === 0) call.terminal.talk(say({ en: "nothing was changed", ko: "바뀐 것이 없습니다" }));
  else call.terminal.talk(say({ en: `the dead letter now holds ${countText(records)} records; send it: dure dead-letters replay --url`, ko: `데드레터에 이제 레코드 ${countText(records)}개가 있습니다. 보내기: dure dead-letters replay --url` }));
  return exitCode.done;
}

/** All records, as long as nobody changes them meanwhile. */
export async function letterElsewhere(ask: Ask, id: string): Promise<Seen> {
  const lines: Line[] = [];
  let base: string | undefined;
  for (;;) {
    const page = await ask("dead-letters.show", { id, first: lines.length, limit: AT_ONCE_MAX });
    if (base !== undefined && base !== page.base) throw new CliFailure(exitCode.temporary, { en: "the dead letter changes just now: try again", ko: "데드레터가 지금 바뀌고 있습니다. 다시 해 보세요" });
    base = page.base;
    lines.push(...page.records);
    if (page.records.length < AT_ONCE_MAX) return { base, lines };
  }
}

async function send(ask: Ask, id: string, { base }: Seen, changes: readonly Change[], file: string): Promise<void> {
  if (AT_ONCE_MAX < changes.length) throw refused(file, { en: `more than ${AT_ONCE_MAX} records are changed: edit fewer at a time`, ko: `레코드를 ${AT_ONCE_MAX}개 넘게 고쳤습니다. 나누어 고치세요` }, file);
  try {
    await ask("dead-letters.edit", { id, base, changes });
  } catch (error) {
    if (!(error instanceof AgentRefusal)) throw error;
    throw new CliFailure(error.exitCode, error.text, keptIn(file));
  }
}

function changesIn(text: string, { lines }: Seen, before: readonly string[], file: string): Change[] {
  const left = new Set(lines.map(({ row }) => row));
  const changes: Change[] = [];
  for (const [index, written] of text.replace(/^\uFEFF/, "").split(/\r?\n/).entries()) {
    if (written.trim() === "") continue;
    const line = lineOf(written, index + 1, file);
    if (!left.delete(line.row)) throw fault(written, index + 1, { en: "`row` is the number of a record of this letter, and stands once", ko: "`row`는 이 데드레터에 있는 레코드의 번호이며 한 번만 씁니다" }, file, "row");
    if (written !== before[line.row]) changes.push(line);
  }
  if (left.size === lines.length) throw refused(file, { en: "no record is left; to drop the letter: dure dead-letters remove", ko: "레코드가 남지 않았습니다. 데드레터를 지우려면: dure dead-letters remove" }, file);
  return [...changes, ...[...left].map((row) => ({ row }))];
}

function lineOf(written: string, number: number, file: string): Change {
  let content: unknown;
  try {
    content = JSON.parse(written);
  } catch {
    throw refused(`${file}:${number}:${(jsonFaultAt(written) ?? 0) + 1}`, { en: "not JSON from here on", ko: "여기부터 JSON이 아닙니다" }, file);
  }
  if (!isMap(content)) throw fault(written, number, { en: "each line is a JSON object", ko: "각 라인은 JSON 객체여야 합니다" }, file);
  const unknown = Object.keys(content).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw fault(written, number, { en: `\`${unknown}\` is none of ${KEYS.join(", ")}; fields belong inside record`, ko: `\`${unknown}\`: ${KEYS.join(", ")}만 쓸 수 있습니다. 필드는 record 안에 두세요` }, file, unknown);
  const { row, time, record } = content;
  if (!isMap(record)) throw fault(written, number, { en: "`record` is a JSON object", ko: "`record`는 JSON 객체여야 합니다" }, file, "record");
  if (typeof time !== "string") throw fault(written, number, { en: "`time` is a time such as 2026-01-31T09:00:00.000Z", ko: "`time`은 2026-01-31T09:00:00.000Z 같은 시각입니다" }, file, "time");
  return { row: Number(row), time, record: record as NonNullable<Change["record"]> };
}

function fault(written: string, line: number, text: Text, file: string, key?: string): CliFailure {
  const column = key === undefined ? 1 : written.indexOf(JSON.stringify(key)) + 1 || 1;
  return refused(`${file}:${line}:${column}`, text, file);
}

function textOf({ row, time, record }: Line): string {
  return JSON.stringify({ row, time, record });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
