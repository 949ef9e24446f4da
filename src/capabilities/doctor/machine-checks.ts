// Whether this machine is fit for the agent: runtime, memory, files, clock, language.
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { bytesText } from "#base/quantities.ts";
import type { Check } from "./check.ts";
import { hint, ok, problem, skipped } from "./check.ts";

const NODE_MAJOR = 26;
const FILES_MIN = 1024;
const FILES_GOOD = 4096;
const WATCHES_MIN = 8192;
/** What an agent takes beside the memory for its chunks. */
const OWN_BYTES = 100 << 20;
/** This program was written after it: a clock before it is wrong. */
const WRITTEN_AT_MS = Date.UTC(2026, 9, 1);

const runtime: Check = {
  id: "runtime",
  run: () => {
    const [major = "0"] = process.versions.node.split(".");
    if (Number(major) === NODE_MAJOR) return ok({ en: `Node ${process.versions.node}`, ko: `Node ${process.versions.node}` });
    return problem({ en: `Node ${process.versions.node}; Dure is made for ${NODE_MAJOR}`, ko: `Node ${process.versions.node}: 두레에는 ${NODE_MAJOR} 버전이 필요합니다` }, { en: "start it by `./dure`, which brings its own Node", ko: "자체 Node가 들어 있는 `./dure`로 실행하세요" });
  },
};

const memory: Check = {
  id: "memory",
  run: ({ plan }) => {
    if (plan === undefined) return skipped({ en: "the config has errors", ko: "설정에 오류가 있습니다" });
    const wanted = plan.threads * plan.memoryBytesMax + OWN_BYTES;
    const limit = Math.min(totalmem(), cgroupLimit() ?? Number.POSITIVE_INFINITY);
    const words = { en: `at most ${bytesText(wanted)} of ${bytesText(limit)}`, ko: `${bytesText(limit)} 중 최대 ${bytesText(wanted)}` };
    if (limit < wanted) return problem({ en: `memory: ${words.en} could be taken`, ko: `메모리: ${words.ko} 사용 가능성` }, { en: "lower `agent: memory_max:` or `threads:`, or give it more memory", ko: "`agent: memory_max:`나 `threads:`를 줄이거나 메모리를 늘리세요" });
    return ok({ en: `memory: ${words.en}, ${bytesText(freemem())} free now`, ko: `메모리: ${words.ko}, 지금 여유 ${bytesText(freemem())}` });
  },
};

/** Of the container; undefined where there is none. */
function cgroupLimit(): number | undefined {
  for (const file of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    const bytes = existsSync(file) ? Number(readFileSync(file, "utf8").trim()) : Number.NaN;
    if (0 < bytes) return bytes;
  }
  return undefined;
}

const processors: Check = {
  id: "processors",
  run: ({ plan }) => {
    const there = availableParallelism();
    const threads = plan?.threads ?? 1;
    if (there < threads) return hint({ en: `${threads} data-plane threads on ${there} processors`, ko: `프로세서 ${there}개에 데이터 스레드 ${threads}개` }, { en: "leave `agent: threads:` out, and it fits", ko: "`agent: threads:`를 지우면 알맞게 정해집니다" });
    return ok({ en: `${there} processors, data-plane threads: ${threads}`, ko: `프로세서 ${there}개, 데이터 스레드 ${threads}개` });
  },
};

const openFiles: Check = {
  id: "open-files",
  run: ({ platform }) => {
    if (platform !== "linux") return skipped({ en: "asked on Linux only", ko: "Linux에서만 확인합니다" });
    const [, soft = ""] = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    const limit = soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
    const text = { en: `open files: at most ${soft}`, ko: `열 수 있는 파일: 최대 ${soft}개` };
    const fix = { en: `raise it: \`ulimit -n ${FILES_GOOD}\`, in a systemd unit \`LimitNOFILE=${FILES_GOOD}\``, ko: `늘리세요: \`ulimit -n ${FILES_GOOD}\`, systemd 유닛에서는 \`LimitNOFILE=${FILES_GOOD}\`` };
    return limit < FILES_MIN ? problem(text, fix) : limit < FILES_GOOD ? hint(text, fix) : ok(text);
  },
};

const watches: Check = {
  id: "file-watches",
  run: ({ platform }) => {
    const file = "/proc/sys/fs/inotify/max_user_watches";
    if (platform !== "linux" || !existsSync(file)) return skipped({ en: "asked on Linux only", ko: "Linux에서만 확인합니다" });
    const limit = Number(readFileSync(file, "utf8"));
    const text = { en: `file watches: at most ${limit} for a user`, ko: `파일 감시: 사용자마다 최대 ${limit}개` };
    return limit < WATCHES_MIN ? hint(text, { en: "raise it: sysctl fs.inotify.max_user_watches=65536 (files are read all the same, a moment later)", ko: "늘리세요: sysctl fs.inotify.max_user_watches=65536 (그대로여도 조금 늦게 읽습니다)" }) : ok(text);
  },
};

const clock: Check = {
  id: "clock",
  run: () => {
    const now = new Date();
    if (now.getTime() < WRITTEN_AT_MS) return problem({ en: `the clock says ${now.toISOString()}, which is in the past`, ko: `시계가 과거입니다: ${now.toISOString()}` }, { en: "set the clock, and let NTP keep it (timedatectl set-ntp true)", ko: "시계를 맞추고 NTP를 켜세요 (timedatectl set-ntp true)" });
    const isSynced = existsSync("/run/systemd/timesync/synchronized");
    return ok({ en: `clock: ${now.toISOString()}${isSynced ? ", kept by NTP" : ""}`, ko: `시계: ${now.toISOString()}${isSynced ? " (NTP 동기화)" : ""}` });
  },
};

const timeZone: Check = {
  id: "time-zone",
  run: ({ env }) => {
    const zone = new Intl.DateTimeFormat("en").resolvedOptions().timeZone;
    const wanted = env["TZ"]?.replace(/^:/, "") ?? "";
    if (wanted !== "" && !isZone(wanted)) return problem({ en: `TZ=${wanted} is no time zone; times are UTC`, ko: `TZ=${wanted}: 없는 시간대라 UTC로 표시됩니다` }, { en: "write it as TZ=Asia/Seoul", ko: "TZ=Asia/Seoul 처럼 쓰세요" });
    return ok({ en: `time zone: ${zone}`, ko: `시간대: ${zone}` });
  },
};

function isZone(name: string): boolean {
  if (/^[A-Z]{3,5}[-+]?\d*/.test(name) && !name.includes("/")) return true; // The POSIX form: KST-9.
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const language: Check = {
  id: "language",
  run: ({ env, platform }) => {
    const charset = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
    if (platform === "win32") {
      if (env["WT_SESSION"] !== undefined) return ok({ en: "Windows Terminal shows UTF-8", ko: "Windows Terminal은 UTF-8을 표시합니다" });
      return hint({ en: "this console may show only its code page (949 in Korean Windows); symbols are written as ASCII", ko: "이 콘솔은 코드 페이지(949)만 표시할 수 있어 기호를 ASCII로 씁니다" }, { en: "use Windows Terminal, or `chcp 65001`", ko: "Windows Terminal을 쓰거나 `chcp 65001`을 실행하세요" });
    }
    if (charset === "" || /utf-?8/i.test(charset)) return ok({ en: `language: ${charset === "" ? "not set" : charset}`, ko: `언어: ${charset === "" ? "설정 안 됨" : charset}` });
    return hint({ en: `the terminal's language ${charset} is not UTF-8: Korean may not be shown`, ko: `터미널 언어 ${charset}: UTF-8이 아니라 한글이 깨질 수 있습니다` }, { en: "export LANG=ko_KR.UTF-8", ko: "export LANG=ko_KR.UTF-8" });
  },
};

export const machineChecks: readonly Check[] = [runtime, memory, processors, openFiles, watches, clock, timeZone, language];
