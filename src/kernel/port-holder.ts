// Who listens on a port that we cannot have, as far as this system tells us: on Linux the sockets of this machine have numbers, and each process
// that we may look at says which it has open. Loaded where a port is taken, and nowhere else.
import { readFile, readdir, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Text } from "#base/lang.ts";

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

const LISTENING = "0A";
/** A machine may run a great many: whoever waits for a start does not wait for all of them. */
const PROCESSES_MAX = 5000;

/** Why nobody else can listen there. */
export async function portTakenText(port: number): Promise<Text> {
  const holder = await holderOf(port);
  const [en, ko] = holder === undefined ? ["", ""] : [` (process ${holder.pid}, ${holder.name})`, ` (프로세스 ${holder.pid}, ${holder.name})`];
  return { en: `another program has this port${en}`, ko: `다른 프로그램이 쓰는 포트입니다${ko}` };
}

/** undefined: nobody, another user's, or a system that does not say. */
export async function holderOf(port: number, root = "/proc"): Promise<PortHolder | undefined> {
  const sockets = new Set((await Promise.all(["tcp", "tcp6"].map(async (kind) => listenersIn(await textOf(join(root, "net", kind)), port)))).flat());
  if (sockets.size === 0) return undefined;
  const processes = (await readdir(root).catch((): string[] => [])).filter((name) => /^\d+$/.test(name)).slice(-PROCESSES_MAX);
  for (const pid of processes) {
    const folder = join(root, pid, "fd");
    for (const descriptor of await readdir(folder).catch((): string[] => [])) {
      const target = await readlink(join(folder, descriptor)).catch(() => "");
      if (sockets.has(target)) return { pid: Number(pid), name: await nameOf(root, pid) };
    }
  }
  return undefined;
}

/** `socket:[4711]` of each line of /proc/net/tcp that listens on the port. */
function listenersIn(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === LISTENING && local.endsWith(wanted) && inode !== undefined ? [`socket:[${inode}]`] : [];
  });
}

/** What it was started as; the name of its first thread is often another. */
async function nameOf(root: string, pid: string): Promise<string> {
  const [program = ""] = (await textOf(join(root, pid, "cmdline"))).split("\0");
  return basename(program).replaceAll(/[^\w.-]/g, "?").slice(0, 40) || "?";
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
