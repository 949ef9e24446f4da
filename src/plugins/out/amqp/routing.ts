// Names with placeholders: `${tag}` and `${record.field}`.
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";

const PLACEHOLDER = /\$\{([^}]*)\}?/g;
const RECORD = "record.";

export function placeholderProblem(text: string): Text | undefined {
  for (const [whole, inner = ""] of text.matchAll(PLACEHOLDER)) {
    if (whole.endsWith("}") && (inner === "tag" || (inner.startsWith(RECORD) && RECORD.length < inner.length))) continue;
    return { en: `${whole} is not known here; use \${tag} or \${record.FIELD}`, ko: `모르는 자리 표시자입니다: ${whole}. \${tag} 나 \${record.필드} 를 쓰세요` };
  }
  return undefined;
}

/** Gives the name for each row of a batch. A field that is missing stands as nothing. */
export function nameOf(pattern: string): (batch: Batch) => (row: number) => string {
  const parts = pattern.split(/(\$\{[^}]*\})/);
  if (!pattern.includes("${record.")) {
    return ({ tag }) => {
      const name = pattern.replaceAll("${tag}", () => tag);
      return () => name;
    };
  }
  return (batch) => {
    const readers = parts.map((part): ((row: number) => string) => {
      if (part === "${tag}") return () => batch.tag;
      if (!part.startsWith("${")) return () => part;
      const column = batch.column(part.slice(2 + RECORD.length, -1));
      return (row) => {
        const value = column.get(row);
        return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value as string);
      };
    });
    return (row) => readers.map((read) => read(row)).join("");
  };
}
