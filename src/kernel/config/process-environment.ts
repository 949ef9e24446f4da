// Whether this machine has what processes need: their programs, folders and users, and the means to hold their limits.
import { stat } from "node:fs/promises";
import { findProgram } from "#base/child/find-program.ts";
import { limitsHeld } from "#base/child/limits.ts";
import { userToBecome } from "#base/child/system-user.ts";
import { toldOf, UsageError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import type { Problems } from "./problem.ts";
import type { ProcessesPlan, ProcessPlan } from "./process-plan.ts";
import type { ProcessEntry, ReadProcesses } from "./read-processes.ts";
import { locate, spanOf } from "./tree.ts";

const SKIP: Text = { en: "--no-environment leaves this check out", ko: "건너뛰기: --no-environment" };
const LIMITS = { memoryBytesMax: "memory", processesMax: "processes", filesMax: "files", cpus: "cpus" } as const;

export async function checkProcessEnvironment({ processes }: ReadProcesses, plan: ProcessesPlan, problems: Problems): Promise<void> {
  const plans = new Map(plan.processes.map((process) => [process.name, process]));
  for (const entry of processes) {
    const own = plans.get(entry.name);
    if (own === undefined) continue;
    await checkFolder(entry, own, problems);
    checkProgram(entry, own, problems);
    checkUser(entry, own, problems);
    checkLimits(entry, own, problems);
  }
}

function report({ node, nameSpan, name }: ProcessEntry, option: readonly string[], { en, ko }: Text, problems: Problems, { code = "DURE310", help = SKIP }: { readonly code?: "DURE310" | "DURE313"; readonly help?: Text } = {}): void {
  const span = spanOf(locate(node, option, nameSpan).value ?? node, nameSpan);
  problems.add(code, span, { text: { en: `processes.${name}: ${en}`, ko: `processes.${name}: ${ko}` }, help });
}

async function checkFolder(entry: ProcessEntry, { cwd }: ProcessPlan, problems: Problems): Promise<void> {
  if (cwd === undefined || entry.options?.cwd === undefined) return; // Its work folder, which is made, or the config's own.
  const found = await stat(cwd).catch(() => undefined);
  if (found === undefined) report(entry, ["cwd"], { en: `the folder ${cwd} is not there`, ko: `${cwd} 폴더가 없습니다` }, problems);
  else if (!found.isDirectory()) report(entry, ["cwd"], { en: `${cwd} is no folder`, ko: `${cwd}: 폴더가 아닙니다` }, problems);
}

function checkProgram(entry: ProcessEntry, { type, command, written, cwd, env }: ProcessPlan, problems: Problems): void {
  const [program = ""] = command;
  // What a shell makes of a text is its own; what was uploaded, and what lies in the work folder, comes later.
  if (type !== "process" || typeof written === "string" || program === "" || program.includes("{")) return;
  if (findProgram(program, cwd ?? "/", env["PATH"]) !== undefined) return;
  report(entry, ["command"], { en: `the program ${program} is not there, or cannot be executed`, ko: `${program} 프로그램이 없거나 실행할 수 없습니다` }, problems, { help: wayOut(program) });
}

/** What people mean who write it that way. */
function wayOut(program: string): Text {
  if (program.startsWith("~")) return { en: "`~` is a word of the shell: write the whole path", ko: "`~`는 셸에서만 통합니다. 경로를 모두 쓰세요" };
  if (/[\s|<>;&]/.test(program)) return { en: "in a list each word is an item of its own; what a shell shall read is written as a text, without brackets", ko: "목록에는 낱말마다 따로 씁니다. 셸이 실행할 명령은 대괄호 없이 글자로 쓰세요" };
  if (/[\\/]/.test(program)) return { en: "see that the file is there and may be executed (chmod +x); a relative path begins in the folder where the process starts (`cwd`)", ko: "파일이 있고 실행 권한이 있는지(chmod +x) 확인하세요. 상대 경로는 프로세스가 시작하는 폴더(`cwd`)를 기준으로 합니다" };
  return { en: `looked for in PATH: install it, or write its path; a file of this folder is \`./${program}\``, ko: `PATH에서 찾았습니다. 설치하거나 경로를 쓰세요. 이 폴더의 파일이면 \`./${program}\`` };
}

function checkUser(entry: ProcessEntry, { user }: ProcessPlan, problems: Problems): void {
  if (user === undefined) return;
  try {
    userToBecome(user);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, ko } = toldOf(error);
    report(entry, ["user"], { en: message, ko: ko?.message ?? message }, problems);
  }
}

function checkLimits(entry: ProcessEntry, { limits, user }: ProcessPlan, problems: Problems): void {
  for (const { limit, why } of limitsHeld(limits, { user }).notHeld) {
    const name = LIMITS[limit];
    report(entry, ["limits", name], { en: `\`limits: ${name}\`: ${why.en}`, ko: `\`limits: ${name}\`: ${why.ko}` }, problems, { code: "DURE313" });
  }
}
