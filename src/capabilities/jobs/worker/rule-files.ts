// Which file is the rules of a name, where several could be: a `.ts` beside what was compiled of it, or beside the old `.py`. The first of an order that never changes is taken, and
// the others are named, so that nobody mends a file that nobody reads.
import type { RuleProblem } from "../worker-protocol.ts";

const ORDER = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".py"];

/** Without its ending, and in one form: some file systems keep a Korean name in pieces. */
export function moduleOf(path: string): string {
  return path.normalize().replace(/\.(?:[cm]?[jt]s|py)$/u, "").replaceAll("/", ".");
}

/** Of files that have one name only the first is taken. Paths are relative to the rules folder. */
export function chosenFiles(paths: readonly string[]): { readonly chosen: ReadonlySet<string>; readonly problems: readonly RuleProblem[] } {
  const byModule = new Map<string, string>();
  const problems: RuleProblem[] = [];
  for (const path of paths.toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))) {
    const module = moduleOf(path);
    const first = byModule.get(module);
    if (first === undefined) byModule.set(module, path);
    else problems.push({ file: path, message: `its rules are left out: ${first} beside it has the same name ${module}, and is taken; rename one of them, or begin the name of one with \`_\`` });
  }
  return { chosen: new Set(byModule.values()), problems };
}

function rank(path: string): number {
  return ORDER.findIndex((ending) => path.endsWith(ending));
}
