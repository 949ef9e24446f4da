// Which config file a command is about. Kept apart from checking it, which loads a good deal more.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Call } from "./command.ts";
import { wrongUse } from "./failure.ts";

const DEFAULT_FILES = ["dure.yml", "dure.yaml", "config.yml"];

/** The config file that the words name, as they name it; else the usual one of this folder. */
export function configFileOf({ globals }: Pick<Call, "globals">, argument: string | undefined): string {
  const given = [...(argument === undefined ? [] : [argument]), ...globals.config];
  if (given.length > 1) throw wrongUse({ en: `one config at a time: ${given.join(", ")}`, ko: `설정은 한 번에 하나만: ${given.join(", ")}` });
  const file = given[0] === undefined ? (usualFile() ?? homeFile()) : fileIn(given[0]);
  if (file !== undefined) return file;
  throw wrongUse(
    { en: `which config? There is no ${DEFAULT_FILES.join(", ")} in this folder`, ko: `설정 파일을 지정하세요. 이 폴더에 ${DEFAULT_FILES.join(", ")} 파일이 없습니다` },
    { en: "name one, or make one: dure try 'in.FakeData | out.Stdout' --save dure.yml", ko: "파일을 지정하거나 만들어 보세요: dure try 'in.FakeData | out.Stdout' --save dure.yml" },
  );
}

/** Whether a word can only mean a config, and no name of anything in one. */
export function isConfigWord(word: string): boolean {
  return /\.ya?ml$/i.test(word) || /[/\\]/.test(word) || word === "." || word === "..";
}

/** Whoever comes from Swak has its home folder in the environment. A config that lies here is nearer. */
function homeFile(): string | undefined {
  const home = process.env["SWAK_HOME"] ?? "";
  if (home === "") return undefined;
  const file = usualFile(home);
  if (file !== undefined) return file;
  throw wrongUse({ en: `there is no ${DEFAULT_FILES.join(", ")} in ${home}, which SWAK_HOME names`, ko: `SWAK_HOME 폴더 ${home} 안에 ${DEFAULT_FILES.join(", ")} 파일이 없습니다` });
}

/** A folder stands for the usual config in it. */
export function fileIn(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  const file = usualFile(path);
  if (file !== undefined) return file;
  throw wrongUse({ en: `there is no ${DEFAULT_FILES.join(", ")} in ${path}`, ko: `${path} 폴더에 ${DEFAULT_FILES.join(", ")} 파일이 없습니다` });
}

export function usualFile(dir = ""): string | undefined {
  return DEFAULT_FILES.map((name) => join(dir, name)).find((file) => existsSync(file));
}
