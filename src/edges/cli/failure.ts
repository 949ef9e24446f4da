// A command that cannot go on: what to print, and the code to end with.
import { AppError, systemCode } from "#base/errors.ts";
import { lang, say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { FailureCode, FailureFacts } from "#kernel/commands/failure.ts";
import { AlreadyRunning } from "#kernel/pid-file.ts";
import { exitCode } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";

/** The first thing wrong with a config, in the language of the reader. */
export interface FaultyPlace {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly exitCode: ExitCode;
  readonly text: Text;
  readonly hint: Text | undefined;
  /** For who is told by another process (Told). */
  readonly ko: { readonly message: string };
  /** What programs are told instead of the text. */
  readonly place: FaultyPlace | undefined;
  constructor(exitCode: ExitCode, text: Text, hint?: Text, place?: FaultyPlace) {
    super(text.en);
    this.place = place;
    this.exitCode = exitCode;
    this.text = text;
    this.hint = hint;
    this.ko = { message: text.ko };
  }
}

/** What the agent answered instead of a result: the same words and facts, through whatever edge it was asked. */
export class AgentRefusal extends CliFailure {
  readonly facts: FailureFacts;
  constructor(facts: FailureFacts) {
    const { code, message, hint, ko } = facts;
    super(refusalExit[code] ?? exitCode.failed, { en: message, ko: ko?.message ?? message }, hint === undefined ? undefined : { en: hint, ko: ko?.hint ?? hint });
    this.facts = facts;
  }
}

const refusalExit: Readonly<Record<FailureCode, ExitCode>> = {
  UNKNOWN_COMMAND: exitCode.wrongUse,
  UNAUTHENTICATED: exitCode.notPermitted,
  FORBIDDEN: exitCode.notPermitted,
  INVALID: exitCode.wrongUse,
  NOT_FOUND: exitCode.failed,
  CONFLICT: exitCode.failed,
  CONFIG_INVALID: exitCode.configInvalid,
  BUSY: exitCode.temporary,
  UNAVAILABLE: exitCode.unreachable,
  FAILED: exitCode.failed,
};

export function wrongUse(text: Text, hint?: Text): CliFailure {
  return new CliFailure(exitCode.wrongUse, text, hint);
}

export interface Explained {
  readonly code: ExitCode;
  readonly message: string;
  readonly hint: string | undefined;
  /** As the system calls it: EACCES; of an agent's answer its own: FORBIDDEN. */
  readonly errorCode?: string | undefined;
  readonly issues?: FailureFacts["issues"] | undefined;
  readonly details?: FailureFacts["details"] | undefined;
  readonly place?: FaultyPlace | undefined;
}

/** How any thrown value is told to a person. An error we did not foresee keeps its stack for the bug report. */
export function explained(thrown: unknown): Explained {
  if (thrown instanceof AgentRefusal) {
    const { code: errorCode, issues, details } = thrown.facts;
    return { code: thrown.exitCode, message: say(thrown.text), hint: thrown.hint === undefined ? undefined : say(thrown.hint), errorCode, issues, details };
  }
  if (thrown instanceof CliFailure) return { code: thrown.exitCode, message: say(thrown.text), hint: thrown.hint === undefined ? undefined : say(thrown.hint), place: thrown.place };
  if (thrown instanceof AlreadyRunning) {
    const message = say({ en: `another agent (process ${thrown.pid}) is running with this config`, ko: `이 설정으로 다른 에이전트(프로세스 ${thrown.pid})가 실행 중입니다` });
    return { code: exitCode.temporary, message, hint: say({ en: "stop it with `dure stop`, or give this config its own pid_file and data_dir", ko: "`dure stop`으로 끝내거나, 이 설정에 따로 pid_file과 data_dir을 주세요" }) };
  }
  const code = systemCode(thrown);
  if (thrown instanceof AppError) return { code: exitCode.failed, message: say({ en: thrown.message, ko: thrown.ko?.message ?? thrown.message }), hint: lang() === "ko" ? (thrown.ko?.hint ?? thrown.hint) : thrown.hint };
  const system = systemFailure(thrown, code);
  if (system !== undefined) return { ...system, errorCode: code };
  if (thrown instanceof Error && code !== undefined) return { code: code === "EACCES" || code === "EPERM" ? exitCode.notPermitted : exitCode.failed, message: thrown.message, hint: undefined, errorCode: code };
  return { code: exitCode.failed, message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown), hint: undefined };
}

/** What stands in the way most often, in words: the system's own are in English, and tell nobody what to do. */
function systemFailure(thrown: unknown, code: string | undefined): Explained | undefined {
  const { path, syscall } = thrown as NodeJS.ErrnoException;
  if (path === undefined || syscall === "connect") return undefined;
  if (code === "ENOENT") return { code: exitCode.failed, message: say({ en: `there is no ${path}`, ko: `파일이나 폴더가 없습니다: ${path}` }), hint: say({ en: "check how it is written, and from which folder", ko: "경로를 확인하세요. 상대 경로는 현재 폴더에서 시작합니다" }) };
  if (code === "EACCES" || code === "EPERM") return { code: exitCode.notPermitted, message: say({ en: `${path}: this user may not (${code}, ${syscall})`, ko: `${path}: 권한이 없습니다 (${code}, ${syscall})` }), hint: say({ en: "run it as the user that the files belong to", ko: "그 파일의 소유자로 실행하세요" }) };
  return undefined;
}
