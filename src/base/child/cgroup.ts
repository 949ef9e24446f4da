// Control groups of Linux, version 2: what holds limits for a whole tree, and ends it at one blow whatever it does. Only where the system lets us: the
// agent's own group must be ours to divide (systemd: `Delegate=yes`; most containers), and have controllers.
import { accessSync, constants, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode, toError } from "../errors.ts";
import type { ChildLimits } from "./child-tree.ts";

/** The group of one tree. */
export interface TreeGroup {
  /** Before the process does anything of its own. */
  admit(pid: number): void;
  pids(): number[];
  /** All at once. */
  kill(): void;
  /** False: somebody is still in it. */
  remove(): boolean;
}

/** Groups with processes in them cannot be divided: the agent moves into this one. */
const AGENT = "dure-agent";
const TREE = "dure-tree-";
const CONTROLLERS = ["cpu", "memory", "pids"] as const;
export type Controller = (typeof CONTROLLERS)[number];
const CPU_PERIOD_MICROSECONDS = 100_000;

let groupsMade = 0;

export class CgroupHome {
  readonly controllers: ReadonlySet<Controller>;
  readonly #folder: string;
  readonly #proc: string;
  #isReady = false;

  private constructor(folder: string, controllers: ReadonlySet<Controller>, proc: string) {
    this.#folder = folder;
    this.controllers = controllers;
    this.#proc = proc;
  }

  /** Undefined: there is none that we may divide. Changes nothing. */
  static find(proc = "/proc"): CgroupHome | undefined {
    try {
      const folder = folderOf(readFileSync(join(proc, "self/mountinfo"), "utf8"), readFileSync(join(proc, "self/cgroup"), "utf8"));
      if (folder === undefined) return undefined;
      const controllers = new Set(CONTROLLERS.filter((name) => wordsIn(join(folder, "cgroup.controllers")).includes(name)));
      for (const name of [".", "cgroup.procs", "cgroup.subtree_control"]) accessSync(join(folder, name), constants.W_OK);
      const home = new CgroupHome(folder, controllers, proc);
      return home.#lacking().length === 0 || home.#isOursAlone() ? home : undefined;
    } catch {
      return undefined; // No such system, or hidden from us.
    }
  }

  make(limits: ChildLimits): TreeGroup {
    try {
      return this.#make(limits);
    } catch (error) {
      // Without the system's code, which would be taken for a word about the program.
      throw new Error(`no control group could be made for it in ${this.#folder}: ${toError(error).message}`, { cause: error });
    }
  }

  #make({ memoryBytesMax, processesMax, cpus }: ChildLimits): TreeGroup {
    this.#prepare();
    groupsMade += 1;
    const folder = join(this.#folder, `${TREE}${process.pid}-${Date.now()}-${groupsMade}`);
    mkdirSync(folder);
    const write = (name: string, value: string | number): void => writeFileSync(join(folder, name), String(value));
    try {
      if (memoryBytesMax !== undefined && this.controllers.has("memory")) {
        write("memory.max", memoryBytesMax);
        write("memory.oom.group", 1); // A tree that lost some of its processes is no use to anybody.
      }
      if (processesMax !== undefined && this.controllers.has("pids")) write("pids.max", processesMax);
      if (cpus !== undefined && this.controllers.has("cpu")) write("cpu.max", `${Math.max(1000, Math.round(cpus * CPU_PERIOD_MICROSECONDS))} ${CPU_PERIOD_MICROSECONDS}`);
    } catch (error) {
      removeIfEmpty(folder);
      throw error;
    }
    return treeGroup(folder);
  }

  /** Once, before the first tree: what is divided must have no processes of its own. */
  #prepare(): void {
    if (this.#isReady) return;
    const lacking = this.#lacking();
    if (0 < lacking.length) {
      const enable = (): void => writeFileSync(join(this.#folder, "cgroup.subtree_control"), lacking.map((name) => `+${name}`).join(" "));
      try {
        enable();
      } catch (error) {
        if (systemCode(error) !== "EBUSY") throw error;
        mkdirSync(join(this.#folder, AGENT), { recursive: true });
        for (const pid of wordsIn(join(this.#folder, "cgroup.procs"))) writeFileSync(join(this.#folder, AGENT, "cgroup.procs"), pid);
        enable();
      }
    }
    // Of agents that were killed.
    for (const name of readdirSync(this.#folder)) if (name.startsWith(TREE)) removeIfEmpty(join(this.#folder, name));
    this.#isReady = true;
  }

  #lacking(): Controller[] {
    const enabled = wordsIn(join(this.#folder, "cgroup.subtree_control"));
    return [...this.controllers].filter((name) => !enabled.includes(name));
  }

  /** Nobody is in it but the agent and what it started. */
  #isOursAlone(): boolean {
    return wordsIn(join(this.#folder, "cgroup.procs")).every((pid) => this.#isOurs(Number(pid)));
  }

  #isOurs(pid: number): boolean {
    for (let at = pid, steps = 0; 1 <= at && steps < 1000; steps += 1) {
      if (at === process.pid) return true;
      const stat = readFileSync(join(this.#proc, String(at), "stat"), "latin1");
      at = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ", 2)[1]);
    }
    return false;
  }
}

function treeGroup(folder: string): TreeGroup {
  const pids = (): number[] => {
    try {
      return wordsIn(join(folder, "cgroup.procs")).map(Number);
    } catch {
      return []; // The folder is gone.
    }
  };
  return {
    admit: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)),
    pids,
    kill() {
      try {
        writeFileSync(join(folder, "cgroup.kill"), "1");
      } catch {
        // Before Linux 5.14: then each is killed by its number.
      }
    },
    remove: () => removeIfEmpty(folder),
  };
}

/** Where version 2 is mounted, and there the group we are in. */
function folderOf(mounts: string, groups: string): string | undefined {
  const own = /^0::(\/.*)$/m.exec(groups)?.[1];
  if (own === undefined) return undefined;
  for (const line of mounts.split("\n")) {
    const [before = "", after = ""] = line.split(" - ", 2);
    if (after.split(" ", 1)[0] !== "cgroup2") continue;
    const [, , , root = "/", point = ""] = before.split(" ");
    if (root !== "/" && own !== root && !own.startsWith(`${root}/`)) continue; // We are not below what is mounted.
    const path = join(point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))), root === "/" ? own : own.slice(root.length));
    return path.endsWith(`/${AGENT}`) ? path.slice(0, -AGENT.length - 1) : path;
  }
  return undefined;
}

function wordsIn(file: string): string[] {
  return readFileSync(file, "latin1").split(/\s+/).filter((word) => word !== "");
}

function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return systemCode(error) === "ENOENT";
  }
}
