// Limits of a child. Where version 2 of Linux's control groups is ours to use they hold for the whole tree. Elsewhere a shell sets what a process may be
// limited in and becomes the program, so that the child keeps its number; and memory is looked at each second. (The system's own limit of a process's
// memory counts what is only reserved: a Node.js that uses 50 MB would not start with less than 600.)
import { readFileSync } from "node:fs";
import type { Text } from "../lang.ts";
import type { ChildLimits, ChildSpec } from "./child-tree.ts";
import { CgroupHome } from "./cgroup.ts";
import type { Controller } from "./cgroup.ts";

interface LimitsHeld {
  readonly held: readonly (keyof ChildLimits)[];
  readonly notHeld: readonly { readonly limit: keyof ChildLimits; readonly why: Text }[];
}

interface LimitedStart {
  /** What is started in place of the program. */
  readonly command: readonly string[];
  /** To which the child has to be admitted before it is let go by a line on its descriptor 3. */
  readonly home?: CgroupHome;
}

const CONTROLLER_OF: Partial<Record<keyof ChildLimits, Controller>> = { memoryBytesMax: "memory", processesMax: "pids", cpus: "cpu" };
const NAMES = ["memoryBytesMax", "processesMax", "filesMax", "cpus"] as const;
const DELEGATE = {
  en: "Linux with control groups of version 2 that the agent may divide (systemd: Delegate=yes) would hold it",
  ko: "에이전트가 나눌 수 있는 cgroup v2가 필요합니다(리눅스, systemd는 Delegate=yes)",
};

let home: CgroupHome | null | undefined;

/** Which of the limits hold for the whole tree of a child here, and why the others do not, or not quite. */
export function limitsHeld(limits: ChildLimits, { user, system = ownHome() }: { readonly user?: string | undefined; readonly system?: CgroupHome | null } = {}): LimitsHeld {
  const held: (keyof ChildLimits)[] = [];
  const notHeld: { limit: keyof ChildLimits; why: Text }[] = [];
  for (const limit of NAMES) {
    if (limits[limit] === undefined) continue;
    const why = whyNot(limit, limits[limit], user, system);
    if (why === undefined) held.push(limit);
    else notHeld.push({ limit, why });
  }
  return { held, notHeld };
}

/** Undefined: nothing stands between the agent and the program. */
export function limitedStart({ command, env, limits = {} }: ChildSpec, isOtherUser: boolean, system: CgroupHome | null = ownHome()): LimitedStart | undefined {
  if (process.platform === "win32") return undefined;
  const isGrouped = NAMES.some((limit) => limits[limit] !== undefined && isInGroup(limit, system));
  const { processesMax, filesMax } = limits;
  const steps: string[] = [];
  if (isGrouped) steps.push("read go <&3 || exit 126", "exec 3<&-", "unset go");
  if (filesMax !== undefined) steps.push(`ulimit -n ${filesMax} 2>/dev/null || ulimit -n "$(ulimit -H -n)"`);
  if (processesMax !== undefined && isOtherUser && !isInGroup("processesMax", system)) steps.push(`ulimit -u ${processesMax} 2>/dev/null || ulimit -p ${processesMax}`); // The letter of bash, then that of dash.
  if (steps.length === 0) return undefined;
  // Variables with names that a shell cannot have would be lost in some.
  const odd = Object.entries(env).flatMap(([name, value]) => (value === undefined || /^[A-Za-z_]\w*$/.test(name) ? [] : `${name}=${value}`));
  const wrapped = ["/bin/sh", "-c", `${steps.join("; ")}; exec "$@"`, "sh", ...(0 < odd.length ? ["/usr/bin/env", ...odd] : []), ...command];
  return isGrouped && system !== null ? { command: wrapped, home: system } : { command: wrapped };
}

/** What nothing but looking holds: a tree that has more is to be ended. */
export function watchedLimits({ memoryBytesMax, processesMax }: ChildLimits, isOtherUser: boolean, system: CgroupHome | null = ownHome()): Pick<ChildLimits, "memoryBytesMax" | "processesMax"> {
  const isOwnUsers = isOtherUser && process.platform !== "win32";
  return {
    ...(memoryBytesMax === undefined || isInGroup("memoryBytesMax", system) ? {} : { memoryBytesMax }),
    ...(processesMax === undefined || isOwnUsers || isInGroup("processesMax", system) ? {} : { processesMax }),
  };
}

function isInGroup(limit: keyof ChildLimits, system: CgroupHome | null): boolean {
  const controller = CONTROLLER_OF[limit];
  return controller !== undefined && system?.controllers.has(controller) === true;
}

function whyNot(limit: keyof ChildLimits, value: number, user: string | undefined, system: CgroupHome | null): Text | undefined {
  if (isInGroup(limit, system)) return undefined;
  switch (limit) {
    case "memoryBytesMax":
      return {
        en: `here it is looked at each second, and who has more is ended with all it started; ${DELEGATE.en} at every moment`,
        ko: `여기서는 1초마다 확인하여, 넘으면 자식까지 모두 끝냅니다. 항상 지키려면 ${DELEGATE.ko}`,
      };
    case "processesMax":
      if (user !== undefined && process.getuid?.() === 0 && !/^(root|0+)$/.test(user)) return undefined;
      return {
        en: `here it is looked at each second, and who has more is ended with all it started; with a \`user\` of its own the system holds it, and ${DELEGATE.en}`,
        ko: `여기서는 1초마다 확인하여, 넘으면 자식까지 모두 끝냅니다. 전용 \`user\`를 지정하면 시스템이 지킵니다. 또는 ${DELEGATE.ko}`,
      };
    case "cpus":
      return { en: `it is not held here; ${DELEGATE.en}`, ko: `여기서는 지킬 수 없습니다. ${DELEGATE.ko}` };
    case "filesMax": {
      if (process.platform === "win32") return { en: "Windows has no such limit", ko: "Windows에는 이 제한이 없습니다" };
      const most = filesMost();
      if (value <= most) return undefined;
      return { en: `this system allows the agent's programs ${most} open files`, ko: `이 시스템은 에이전트의 프로그램에 열린 파일을 ${most}개까지 허용합니다` };
    }
  }
}

function filesMost(): number {
  if (process.getuid?.() === 0) return Number.POSITIVE_INFINITY;
  try {
    const most = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
  } catch {
    return Number.POSITIVE_INFINITY; // The system will say.
  }
}

/** null: there is none. */
function ownHome(): CgroupHome | null {
  home ??= (process.platform === "linux" ? CgroupHome.find() : undefined) ?? null;
  return home;
}
