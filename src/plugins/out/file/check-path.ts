// Whether the file can be written to, seen before the start: the nearest folder that is there must let us write, and what is there
// under the path's own name must be a file. Where the path holds codes, what stands before the first of them is looked at.
import { accessSync, constants, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { systemCode } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";

export function checkPath({ path, mkdir }: { readonly path: string; readonly mkdir: boolean }, configDir: string): Text[] {
  const parts = resolve(configDir, path).split(sep);
  const coded = parts.findIndex((part) => /%|\$\{/.test(part));
  const whole = coded === -1 ? parts.join(sep) : undefined;
  if (whole !== undefined && look(whole)?.isDirectory() === true) return [{ en: `${whole} is a folder; name a file in it`, ko: `${whole} 경로는 폴더입니다. 그 안의 파일 이름을 쓰세요` }];
  const folder = parts.slice(0, coded === -1 ? -1 : coded).join(sep) || sep;
  const problem = whole !== undefined && look(whole) !== undefined ? unwritable(whole) : checkFolder(folder, mkdir);
  return problem === undefined ? [] : [problem];
}

function checkFolder(folder: string, mkdir: boolean): Text | undefined {
  if (!mkdir && look(folder) === undefined) return { en: `the folder ${folder} is not there, and \`mkdir: false\``, ko: `${folder} 폴더가 없는데 \`mkdir: false\`입니다` };
  let nearest = folder;
  while (look(nearest) === undefined && nearest !== dirname(nearest)) nearest = dirname(nearest);
  if (look(nearest)?.isDirectory() === false) return { en: `${nearest} is a file, so there can be no folder of that name`, ko: `${nearest} 경로는 파일이라 그 이름의 폴더를 만들 수 없습니다` };
  return unwritable(nearest);
}

/** undefined: it is not there, or nobody may look. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function unwritable(path: string): Text | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    const code = systemCode(error) ?? "error";
    return { en: `${path} may not be written to (${code}): give the agent's user the right, or name another path`, ko: `${path} 경로에 쓸 수 없습니다 (${code}). 에이전트 사용자에게 쓰기 권한을 주거나 다른 경로를 쓰세요` };
  }
}
