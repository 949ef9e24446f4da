// Users of this system by their names. A child that is started as another user has that user's main group and no other: least of all those of the agent.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { UsageError } from "../errors.ts";

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
  /** Undefined for a number that no name stands for. */
  readonly name?: string;
  /** Undefined where no file says it. */
  readonly home?: string;
}

/** Undefined: the agent runs as that user already. Throws UsageError for one that is not known, or that we may not become. */
export function userToBecome(user: string): SystemUser | undefined {
  const ownUid = process.getuid?.();
  if (ownUid === undefined) {
    throw new UsageError("a program cannot be started as another user on this system", {
      hint: "Leave out `user`.",
      ko: { message: "이 시스템에서는 프로그램을 다른 사용자로 시작할 수 없습니다", hint: "`user`를 빼십시오." },
    });
  }
  const found = /^\d+$/.test(user) ? byNumber(Number(user)) : byName(user);
  if (found === undefined) {
    throw new UsageError(`this system has no user ${JSON.stringify(user)}`, {
      hint: "Write the name of a user of this system in `user`, or its number.",
      ko: { message: `이 시스템에 ${JSON.stringify(user)} 사용자가 없습니다`, hint: "`user`에 이 시스템의 사용자 이름이나 번호를 적으십시오." },
    });
  }
  if (found.uid === ownUid) return undefined;
  if (ownUid !== 0) {
    throw new UsageError(`only an agent that runs as root can start a program as the user ${user}`, {
      hint: "Run the agent as root, or leave out `user`.",
      ko: { message: `root로 실행한 에이전트만 프로그램을 사용자 ${user}로 시작할 수 있습니다`, hint: "에이전트를 root로 실행하거나 `user`를 빼십시오." },
    });
  }
  return found;
}

/** What a program finds in its environment when that user has logged in (POSIX, Base Definitions 8.3); nothing where the agent runs as that user already. */
export function userEnvironment(user: string): Record<string, string> {
  const found = userToBecome(user);
  if (found === undefined) return {};
  const { name = user, home = "/" } = found;
  return { HOME: home, LOGNAME: name, USER: name };
}

/** A number that no name stands for has the group of the same number. */
function byNumber(uid: number): SystemUser | undefined {
  if (0xffff_fffe < uid) return undefined; // The highest means "nobody is meant".
  return rowsOf("/etc/passwd").find((row) => row.uid === uid) ?? { uid, gid: uid };
}

function byName(name: string): SystemUser | undefined {
  return rowsOf("/etc/passwd").find((row) => row.name === name) ?? fromDirectory(name);
}

function rowsOf(file: string): SystemUser[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [name = "", , uid = "", gid = "", , home = ""] = line.split(":");
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid), ...(home === "" ? {} : { home }) }] : [];
  });
}

/** Users that no file names: of macOS, of a directory on the network. */
function fromDirectory(name: string): SystemUser | undefined {
  if (name === "" || name.startsWith("-")) return undefined;
  const ask = (what: string): number => Number(execFileSync("id", [what, name], { encoding: "latin1", stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 }));
  try {
    return { uid: ask("-u"), gid: ask("-g"), name };
  } catch {
    return undefined;
  }
}
