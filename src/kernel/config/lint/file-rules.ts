// Files that grow for ever, that feed themselves, or that are in another encoding than is said.
import { closeSync, openSync, readSync } from "node:fs";
import { basename, isAbsolute, posix, resolve, sep } from "node:path";
import picomatch from "picomatch";
import type { LintFacts } from "./lint.ts";
import { knows, placeOfOption, textsOf, valueOf } from "./lint-step.ts";
import type { LintStep } from "./lint-step.ts";

const HEAD_BYTES = 64 * 1024;
const TIME_CODE = /%[A-Za-z]/;

export function fileRules(facts: LintFacts): void {
  for (const step of facts.steps) {
    growsForEver(step, facts);
    if (step.kind !== "in" || !knows(step, "pos_dir", "exclude")) continue;
    readsItself(step, facts);
    wrongEncoding(step, facts);
  }
}

function growsForEver(step: LintStep, { say }: LintFacts): void {
  const { path, rotate } = step.options;
  if (step.kind !== "out" || typeof path !== "string" || !knows(step, "rotate") || isRotated(rotate) || TIME_CODE.test(path)) return;
  const dot = path.lastIndexOf(".");
  const dated = dot <= path.lastIndexOf("/") + 1 ? `${path}-%Y%m%d` : `${path.slice(0, dot)}-%Y%m%d${path.slice(dot)}`;
  say("DURE606", placeOfOption(step, "path"), {
    text: { en: `'${path}' grows for ever`, ko: `'${path}' 파일이 끝없이 커집니다` },
    help: { en: `write a time code into it (${dated}), or \`rotate: { size: 100MB, keep: 10 }\``, ko: `시간 코드를 넣거나(${dated}) \`rotate: { size: 100MB, keep: 10 }\`을 쓰세요` },
  });
}

function isRotated(rotate: LintStep["options"][string] | undefined): boolean {
  const { size, every } = (rotate ?? {}) as { readonly size?: unknown; readonly every?: unknown };
  return size !== undefined || every !== undefined;
}

function readsItself(input: LintStep, { steps, say, configDir, logFiles }: LintFacts): void {
  const own = steps.filter((step) => step.pipeline === input.pipeline && step.kind === "out" && knows(step, "path", "rotate") && typeof step.options["path"] === "string");
  // As if it were some day: the codes are digits.
  const written = [...own.map((step) => resolve(configDir, String(step.options["path"]).replaceAll(/%[A-Za-z]/g, "01").replaceAll(/\$\{[^}]*\}/g, "tag"))), ...logFiles];
  const found = written.find((file) => isRead(input, file, configDir));
  if (found === undefined) return;
  say("DURE610", placeOfOption(input, "path"), {
    text: { en: `'${input.name}' reads what this agent writes: ${basename(found)}`, ko: `이 에이전트가 쓰는 파일을 '${input.name}' 입력에서 다시 읽습니다: ${basename(found)}` },
    help: { en: `each line makes another one; write \`exclude: ${basename(found)}\`, or write to another folder`, ko: `한 줄이 또 한 줄을 만듭니다. \`exclude: ${basename(found)}\`를 쓰거나 다른 폴더에 쓰세요` },
  });
}

function isRead(input: LintStep, file: string, configDir: string): boolean {
  const isExcluded = textsOf(input.options["exclude"]).some((text) => {
    const [, expression, flags] = /^\/(.+)\/([iu]*)$/.exec(text) ?? [];
    if (expression !== undefined) return isFound(expression, flags ?? "", file);
    return listed(text).some((pattern) => (pattern.includes("/") ? fits(absolute(pattern, configDir), file) : fits(pattern, basename(file))));
  });
  return !isExcluded && listed(input.options["path"]).some((pattern) => fits(absolute(pattern, configDir), file) || resolve(configDir, pattern) === file);
}

/** Time codes stand for any time. */
function fits(pattern: string, path: string): boolean {
  return picomatch(pattern.replaceAll(/%[A-Za-z]/g, "*"), { dot: true })(path.replaceAll(sep, "/"));
}

/** What is special in the name of the config's folder is not meant as a pattern. */
function absolute(pattern: string, configDir: string): string {
  if (isAbsolute(pattern)) return pattern.replaceAll(sep, "/");
  return posix.join(configDir.replaceAll(sep, "/").replaceAll(/[*?[\]{}()!+@]/g, "?"), pattern);
}

/** A plugin of the user's own may take other expressions than JavaScript's. */
function isFound(expression: string, flags: string, text: string): boolean {
  try {
    return new RegExp(expression, flags).test(text);
  } catch {
    return false;
  }
}

/** A list may stand in one text, with commas; those in braces are of the pattern. */
function listed(value: LintStep["options"][string] | undefined): string[] {
  return textsOf(value).flatMap((text) => text.split(/,(?![^{]*\})/)).map((text) => text.trim()).filter((text) => text !== "");
}

function wrongEncoding(input: LintStep, { say, configDir }: LintFacts): void {
  if (!knows(input, "encoding") || valueOf(input, "encoding") !== undefined) return;
  const file = listed(input.options["path"]).find((path) => !/[*?[\]{}()!]/.test(path) && !TIME_CODE.test(path) && !path.endsWith(".gz") && !isUtf8(resolve(configDir, path)));
  if (file === undefined) return;
  say("DURE613", placeOfOption(input, "path"), {
    text: { en: `'${file}' is not UTF-8`, ko: `'${file}' 파일이 UTF-8이 아닙니다` },
    help: { en: "say what it is: `encoding: cp949` for Korean Windows", ko: "인코딩을 쓰세요. 한국어 Windows의 파일이면 `encoding: cp949`입니다" },
  });
}

/** As far as its beginning tells; what cannot be read is no matter of encoding. */
function isUtf8(file: string): boolean {
  try {
    const handle = openSync(file, "r");
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      new TextDecoder("utf-8", { fatal: true }).decode(head.subarray(0, readSync(handle, head)), { stream: true });
      return true;
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    return !(error instanceof TypeError);
  }
}
