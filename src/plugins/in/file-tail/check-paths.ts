// What `dure validate` says of the paths on this machine.
import { accessSync, constants, statSync } from "node:fs";
import { systemCode } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { discover } from "../parts/discover.ts";
import { excluder, parsePattern, splitList } from "../parts/path-pattern.ts";
import { expandTimes } from "./time-codes.ts";

/** `path` and `exclude` as in the config. */
export function checkPaths({ path, exclude }: { readonly path: string | readonly string[]; readonly exclude: string | readonly string[] }, configDir: string): Text[] {
  const rules = { configDir, platform: process.platform };
  const isExcluded = excluder(exclude, rules);
  return splitList(path).flatMap((text) => checkPath(text, isExcluded, rules));
}

function checkPath(text: string, isExcluded: (path: string) => boolean, rules: { configDir: string; platform: NodeJS.Platform }): Text[] {
  const nowMs = Date.now();
  const patterns = parsePattern(text, rules).flatMap((pattern) => expandTimes(pattern, nowMs, nowMs));
  const { files, problems } = discover(patterns, isExcluded, rules.platform);
  const said: Text[] = [...problems].map(([path, code]) =>
    code === "ENOENT"
      ? { en: `the folder ${path} does not exist yet; the agent would wait for it`, ko: `${path} 폴더가 아직 없습니다. 에이전트는 생길 때까지 기다립니다` }
      : { en: `the folder ${path} cannot be read (${code})`, ko: `${path} 폴더를 읽을 수 없습니다 (${code})` },
  );
  for (const { path, exact, isNamed } of files.values()) {
    try {
      const isFolder = statSync(exact).isDirectory();
      if (isFolder && isNamed) said.push({ en: `${path} is a folder; write ${path}/* for the files in it`, ko: `폴더입니다: ${path}. 안의 파일은 ${path}/* 로 쓰세요` });
      if (!isFolder) accessSync(exact, constants.R_OK);
    } catch (error) {
      said.push({ en: `${path} cannot be read (${systemCode(error)})`, ko: `${path} 파일을 읽을 수 없습니다 (${systemCode(error)})` });
    }
  }
  if (said.length === 0 && files.size === 0) said.push({ en: `no file fits ${text} yet; the agent would wait for one`, ko: `${text}에 맞는 파일이 아직 없습니다. 에이전트는 생길 때까지 기다립니다` });
  return said;
}
