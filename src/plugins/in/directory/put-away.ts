// What becomes of a file whose last line was written: deleted, or moved to a folder, under a name that is free there.
import { constants, copyFile, link, mkdir, rm, stat, unlink } from "node:fs/promises";
import type { ExactPath } from "../parts/discover.ts";
import { joinExact } from "../parts/discover.ts";
import { systemCode } from "#base/errors.ts";
import { identityOf, isSame } from "./known-file.ts";
import type { Identity } from "./known-file.ts";

const COLLISIONS_MAX = 10_000;

/** "changed": it is no longer the file that was read, and stays. "gone": somebody else has put it away. Rejects when it cannot be done. */
export async function putAway(exact: ExactPath, identity: Identity, moveTo: string | undefined): Promise<"done" | "changed" | "gone"> {
  const found = await stat(exact, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return "gone";
  if (!isSame(identityOf(found), identity)) return "changed";
  if (moveTo !== undefined) await copyInto(exact, moveTo);
  await rm(exact);
  return "done";
}

/** Never over a file that is there: `a.log`, `a.1.log`, `a.2.log`, … */
async function copyInto(exact: ExactPath, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const name = Buffer.from(exact).subarray(Buffer.from(exact).lastIndexOf(47) + 1);
  const dot = name.indexOf(46, 1);
  const [stem, ending] = dot === -1 ? [name, Buffer.alloc(0)] : [name.subarray(0, dot), name.subarray(dot)];
  for (let number = 0; number < COLLISIONS_MAX; number += 1) {
    const numbered = number === 0 ? name : Buffer.concat([stem, Buffer.from(`.${number}`), ending]);
    try {
      await linkOrCopy(exact, joinExact(folder, numbered));
      return;
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
      if (await isSameFile(exact, joinExact(folder, numbered))) return; // A crash came between the link and the removal.
    }
  }
  throw new Error(`${COLLISIONS_MAX} files of this name are in the folder already`);
}

async function isSameFile(one: ExactPath, other: ExactPath): Promise<boolean> {
  const [first, second] = await Promise.all([stat(one, { bigint: true }), stat(other, { bigint: true })]);
  return first.ino !== 0n && first.ino === second.ino && first.dev === second.dev;
}

/** A second name takes no time, and fails where the name is taken; another disk, or one without links, needs a copy. */
async function linkOrCopy(from: ExactPath, to: ExactPath): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw error;
    try {
      await copyFile(from, to, constants.COPYFILE_EXCL);
    } catch (failure) {
      if (systemCode(failure) !== "EEXIST") await unlink(to).catch(() => {}); // Half a copy is none.
      throw failure;
    }
  }
}
