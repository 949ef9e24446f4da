// Whether what the agent keeps is well kept: folders, space, positions, buffers, dead letters, logs, the store and its backups.
import { constants, existsSync, readFileSync, readdirSync, statSync, statfsSync } from "node:fs";
import { access, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bytesText } from "#base/quantities.ts";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import type { Check, Patient, Verdict } from "./check.ts";
import { hint, ok, problem, skipped } from "./check.ts";

const FREE_MIN_BYTES = 100 << 20;
const FREE_GOOD_BYTES = 1 << 30;
const INODES_MIN = 1000;
const LOGS_BYTES_MAX = 2 * 2 ** 30;
const DAY_MS = 86_400_000;
const BACKUP_DAYS_MAX = 30;
const STORE_BYTES_MAX = 2 * 2 ** 30;

const dataFolder: Check = {
  id: "data-folder",
  async run({ dataDir, env }) {
    const there = existsSync(dataDir) ? dataDir : dirname(dataDir);
    const probe = join(there, `.dure-doctor-${process.pid}`);
    try {
      const file = await open(probe, "wx", 0o600);
      await file.close();
      await rm(probe, { force: true });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "error";
      return problem({ en: `the data folder ${dataDir} cannot be written (${code})`, ko: `데이터 폴더에 쓸 수 없습니다: ${dataDir} (${code})` }, { en: `give it to this user${env["USER"] === undefined ? "" : ` (chown ${env["USER"]} ${dataDir})`}, or set \`agent: data_dir:\``, ko: `이 사용자에게 쓰기 권한을 주거나 \`agent: data_dir:\`를 바꾸세요` });
    }
    return ok({ en: `data folder: ${dataDir}`, ko: `데이터 폴더: ${dataDir}` });
  },
};

const privacy: Check = {
  id: "data-privacy",
  run({ dataDir, platform }) {
    if (platform === "win32") return skipped({ en: "rights are not looked at on Windows", ko: "Windows에서는 권한을 확인하지 않습니다" });
    const open = ["dure.db", "dure.db-wal", "dead-letters"].filter((name) => existsSync(join(dataDir, name)) && (statSync(join(dataDir, name)).mode & 0o004) !== 0 && (statSync(dataDir).mode & 0o001) !== 0);
    if (open.length === 0) return ok({ en: "what is kept is not open to everybody", ko: "저장된 자료는 다른 사용자에게 열려 있지 않습니다" });
    return hint({ en: `every user of this machine can read ${open.join(", ")} in ${dataDir}`, ko: `이 컴퓨터의 모든 사용자가 ${dataDir} 안의 ${open.join(", ")} 자료를 읽을 수 있습니다` }, { en: `chmod o-rwx ${dataDir}`, ko: `chmod o-rwx ${dataDir}` });
  },
};

const space: Check = {
  id: "disk-space",
  run({ dataDir }) {
    const { bavail, bsize } = statfsSync(nearest(dataDir));
    const free = bavail * bsize;
    const text = { en: `disk of the data folder: ${bytesText(free)} free`, ko: `데이터 폴더의 디스크: 여유 ${bytesText(free)}` };
    const fix = { en: "make room, or move `agent: data_dir:` to a larger disk; a full one makes inputs wait", ko: "공간을 비우거나 `agent: data_dir:`를 큰 디스크로 옮기세요. 가득 차면 입력이 기다립니다" };
    return free < FREE_MIN_BYTES ? problem(text, fix) : free < FREE_GOOD_BYTES ? hint(text, fix) : ok(text);
  },
};

const inodes: Check = {
  id: "disk-files",
  run({ dataDir }) {
    const { files, ffree } = statfsSync(nearest(dataDir));
    if (files === 0) return skipped({ en: "this file system does not count its files", ko: "파일 수를 세지 않는 파일 시스템입니다" });
    const text = { en: `the disk has room for ${ffree} more files`, ko: `디스크에 파일을 ${ffree}개 더 만들 수 있습니다` };
    return ffree < INODES_MIN ? problem(text, { en: "remove small files nobody needs (df -i)", ko: "쓰지 않는 작은 파일을 지우세요 (df -i)" }) : ok(text);
  },
};

const temporary: Check = {
  id: "temporary-folder",
  async run() {
    await access(tmpdir(), constants.W_OK);
    return ok({ en: `temporary folder: ${tmpdir()}`, ko: `임시 폴더: ${tmpdir()}` });
  },
};

const positions: Check = {
  id: "positions",
  run({ plan, dataDir }) {
    const folders = new Set([join(dataDir, "positions"), ...(plan?.pipelines ?? []).flatMap(({ positionsDir }) => positionsDir ?? [])]);
    const files = [...folders].filter(existsSync).flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    const aside = files.filter((file) => /\.(?:damaged|corrupt)/.test(file));
    if (0 < aside.length) return hint({ en: `damaged positions were set aside: ${aside.join(", ")}`, ko: `손상된 위치 기록을 따로 두었습니다: ${aside.join(", ")}` }, { en: "see the log of that time; then remove them", ko: "그때의 로그를 확인한 뒤 지우세요" });
    const unreadable = files.filter((file) => !isReadable(file));
    if (0 < unreadable.length) return problem({ en: `positions cannot be read: ${unreadable.join(", ")}`, ko: `위치 기록을 읽을 수 없습니다: ${unreadable.join(", ")}` }, { en: "give them to the agent's user", ko: "에이전트를 실행하는 사용자에게 권한을 주세요" });
    return ok({ en: `position files: ${files.length}`, ko: `위치 기록 파일: ${files.length}개` });
  },
};

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

const quarantine: Check = {
  id: "buffer-quarantine",
  run({ dataDir }) {
    const kept = filesNamed(join(dataDir, "buffers"), 6).filter((file) => /[/\\]quarantine[/\\]/.test(file));
    if (kept.length === 0) return ok({ en: "disk buffers: nothing in quarantine", ko: "디스크 버퍼: 격리된 것 없음" });
    return hint({ en: `disk buffers: damaged pieces in quarantine: ${kept.length}`, ko: `디스크 버퍼: 격리된 손상 조각 ${kept.length}개` }, { en: "look with `dure buffers verify`; check the disk (smartctl, dmesg)", ko: "`dure buffers verify`로 확인하고 디스크를 점검하세요 (smartctl, dmesg)" });
  },
};

const FILES_LOOKED_AT_MAX = 20_000;

function filesNamed(folder: string, depth: number): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .slice(0, FILES_LOOKED_AT_MAX)
    .flatMap((entry) => (entry.isDirectory() ? (0 < depth ? filesNamed(join(folder, entry.name), depth - 1) : []) : [join(folder, entry.name)]));
}

const deadLetters: Check = {
  id: "dead-letters",
  async run({ dataDir }) {
    const letters = await openDeadLetters(join(dataDir, "dead-letters")).list();
    if (letters.length === 0) return ok({ en: "no dead letters", ko: "데드레터 없음" });
    const records = letters.reduce((sum, { rows }) => sum + rows, 0);
    const damaged = letters.filter(({ isDamaged }) => isDamaged).length;
    const text = { en: `dead letters: ${letters.length} with ${records} records, the oldest of ${letters[0]?.at}${damaged === 0 ? "" : `, damaged: ${damaged}`}`, ko: `데드레터 ${letters.length}건(레코드 ${records}개), 가장 오래된 것 ${letters[0]?.at}${damaged === 0 ? "" : `, 손상 ${damaged}건`}` };
    return hint(text, { en: "see why: `dure dead-letters`; then `replay` or `remove`", ko: "이유 보기: `dure dead-letters`. 그다음 `replay` 또는 `remove`" });
  },
};

const logFiles: Check = {
  id: "log-files",
  run(patient) {
    const file = logFileOf(patient);
    const own = existsSync(dirname(file)) ? readdirSync(dirname(file)).filter((name) => join(dirname(file), name).startsWith(file)) : [];
    const bytes = own.reduce((sum, name) => sum + statSync(join(dirname(file), name)).size, 0);
    const text = { en: `log files: ${own.length}, ${bytesText(bytes)}`, ko: `로그 파일 ${own.length}개, ${bytesText(bytes)}` };
    return LOGS_BYTES_MAX < bytes ? hint(text, { en: "lower `agent: log: rotate_size:` or `rotate_files:`", ko: "`agent: log: rotate_size:`나 `rotate_files:`를 줄이세요" }) : ok(text);
  },
};

const LATELY_BYTES = 256 << 10;

const logErrors: Check = {
  id: "log-errors",
  async run(patient) {
    const file = logFileOf(patient);
    if (!existsSync(file)) return ok({ en: "no log file yet", ko: "아직 로그 파일이 없습니다" });
    const since = new Date(Date.now() - DAY_MS).toISOString();
    const errors = (await endOf(file)).split("\n").filter((line) => line.includes('"level":"error"') && since <= line.slice(9, 33));
    if (errors.length === 0) return ok({ en: "no errors in the log of the last day", ko: "최근 하루 로그에 오류 없음" });
    return hint({ en: `errors in the log of the last day: ${errors.length}`, ko: `최근 하루 로그의 오류: ${errors.length}건` }, { en: "dure logs --level error --since 1d", ko: "dure logs --level error --since 1d" });
  },
};

async function endOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - LATELY_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

export function logFileOf({ plan, dataDir }: Pick<Patient, "plan" | "dataDir">): string {
  return plan?.log.file ?? join(dataDir, "dure.log");
}

const printed: Check = {
  id: "printed-output",
  run(patient) {
    const file = `${logFileOf(patient).replace(/\.log$/, "")}.out`;
    const bytes = existsSync(file) ? statSync(file).size : 0;
    if (bytes === 0) return ok({ en: "nothing was printed beside the log", ko: "로그 밖에 출력된 것 없음" });
    return hint({ en: `the background agent printed something beside its log: ${file} (${bytesText(bytes)})`, ko: `백그라운드 에이전트가 로그 밖에 남긴 출력이 있습니다: ${file} (${bytesText(bytes)})` }, { en: "read it: an end without a reason says why there", ko: "읽어 보세요. 이유 없이 끝났다면 거기에 이유가 있습니다" });
  },
};

const store: Check = {
  id: "store",
  async run({ plan, dataDir }) {
    if (plan?.store.type === "mysql") return skipped({ en: "the store is in MySQL; the agent says whether it answers", ko: "저장소가 MySQL에 있습니다. 연결 여부는 에이전트가 알려 줍니다" });
    const file = plan?.store.type === "sqlite" ? plan.store.file : join(dataDir, "dure.db");
    if (!existsSync(file)) return ok({ en: "no store yet: it is made when there is something to keep", ko: "아직 저장소가 없습니다. 저장할 것이 생기면 만듭니다" });
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
    try {
      const faults = database.prepare("PRAGMA quick_check(5)").all() as { quick_check: string }[];
      const [first] = faults;
      if (first?.quick_check !== "ok") return problem({ en: `the store ${file} is damaged: ${first?.quick_check}`, ko: `저장소가 손상되었습니다: ${file}: ${first?.quick_check}` }, { en: "stop the agent and `dure restore` the last backup", ko: "에이전트를 멈추고 마지막 백업으로 `dure restore` 하세요" });
      const { size } = statSync(file);
      const text = { en: `store: whole, ${bytesText(size)}`, ko: `저장소: 이상 없음, ${bytesText(size)}` };
      return STORE_BYTES_MAX < size ? hint(text, { en: "it is large; see how long events and logs are kept", ko: "큽니다. 이벤트와 로그 보관 기간을 확인하세요" }) : ok(text);
    } finally {
      database.close();
    }
  },
};

const backups: Check = {
  id: "backups",
  run({ dataDir, plan }): Verdict {
    if (!existsSync(plan?.store.type === "sqlite" ? plan.store.file : join(dataDir, "dure.db"))) return ok({ en: "nothing to back up yet", ko: "아직 백업할 것이 없습니다" });
    const folder = join(dataDir, "backups");
    const newest = existsSync(folder) ? Math.max(0, ...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs)) : 0;
    const fix = { en: "dure backup (keep a copy on another machine)", ko: "dure backup (다른 컴퓨터에도 보관하세요)" };
    if (newest === 0) return hint({ en: "users, audit and revisions have no backup", ko: "사용자, 감사 기록, 설정 이력의 백업이 없습니다" }, fix);
    const days = Math.floor((Date.now() - newest) / DAY_MS);
    const text = { en: `the last backup is ${days} days old`, ko: `마지막 백업은 ${days}일 전입니다` };
    return BACKUP_DAYS_MAX < days ? hint(text, fix) : ok(text);
  },
};

const pidFile: Check = {
  id: "pid-file",
  run({ pidFile: file }) {
    const holder = readPidFile(file);
    if (holder.state === "dead") return hint({ en: `the agent (process ${holder.pid}) ended without a word: ${file} is left`, ko: `에이전트(프로세스 ${holder.pid})가 갑자기 끝났고 pid 파일이 남아 있습니다: ${file}` }, { en: "see `dure logs` and `dmesg` (out of memory?); the next start takes the file over", ko: "`dure logs`와 `dmesg`(메모리 부족?)를 확인하세요. 다음에 시작하면 파일은 정리됩니다" });
    return ok(holder.state === "running" ? { en: `the agent runs (process ${holder.pid})`, ko: `에이전트 실행 중 (프로세스 ${holder.pid})` } : { en: "no agent runs", ko: "실행 중인 에이전트 없음" });
  },
};

function nearest(folder: string): string {
  let there = folder;
  while (!existsSync(there) && there !== dirname(there)) there = dirname(there);
  return there;
}

export const dataChecks: readonly Check[] = [dataFolder, privacy, space, inodes, temporary, positions, quarantine, deadLetters, logFiles, logErrors, printed, store, backups, pidFile];
