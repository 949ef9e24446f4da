// A process as a form asks for it, and as it is written into the config: what says the same as the default is left out.
import type { JsonValue } from "#base/json.ts";
import { words } from "../words/processes.ts";
import { say } from "../words/say.ts";

export interface ProcessForm {
  readonly command: string;
  readonly isShell: boolean;
  readonly cwd: string;
  readonly env: string;
  readonly restart: "always" | "on-failure" | "never";
  readonly start: "auto" | "manual";
  readonly ack: "none" | "line" | "json" | "stderr-echo";
  readonly dependsOn: string;
}

export const emptyForm: ProcessForm = { command: "", isShell: false, cwd: "", env: "", restart: "always", start: "auto", ack: "none", dependsOn: "" };

/** Throws an Error with words for the user. */
export function definitionOf(form: ProcessForm): { readonly [key: string]: JsonValue } {
  const env = environmentOf(form.env);
  const needs = form.dependsOn.split(/[\s,]+/).filter((name) => name !== "");
  return {
    command: form.isShell ? form.command.trim() : argumentsOf(form.command),
    ...(form.cwd.trim() === "" ? {} : { cwd: form.cwd.trim() }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(form.start === "auto" ? {} : { start: form.start }),
    ...(form.restart === "always" ? {} : { restart: form.restart }),
    ...(needs.length === 0 ? {} : { depends_on: needs }),
    ...(form.ack === "none" ? {} : { ack: form.ack }),
  };
}

/** Words as a shell would take them apart: quotes keep blanks, a backslash keeps the next letter outside of single quotes. */
export function argumentsOf(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!;
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else if (letter === "\\" && quote === '"' && (text[at + 1] === '"' || text[at + 1] === "\\")) word = `${word ?? ""}${text[(at += 1)]}`;
      else word = `${word ?? ""}${letter}`;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (letter === "\\" && /[\s"'\\]/.test(text[at + 1] ?? "")) word = `${word ?? ""}${text[(at += 1)]}`; // `C:\tools\etl.exe` keeps its own.
    else word = `${word ?? ""}${letter}`;
  }
  if (quote !== undefined) throw new Error(say(words.openQuote));
  return word === undefined ? found : [...found, word];
}

function environmentOf(text: string): { readonly [name: string]: string } {
  const found: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at < 1) throw new Error(say(words.envWrong, { number: index + 1 }));
    found[line.slice(0, at).trim()] = line.slice(at + 1);
  }
  return found;
}
