// Whether this machine has what the jobs need: the rules folder and something in it, Python where there are Python rules, the certificates of the broker.
import { access, constants, opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "#base/child/find-program.ts";
import { systemCode } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { RULE_FOLDERS_DEPTH_MAX, isLeftOut } from "../rule-folders.ts";
import type { JobsPlan } from "./jobs-plan.ts";
import type { Problems } from "./problem.ts";
import { locate, spanOf } from "./tree.ts";
import type { MapEntry } from "./tree.ts";

const SKIP: Text = { en: "--no-environment leaves this check out", ko: "건너뛰기: --no-environment" };
const RULE = /\.(?:[cm]?[jt]s|py)$/u;
const FILES_MAX = 10_000;

type Severity = "error" | "warning";

export async function checkJobsEnvironment(entry: MapEntry, { rulesDir, python, queue }: Pick<JobsPlan, "rulesDir" | "python" | "queue">, problems: Problems): Promise<void> {
  const report = (code: "DURE310" | "DURE314", option: readonly string[], { en, ko }: Text, help: Text, severity: Severity): void => {
    const at = locate(entry.value, entry.value.type === "map" ? option : [], entry.keySpan).value;
    const span = at === undefined ? entry.keySpan : spanOf(at, entry.keySpan);
    problems.add(code, entry.value.type === "map" && at === undefined ? entry.keySpan : span, { text: { en: `jobs: ${en}`, ko: `jobs: ${ko}` }, help, severity });
  };
  await checkRules(rulesDir, python, (...given) => report("DURE314", ...given));
  if (queue.type === "rabbitmq")
    for (const [key, file] of [["ca", queue.tls?.caFile], ["cert", queue.tls?.certFile], ["key", queue.tls?.keyFile]] as const) {
      const wrong = file === undefined ? undefined : await unreadable(file);
      if (wrong !== undefined) report("DURE310", ["queue", "tls", key], { en: `the file ${file} cannot be read (${wrong})`, ko: `${file} 파일을 읽을 수 없습니다 (${wrong})` }, { en: "give a PEM file that this user may read", ko: "현재 사용자가 읽을 수 있는 PEM 파일을 쓰세요" }, "error");
    }
}

async function checkRules(rulesDir: string, python: string, report: (option: readonly string[], text: Text, help: Text, severity: Severity) => void): Promise<void> {
  const found = await stat(rulesDir).catch((error: unknown) => systemCode(error) ?? "error");
  if (typeof found === "string") {
    const isMissing = found === "ENOENT";
    const text: Text = isMissing ? { en: `the folder ${rulesDir} is not there`, ko: `${rulesDir} 폴더가 없습니다` } : { en: `the folder ${rulesDir} cannot be read (${found})`, ko: `${rulesDir} 폴더를 읽을 수 없습니다 (${found})` };
    return report(["rules"], text, isMissing ? { en: "make it and put a file with a function into it, such as hello.ts: `export function hello(args) { return args; }`", ko: "폴더를 만들고 함수가 든 파일을 넣으세요. 예: hello.ts에 `export function hello(args) { return args; }`" } : SKIP, "error");
  }
  if (!found.isDirectory()) return report(["rules"], { en: `${rulesDir} is no folder`, ko: `${rulesDir}: 폴더가 아닙니다` }, { en: "write the folder that the file lies in", ko: "그 파일이 있는 폴더를 쓰세요" }, "error");
  try {
    const { rules, pythonRule } = await rulesIn(rulesDir);
    if (rules === 0) report(["rules"], { en: `no file in ${rulesDir} can be a rule`, ko: `${rulesDir}에 규칙이 될 파일이 없습니다` }, { en: "put a `.ts`, `.js` or `.py` file with a function into it, or an executable program; names beginning with `_` or `.` are left out", ko: "함수가 든 `.ts`, `.js`, `.py` 파일이나 실행할 프로그램을 넣으세요. `_`나 `.`으로 시작하는 이름은 빼고 봅니다" }, "warning");
    if (pythonRule !== undefined && findProgram(python, rulesDir) === undefined)
      report(["python"], { en: `${pythonRule} is a Python rule, but the program ${python} is not there`, ko: `Python 규칙(${pythonRule})이 있는데 ${python} 프로그램이 없습니다` }, { en: "install Python 3, or write its path as `jobs: python`", ko: "Python 3을 설치하거나 `jobs: python`에 그 경로를 쓰세요" }, "warning");
  } catch (error) {
    const code = systemCode(error) ?? "error";
    report(["rules"], { en: `the folder ${rulesDir} cannot be read (${code})`, ko: `${rulesDir} 폴더를 읽을 수 없습니다 (${code})` }, SKIP, "error");
  }
}

/** How many files may be rules, and one of Python. Looks no further than it takes to know both. */
export async function rulesIn(dir: string): Promise<{ readonly rules: number; readonly pythonRule: string | undefined }> {
  let rules = 0;
  let pythonRule: string | undefined;
  let seen = 0;
  const look = async (folder: string, depth: number): Promise<void> => {
    for await (const item of await opendir(folder)) {
      seen += 1;
      if (FILES_MAX < seen || isLeftOut(item.name)) continue;
      const path = join(folder, item.name);
      if (item.isDirectory()) {
        if (depth < RULE_FOLDERS_DEPTH_MAX) await look(path, depth + 1);
      } else if (RULE.test(item.name) || (await isProgram(path))) {
        rules += 1;
        if (item.name.endsWith(".py")) pythonRule ??= item.name;
      }
    }
  };
  await look(dir, 0);
  return { rules, pythonRule };
}

async function isProgram(path: string): Promise<boolean> {
  return process.platform !== "win32" && (await access(path, constants.X_OK).then(() => true, () => false));
}

async function unreadable(file: string): Promise<string | undefined> {
  return access(file, constants.R_OK).then(() => undefined, (error: unknown) => systemCode(error) ?? "error");
}
