// Says why a program was not started, in words of those who wrote its command.
import { statSync } from "node:fs";
import { AppError, UsageError, systemCode, toError } from "../errors.ts";

/** The system could not, just now: starting again may help. */
class StartError extends AppError {
  override readonly name = "StartError";
  readonly code = "NOT_STARTED";
}

/** The system's own code stands in brackets behind each. */
export function whyNotStarted(thrown: unknown, { command, cwd }: { readonly command: readonly string[]; readonly cwd: string }): Error {
  if (thrown instanceof AppError) return thrown;
  const code = systemCode(thrown) ?? "";
  const cause = toError(thrown);
  const program = command[0] ?? "";
  const folder = folderFault(cwd);
  if (folder !== undefined) {
    return new UsageError(`${folder.en}: ${cwd} (${code})`, {
      hint: "Make the folder, or write another in `cwd`.",
      ko: { message: `${folder.ko}: ${cwd} (${code})`, hint: "폴더를 만들거나 `cwd`에 다른 폴더를 적으십시오." },
      cause,
    });
  }
  switch (code) {
    case "ENOENT":
      return new UsageError(`the program ${program} is not found (ENOENT)`, {
        hint: "Write its whole path, or put its folder into PATH. A script needs the program of its first line.",
        ko: { message: `프로그램을 찾을 수 없습니다: ${program} (ENOENT)`, hint: "전체 경로를 적거나 그 폴더를 PATH에 넣으십시오. 스크립트는 첫 줄에 적힌 프로그램도 있어야 합니다." },
        cause,
      });
    case "EACCES":
    case "EPERM":
      return new UsageError(`the program ${program} may not be started (${code})`, {
        hint: "Make it executable (chmod +x) for the user it runs as, and the folder of the command reachable.",
        ko: { message: `프로그램을 시작할 권한이 없습니다: ${program} (${code})`, hint: "실행하는 사용자가 실행할 수 있게 하고(chmod +x), 폴더에도 들어갈 수 있게 하십시오." },
        cause,
      });
    case "ENOEXEC":
      return new UsageError(`${program} is not a program of this system (ENOEXEC)`, {
        hint: "A script begins with a line such as #!/bin/sh.",
        ko: { message: `이 시스템의 프로그램이 아닙니다: ${program} (ENOEXEC)`, hint: "스크립트는 #!/bin/sh 같은 줄로 시작해야 합니다." },
        cause,
      });
    case "E2BIG":
      return new UsageError(`the arguments and the environment of ${program} are too long (E2BIG)`, {
        hint: "Give it what is long in a file.",
        ko: { message: `${program}의 인자와 환경 변수가 너무 깁니다 (E2BIG)`, hint: "긴 내용은 파일로 전달하십시오." },
        cause,
      });
    case "EAGAIN":
    case "EMFILE":
    case "ENFILE":
    case "ENOMEM":
      return new StartError(`the system has no room to start ${program} (${code})`, {
        hint: "Too many processes or open files, or too little memory: see `ulimit -a` of the agent.",
        ko: { message: `시스템에 여유가 없어 시작하지 못했습니다: ${program} (${code})`, hint: "프로세스나 열린 파일이 너무 많거나 메모리가 모자랍니다. 에이전트의 `ulimit -a`를 확인하십시오." },
        cause,
      });
    default:
      return new StartError(`${program} could not be started: ${cause.message}`, { ko: { message: `${program}: 시작하지 못했습니다: ${cause.message}` }, cause });
  }
}

/** The system blames the program for a folder that is not there. */
function folderFault(cwd: string): { readonly en: string; readonly ko: string } | undefined {
  try {
    return statSync(cwd).isDirectory() ? undefined : { en: "what the command is to run in is not a folder", ko: "명령을 실행할 곳이 폴더가 아닙니다" };
  } catch (error) {
    const isHidden = systemCode(error) === "EACCES";
    return isHidden ? { en: "the folder the command is to run in may not be read", ko: "명령을 실행할 폴더에 접근할 수 없습니다" } : { en: "the folder the command is to run in is not there", ko: "명령을 실행할 폴더가 없습니다" };
  }
}
