// Whether this machine has what processes need: their programs, folders and users.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { Text } from "#base/lang.ts";
import type { Problems } from "./problem.ts";
import type { ProcessesPlan, ProcessPlan } from "./process-plan.ts";
import type { ProcessEntry, ReadProcesses } from "./read-processes.ts";
import { locate, spanOf } from "./tree.ts";

const LIMIT_MS = 1000;
const ENDINGS = process.platform === "win32" ? ["", ".exe", ".cmd", ".bat", ".com"] : [""];

export async function checkProcessEnvironment({ processes }: ReadProcesses, plan: ProcessesPlan, problems: Problems): Promise<void> {
  await Promise.all(
    processes.map(async (entry) => {
      const own = plan.processes.find(({ name }) => name === entry.name);
      if (own !== undefined) await Promise.all([checkFolder(entry, own, problems), checkProgram(entry, own, problems), checkUser(entry, own, problems)]);
    }),
  );
}

function report({ node, nameSpan, name }: ProcessEntry, option: string, { en, ko }: Text, problems: Problems, help?: Text): void {
  const span = spanOf(locate(node, [option], nameSpan).value ?? node, nameSpan);
  problems.add("DURE310", span, { text: { en: `processes.${name}: ${en}`, ko: `processes.${name}: ${ko}` }, help: help ?? { en: "--no-environment leaves this check out", ko: "건너뛰기: --no-environment" } });
}

async function checkFolder(entry: ProcessEntry, { cwd }: ProcessPlan, problems: Problems): Promise<void> {
  if (cwd === undefined) return; // Its work folder, which is made.
  const found = await stat(cwd).catch(() => undefined);
  if (found === undefined) report(entry, "cwd", { en: `the folder ${cwd} is not there`, ko: `${cwd} 폴더가 없습니다` }, problems);
  else if (!found.isDirectory()) report(entry, "cwd", { en: `${cwd} is no folder`, ko: `${cwd}: 폴더가 아닙니다` }, problems);
}

async function checkProgram(entry: ProcessEntry, { type, command, written, cwd, env }: ProcessPlan, problems: Problems): Promise<void> {
  const [program = ""] = command;
  // What a shell makes of a text is its own; what was uploaded comes later.
  if (type !== "process" || typeof written === "string" || program === "" || program.includes("{")) return;
  const isPath = program.includes("/") || (process.platform === "win32" && program.includes("\\"));
  if (isPath && !isAbsolute(program) && cwd === undefined) return; // Of its work folder.
  const folders = isPath ? [""] : (env["PATH"] ?? process.env["PATH"] ?? "").split(delimiter);
  const candidates = folders.flatMap((folder) => ENDINGS.map((ending) => (isPath ? resolve(cwd ?? ".", program) : join(folder, program)) + ending));
  for (const candidate of candidates) if (await isProgram(candidate)) return;
  const hint: Text | undefined = isPath && (await stat(resolve(cwd ?? ".", program)).catch(() => undefined)) !== undefined ? { en: `make it executable: chmod +x ${program}`, ko: `실행 권한을 주세요: chmod +x ${program}` } : undefined;
  report(entry, "command", { en: `the program ${program} is not there, or cannot be executed`, ko: `${program} 프로그램이 없거나 실행할 수 없습니다` }, problems, hint);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function checkUser(entry: ProcessEntry, { user }: ProcessPlan, problems: Problems): Promise<void> {
  if (user === undefined) return;
  const own = process.getuid?.();
  if (own === undefined) return report(entry, "user", { en: "this system cannot run it as another user", ko: "이 시스템에서는 다른 사용자로 실행할 수 없습니다" }, problems);
  if (/^\d+$/.test(user)) return own === 0 || own === Number(user) ? undefined : onlyRoot(entry, user, problems);
  const id = await userId(user);
  if (id === undefined) report(entry, "user", { en: `there is no user ${user}`, ko: `${user} 사용자가 없습니다` }, problems);
  else if (own !== 0 && id !== own) onlyRoot(entry, user, problems);
}

function onlyRoot(entry: ProcessEntry, user: string, problems: Problems): void {
  report(entry, "user", { en: `only an agent of root may run it as ${user}`, ko: `root로 실행한 에이전트만 ${user} 사용자로 실행할 수 있습니다` }, problems);
}

/** Also of a directory service. */
async function userId(name: string): Promise<number | undefined> {
  if (name.startsWith("-")) return undefined;
  return new Promise((resolved) => execFile("id", ["-u", name], { timeout: LIMIT_MS }, (error, out) => resolved(error === null ? Number(out.trim()) : undefined)));
}
