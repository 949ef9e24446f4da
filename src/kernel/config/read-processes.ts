// From the sections of a config that are about processes to what they say, each entry against its schema. What they say of one another
// is looked at in process-links.ts.
import type { JsonValue } from "#base/json.ts";
import { composed } from "#base/text.ts";
import type { z } from "#sdk/plugin.ts";
import type { ProcessTypes } from "../process-types.ts";
import { checkType } from "./check-type.ts";
import { flowOptions, groupOptions, scheduleOptions } from "./flow-options.ts";
import type { FlowOptions, ScheduleOptions } from "./flow-options.ts";
import { particle } from "./korean.ts";
import { checkOptions } from "./options.ts";
import type { Owner } from "./option-issues.ts";
import { processOptions } from "./process-options.ts";
import type { ProcessOptions } from "./process-options.ts";
import { isProcessName } from "./process-name.ts";
import type { ProcessSection, ProcessSections } from "./process-sections.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";
import { isNull, spanOf } from "./tree.ts";
import type { ListNode, MapEntry, MapNode, TreeNode } from "./tree.ts";

interface Entry<Options> {
  readonly name: string;
  readonly nameSpan: Span;
  /** What stands there, always as a map. */
  readonly node: TreeNode;
  /** undefined: something is wrong with them, which has been said. */
  readonly options: Options | undefined;
}
export interface ProcessEntry extends Entry<ProcessOptions> {
  /** Those of its type, as its schema gave them. */
  readonly typeOptions?: Readonly<Record<string, JsonValue>> | undefined;
}
export type GroupEntry = Entry<{ readonly processes: string | readonly string[] }>;
/** Named by their place: `flows[0]`. */
export type FlowEntry = Entry<FlowOptions> & { readonly index: number };
export type ScheduleEntry = Entry<ScheduleOptions> & { readonly index: number };

export interface ReadProcesses {
  readonly processes: readonly ProcessEntry[];
  readonly flows: readonly FlowEntry[];
  readonly groups: readonly GroupEntry[];
  readonly schedules: readonly ScheduleEntry[];
}

/** What the section holds that is not right for it. */
const FORMS = {
  processes: { en: "a map of names and commands", ko: "이름과 명령의 맵" },
  groups: { en: "a map of names and lists of processes", ko: "이름과 프로세스 목록의 맵" },
  flows: { en: "a list of flows", ko: "플로우의 목록" },
  schedules: { en: "a list of schedules", ko: "일정의 목록" },
} as const;
const HELP = {
  processes: { en: "write `NAME: \"python3 etl.py\"`, or a name with its options", ko: "`이름: \"python3 etl.py\"`처럼, 또는 이름 아래에 옵션을 쓰세요" },
  groups: { en: "write `NAME: [etl, load]`", ko: "`이름: [etl, load]`처럼 쓰세요" },
  flows: { en: "begin each with `- `: `- { type: share, from: etl, to: [load] }`", ko: "`- { type: share, from: etl, to: [load] }`처럼 `- `로 시작하세요" },
  schedules: { en: "begin each with `- `: `- { cron: \"0 2 * * *\", process: etl }`", ko: "`- { cron: \"0 2 * * *\", process: etl }`처럼 `- `로 시작하세요" },
} as const;

export async function readProcesses(sections: ProcessSections, types: ProcessTypes, problems: Problems): Promise<ReadProcesses> {
  const named = async <Options>(section: "processes" | "groups", schema: z.ZodType, shorthand: string): Promise<Entry<Options>[]> => {
    const entries: Entry<Options>[] = [];
    const taken = new Map<string, Span>();
    for (const { key, keySpan, value } of entriesOf(sections[section], section, problems)) {
      const name = composed(key.trim()); // A name typed on a Mac may come apart into jamo.
      checkName(name, keySpan, taken, section, problems);
      entries.push({ name, nameSpan: keySpan, ...(await checked(value, { name: `${section}.${name}`, nameSpan: keySpan, schema, shorthand }, problems)) } as Entry<Options>);
    }
    return entries;
  };
  const listed = async <Options>(section: "flows" | "schedules", schema: z.ZodType): Promise<(Entry<Options> & { readonly index: number })[]> => {
    const entries: (Entry<Options> & { readonly index: number })[] = [];
    for (const [index, item] of itemsOf(sections[section], section, problems).entries()) {
      const name = `${section}[${index}]`;
      const nameSpan = spanOf(item, sections[section]?.keySpan ?? item);
      const owner: Owner = { name, nameSpan: item.type === "map" ? (item.entries[0]?.keySpan ?? nameSpan) : nameSpan, schema };
      entries.push({ name, nameSpan: owner.nameSpan, index, ...(await checked(item, owner, problems)) } as Entry<Options> & { readonly index: number });
    }
    return entries;
  };
  const processes: ProcessEntry[] = [];
  for (const entry of await named<ProcessOptions>("processes", processOptions, "command")) processes.push({ ...entry, typeOptions: await checkType(entry, types, problems) });
  const groups = await named<{ readonly processes: string | readonly string[] }>("groups", groupOptions, "processes");
  return { processes, groups, flows: await listed<FlowOptions>("flows", flowOptions), schedules: await listed<ScheduleOptions>("schedules", scheduleOptions) };
}

async function checked(node: TreeNode, owner: Owner, problems: Problems): Promise<{ readonly node: TreeNode; readonly options: JsonValue | undefined }> {
  const options = await checkOptions(node, owner, problems);
  return { node: asMap(node, owner), options };
}

/** As `checkOptions` sees it. */
function asMap(node: TreeNode, { nameSpan, shorthand }: Owner): TreeNode {
  if (node.type === "map" || shorthand === undefined) return node;
  const entries = isNull(node) ? [] : [{ key: shorthand, keySpan: nameSpan, value: node }];
  return { type: "map", start: node.start, end: node.end, entries };
}

// --- sections -------------------------------------------------------------------------------------------------------------

function entriesOf(entry: MapEntry | undefined, section: "processes" | "groups", problems: Problems): MapNode["entries"] {
  if (entry === undefined || isNull(entry.value)) return [];
  if (entry.value.type !== "map") {
    anotherForm(entry, section, problems);
    return [];
  }
  const met = new Set<string>();
  return entry.value.entries.filter(({ key }) => !met.has(key) && met.add(key)); // A key that stands twice has been said.
}

function itemsOf(entry: MapEntry | undefined, section: "flows" | "schedules", problems: Problems): ListNode["items"] {
  if (entry === undefined || isNull(entry.value)) return [];
  if (entry.value.type === "list") return entry.value.items;
  anotherForm(entry, section, problems);
  return [];
}

function anotherForm({ value, keySpan }: MapEntry, section: keyof typeof FORMS & ProcessSection, problems: Problems): void {
  const { en, ko } = FORMS[section];
  problems.add("DURE113", spanOf(value, keySpan), { text: { en: `\`${section}:\` is ${en}`, ko: `\`${section}:\`에는 ${ko}${particle(ko, "을/를")} 씁니다` }, help: HELP[section] });
}

// --- names ----------------------------------------------------------------------------------------------------------------

function checkName(name: string, span: Span, taken: Map<string, Span>, section: "processes" | "groups", problems: Problems): void {
  if (!isProcessName(name)) {
    problems.add("DURE111", span, {
      text: { en: `'${name}' cannot be a name here`, ko: `'${name}'${particle(name, "은/는")} 이름으로 쓸 수 없습니다` },
      help: { en: "use letters, digits, `_`, `-`, `.`, `@`, `+` and `=`; no spaces, quotes, slashes, `:`, `,` or `|`", ko: "글자, 숫자, `_`, `-`, `.`, `@`, `+`, `=`를 쓰세요. 빈칸, 따옴표, 빗금, `:`, `,`, `|`는 쓸 수 없습니다" },
    });
  }
  if (name === "all") problems.add("DURE111", span, { text: { en: "'all' means every process, so nothing can be called so", ko: "'all'은 모든 프로세스를 뜻하므로 이름으로 쓸 수 없습니다" } });
  // Names become folders, and some systems do not tell upper from lower case.
  const other = taken.get(name.toLowerCase());
  if (other === undefined) return void taken.set(name.toLowerCase(), span);
  const { line } = problems.source.place(other.start);
  const what = section === "processes" ? { en: "process", ko: "프로세스" } : { en: "group", ko: "그룹" };
  problems.add("DURE112", span, { text: { en: `the ${what.en} '${name}' exists already, on line ${line}`, ko: `${what.ko} '${name}'${particle(name, "이/가")} ${line}행에 이미 있습니다` } });
}
