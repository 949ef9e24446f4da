// Why there is no rule of a name, where a file of its name is there and cannot be used.
import type { RuleProblem } from "./worker-protocol.ts";

export function problemOfRule(name: string, problems: readonly RuleProblem[]): RuleProblem | undefined {
  const module = name.split(":", 1)[0] ?? "";
  return problems.find(({ file }) => file.normalize().replace(/(?:\.rule)?\.[^./]*$/u, "").replaceAll("/", ".") === module);
}

/** `orders.ts:3:1`. */
export function problemPlace({ file, line, column }: RuleProblem): string {
  return [file, ...(line === undefined ? [] : [line, ...(column === undefined ? [] : [column])])].join(":");
}
