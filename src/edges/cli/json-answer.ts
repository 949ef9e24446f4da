// What a command answers with `--json`: one envelope for all of them, a line each, on stdout. Within a version keys are added and never taken away;
// a reader skips those that it does not know. No command prints JSON in any other way.
import { lang, say } from "#base/lang.ts";
import type { Problem } from "#kernel/config/problem.ts";
import { problemFacts } from "#kernel/config/render.ts";
import type { Explained, FaultyPlace } from "./failure.ts";

const JSON_VERSION = 1;

/** `raw`: values that are JSON text already, which must not be read as numbers on their way. */
export type Answer = (facts: object, raw?: Readonly<Record<string, string>>) => void;

/** `command` is null where no command could be made out. */
export function jsonLine(command: string | null, facts: object, raw: Readonly<Record<string, string>> = {}): string {
  if ("version" in facts || "command" in facts) throw new Error("the envelope says these itself");
  const known = JSON.stringify({ version: JSON_VERSION, command, ...facts });
  const more = Object.entries(raw).map(([key, text]) => `,${JSON.stringify(key)}:${text}`);
  return `${known.slice(0, -1)}${more.join("")}}`;
}

/** A failure as facts. Where a config is at fault, the first thing wrong with it, and its place. */
export function errorFacts({ code, message, hint, errorCode, place, issues, details }: Explained): { readonly error: object } {
  const known = place ?? { ...(errorCode === undefined ? {} : { code: errorCode }), message, ...(hint === undefined ? {} : { hint }) };
  return { error: { ...known, ...(issues === undefined ? {} : { issues }), ...(details === undefined ? {} : { details }), exitCode: code } };
}

/** Where a config is at fault, for a failure. */
export function placeOf(problem: Problem): FaultyPlace {
  const { code, message, file, line, column, help, suggestion } = problemFacts(problem, lang());
  const hint = help ?? (suggestion === undefined ? undefined : say({ en: `write \`${suggestion}\``, ko: `\`${suggestion}\`: 이렇게 쓰세요` }));
  return { code, message, ...(hint === undefined ? {} : { hint }), file, line, column };
}
