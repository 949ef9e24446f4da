// The config files that words on the command line mean.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { wrongUse } from "./failure.ts";

/** A folder stands for the configs in it and below. */
export function configFilesIn(named: readonly string[]): string[] {
  return named.flatMap((path) => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
    const found = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => /\.ya?ml$/.test(name) && !/(^|[\\/])(\.|node_modules[\\/])/.test(name));
    if (found.length === 0) throw wrongUse({ en: `there is no .yml file in ${path}`, ko: `${path} 에 .yml 파일이 없습니다` });
    return found.sort().map((name) => join(path, name));
  });
}
