// What SQLite's refusals mean to the person who runs the agent.
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "#base/errors.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { StoreFault } from "#sdk/store.ts";

/** Of SQLite's result codes: the low byte says what, the rest more exactly. https://sqlite.org/rescode.html */
const FAULTS: Readonly<Record<number, StoreFault>> = { 3: "read-only", 5: "busy", 6: "busy", 8: "read-only", 10: "away", 11: "damaged", 13: "full", 14: "away", 26: "damaged" };
const INPUT_OUTPUT = 10;
/** SQLite maps the write-ahead log's index in pieces of 32 KiB: where none fits, it says "disk I/O error". */
const ROOM_BYTES = 32_768;
const CONSTRAINT_UNIQUE = 2067;
const CONSTRAINT_PRIMARY_KEY = 1555;
const CONSTRAINT_ROWID = 2579;

export function isSqliteDamage(error: unknown): boolean {
  return error instanceof Error && faultOf(error) === "damaged";
}

export function sqliteFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreFailure) return error;
  const known = faultOf(error);
  const fault = known === "away" && hasNoRoom(error, file) ? "full" : known;
  if (fault === undefined) return error; // Not SQLite's, nor the file system's: what the caller's own work threw.
  const { en, ko, hint, hintKo } = WORDS[fault];
  const why = fault === "wrong" || fault === "away" ? `: ${error.message}` : "";
  return new StoreFailure(fault, { message: `${file}: ${en}${why}`, ...(hint === undefined ? {} : { hint }), ko: { message: `${file}: ${ko}${why}`, ...(hintKo === undefined ? {} : { hint: hintKo }) } }, error);
}

function hasNoRoom(error: Error, file: string): boolean {
  if (!("errcode" in error) || typeof error.errcode !== "number" || (error.errcode & 0xff) !== INPUT_OUTPUT) return false;
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < ROOM_BYTES;
  } catch {
    return false; // The folder itself is gone.
  }
}

function faultOf(error: Error): StoreFault | undefined {
  const code = systemCode(error);
  if (code === "ERR_SQLITE_ERROR" && "errcode" in error && typeof error.errcode === "number") {
    if ([CONSTRAINT_UNIQUE, CONSTRAINT_PRIMARY_KEY, CONSTRAINT_ROWID].includes(error.errcode)) return "duplicate";
    return FAULTS[error.errcode & 0xff] ?? "wrong";
  }
  if (code === "ENOSPC" || code === "EDQUOT") return "full";
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") return "read-only";
  return code === "ENOTDIR" || code === "EISDIR" || code === "EIO" || code === "EEXIST" ? "away" : undefined;
}

interface Words {
  readonly en: string;
  readonly ko: string;
  readonly hint?: string;
  readonly hintKo?: string;
}
const WORDS: Readonly<Record<Exclude<StoreFault, "newer" | "refused">, Words>> & Readonly<Record<StoreFault, Words>> = {
  away: { en: "cannot be opened or read", ko: "열거나 읽을 수 없습니다", hint: "Check that the data folder is there and whole: `dure doctor`.", hintKo: "데이터 폴더가 있고 정상인지 확인하세요: `dure doctor`" },
  busy: { en: "another process holds it", ko: "다른 프로세스가 쓰고 있습니다", hint: "End what else has the file open; two agents need two data folders.", hintKo: "이 파일을 연 다른 프로그램을 끝내세요. 에이전트마다 데이터 폴더가 따로 있어야 합니다." },
  full: { en: "there is no space left on the disk", ko: "디스크에 남은 공간이 없습니다", hint: "Make room; the agent tries again by itself.", hintKo: "공간을 비우면 에이전트가 스스로 다시 시도합니다." },
  "read-only": { en: "may not be written", ko: "쓸 수 없습니다", hint: "Give the agent's user the right to write the data folder, then it goes on by itself.", hintKo: "에이전트를 실행하는 사용자에게 데이터 폴더의 쓰기 권한을 주면 스스로 이어서 합니다." },
  damaged: { en: "is damaged", ko: "손상되었습니다", hint: "Stop the agent and run `dure restore FILE` with a file of `dure backup`.", hintKo: "에이전트를 멈추고 `dure backup`으로 만든 파일을 `dure restore FILE`로 복원하세요." },
  duplicate: { en: "such a row is there already", ko: "같은 항목이 이미 있습니다" },
  wrong: { en: "does not understand a statement", ko: "명령문을 이해하지 못합니다" },
  newer: { en: "was written by a newer version", ko: "더 새로운 버전이 만든 것입니다" },
  refused: { en: "refuses", ko: "거부했습니다" },
};
