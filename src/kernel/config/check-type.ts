// `type:` of a process: whether there is such a type, and its options against the schema of that type.
import type { JsonValue } from "#base/json.ts";
import { closest } from "#base/similar.ts";
import type { FoundProcessType, ProcessTypes } from "../process-types.ts";
import { PluginFileError } from "../user-plugins.ts";
import { checkOptions } from "./options.ts";
import type { ProcessOptions } from "./process-options.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";
import { entryOf, locate, spanOf } from "./tree.ts";
import type { TreeNode } from "./tree.ts";

interface Typed {
  readonly name: string;
  readonly nameSpan: Span;
  readonly node: TreeNode;
  readonly options: ProcessOptions | undefined;
}

/** The options of the type after its schema; undefined for none, and where something is wrong, which has been said. */
export async function checkType({ name, nameSpan, node, options }: Typed, types: ProcessTypes, problems: Problems): Promise<Readonly<Record<string, JsonValue>> | undefined> {
  if (options === undefined || node.type !== "map") return undefined;
  const { type } = options;
  const typeSpan = spanOf(locate(node, ["type"], nameSpan).value ?? node, nameSpan);
  const found = await foundType(type, types);
  if (found === undefined) {
    const known = [...new Set(["process", ...(await types.names())])];
    problems.add("DURE114", typeSpan, { text: { en: `there is no type of process '${type}'`, ko: `'${type}' 프로세스 유형이 없습니다` }, help: { en: `there are ${known.join(", ")}`, ko: `있는 것: ${known.join(", ")}` }, suggestion: closest(type, known) });
    return undefined;
  }
  if (found === "broken") {
    problems.add("DURE114", typeSpan, { text: { en: `the file in \`plugins/\` that has the type '${type}' cannot be loaded`, ko: `'${type}' 유형이 든 \`plugins/\`의 파일을 읽어 들일 수 없습니다` } });
    return undefined;
  }
  if (type === "process" && options.command === undefined) problems.add("DURE204", nameSpan, { text: { en: `'processes.${name}' needs the option 'command'`, ko: `'processes.${name}'에는 'command' 옵션이 있어야 합니다` }, help: { en: "write the program and its arguments as a list, or a text for the shell", ko: "프로그램과 인수를 목록으로, 또는 셸에 넘길 글자로 쓰세요" } });
  const [own, general] = [entryOf(node, "talend"), entryOf(node, "options")];
  if (own !== undefined && type !== "talend") {
    problems.add("DURE205", own.keySpan, { text: { en: "'talend' is of `type: talend` only", ko: "'talend'는 `type: talend`에만 씁니다" } });
    return undefined;
  }
  if (own !== undefined && general !== undefined) {
    problems.add("DURE205", general.keySpan, { text: { en: "write the options under `talend:` alone", ko: "옵션은 `talend:` 아래에만 쓰세요" } });
    return undefined;
  }
  const written = own ?? general;
  const schema = found === "process" ? undefined : found.type.options;
  if (schema === undefined) return undefined;
  const value: TreeNode = written?.value ?? { type: "map", start: nameSpan.end, end: nameSpan.end, entries: [] };
  const given = (await checkOptions(value, { name: type, nameSpan: written?.keySpan ?? nameSpan, schema }, problems)) as Readonly<Record<string, JsonValue>> | undefined;
  return given !== undefined && Object.keys(given).length > 0 ? given : undefined;
}

async function foundType(name: string, types: ProcessTypes): Promise<FoundProcessType | "process" | "broken" | undefined> {
  try {
    return (await types.find(name)) ?? (name === "process" ? "process" : undefined);
  } catch (error) {
    if (error instanceof PluginFileError) return "broken";
    throw error;
  }
}
