// Small disks to fill up, and disks that cannot be written: mounted below a test's folder, gone with the test.
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface Disk extends Disposable {
  /** Fills it to the last byte. */
  fill(): void;
  remount(options: string): void;
}

/** Why nothing can be mounted here; false when it can. For the `skip` option of a test. */
export const noMounts: string | false =
  process.platform !== "linux" ? "small disks are mounted on Linux only" : process.getuid?.() !== 0 ? "mounting a small disk needs root" : whyNotMounted();

export function mountDisk(dir: string, size: string): Disk {
  mkdirSync(dir, { recursive: true });
  mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir);
  return {
    fill: () => fillUp(join(dir, "ballast")),
    remount: (options) => mount("-o", `remount,${options}`, dir),
    [Symbol.dispose]: () => void execFileSync("umount", ["-l", dir]),
  };
}

/** Others may write meanwhile: what is free is no use to know, only that no byte more was taken. */
function fillUp(file: string): void {
  const page = Buffer.alloc(4096);
  const to = openSync(file, "a");
  try {
    for (;;) writeSync(to, page);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(to);
  }
}

function mount(...args: string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function whyNotMounted(): string | false {
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return false;
  } catch {
    return "this container may not mount";
  }
}
