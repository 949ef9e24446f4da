// `{NAME}` and `${NAME}` of an old config: environment variables, in the words of pipe strings only. What is not set, what is not in
// capitals (`${hostname}`, `${record[KEY]}`) and what a pattern may hold (`a.{b,c}`, `\d{3}`, `\p{L}`) stays as it is; `$${NAME}` stands for `${NAME}`.
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import type { ScalarNode } from "./tree.ts";

const NAME = /(?<!\\[A-Za-z])(\$?\$)?\{([A-Z_][A-Z0-9_]*)\}/g;

export function fillNames(node: ScalarNode, env: Readonly<Record<string, string | undefined>>, problems: Problems): void {
  if (typeof node.value !== "string" || !node.value.includes("{")) return;
  node.value = node.value.replace(NAME, (written, dollars: string | undefined, name: string) => {
    if (dollars === "$$") return written.slice(1);
    const value = env[name];
    if (value !== undefined) {
      node.isInterpolated = true;
      return value;
    }
    if (dollars === "$")
      problems.add("DURE110", node, {
        severity: "warning",
        text: { en: `the environment variable ${name} is not set`, ko: `환경 변수 ${name}${particle(name, "이/가")} 없습니다` },
        help: { en: `it stays as it is written; $\${${name}} says that it is meant so`, ko: `적힌 그대로 둡니다. 일부러 쓴 것이면 $\${${name}}로 쓰세요` },
      });
    return written;
  });
}
