// What `dure validate` says of the folders on this machine.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Text } from "#base/lang.ts";
import { discover, statIfThere } from "../parts/discover.ts";
import { isGlob, parsePattern, splitList } from "../parts/path-pattern.ts";

export function checkFolders({ path, moveTo }: { readonly path: string | readonly string[]; readonly moveTo: string | undefined }, configDir: string): Text[] {
  const patterns = splitList(path).flatMap((text) => parsePattern(text, { configDir, platform: process.platform }));
  const { problems } = discover(patterns, () => false, process.platform);
  const named = patterns.filter(({ segments }) => !segments.some(isGlob)).map(({ root, segments }) => root + segments.join("/"));
  for (const place of named) if (statIfThere(place) === undefined) problems.set(place, "ENOENT");
  const said = [...problems].map(([place, code]): Text =>
    code === "ENOENT"
      ? { en: `${place} does not exist yet; the agent would wait for it`, ko: `아직 없습니다: ${place}. 에이전트는 생길 때까지 기다립니다` }
      : { en: `the folder ${place} cannot be read (${code})`, ko: `${place} 폴더를 읽을 수 없습니다 (${code})` },
  );
  const target = moveTo === undefined ? undefined : resolve(configDir, moveTo);
  if (target !== undefined && statSync(target, { throwIfNoEntry: false })?.isDirectory() === false) said.push({ en: `move_to ${target} is not a folder`, ko: `move_to가 폴더가 아닙니다: ${target}` });
  return said;
}
