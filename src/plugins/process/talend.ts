// A job that Talend has built: the zip that it exports is uploaded and unpacked, and its launcher started with a context.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "#base/errors.ts";
import { defineProcessType } from "#sdk/process-type.ts";
import type { ProgramPlace } from "#sdk/process-type.ts";
import { z } from "#sdk/plugin.ts";

const name = z.string().regex(/^[^\s=]+$/, "has no spaces and no `=`");
const options = z.strictObject({
  context: z.string().regex(/^[^\s]+$/, "has no spaces").optional().meta({ description: "Which of the job's contexts; without it, the one it was exported with.", ko: "작업의 컨텍스트 이름. 없으면 내보낼 때의 컨텍스트를 씁니다." }),
  context_params: z.record(name, z.union([z.string(), z.number(), z.boolean()])).default({}).meta({ description: "Parameters of the context: `NAME: VALUE`.", ko: "컨텍스트 매개변수: `이름: 값`." }),
  job_home: z.union([name, z.literal(false)]).default("job_home").meta({ description: "The parameter that gets the process's work folder; false: none does.", ko: "작업 폴더를 받는 매개변수 이름. false이면 넘기지 않습니다." }),
});

export const talend = defineProcessType({
  name: "talend",
  summary: { en: "A job exported from Talend as a zip, with its contexts.", ko: "Talend에서 zip으로 내보낸 작업과 그 컨텍스트." },
  options,
  program: "zip",
  async programProblem(program) {
    if (!/\.zip$/i.test(program.fileName)) return { en: `${program.fileName} is no zip; upload what Talend exports (Build Job)`, ko: `${program.fileName}: zip이 아닙니다. Talend의 Build Job으로 내보낸 파일을 업로드하세요` };
    if ((await launcherOf(program, "linux")) !== undefined || (await launcherOf(program, "win32")) !== undefined) return undefined;
    const job = jobOf(program.fileName);
    return { en: `${program.fileName} holds no \`${job}/${job}_run.sh\` and no \`${job}_run.bat\`: it is no job that Talend has exported`, ko: `${program.fileName} 안에 \`${job}/${job}_run.sh\`나 \`${job}_run.bat\`가 없습니다. Talend에서 내보낸 작업이 아닙니다` };
  },
  // Options are defaulted here as well: a config that says nothing of Talend has none.
  async prepare({ context, context_params: params = {}, job_home: home = "job_home" }, { process, platform, workDir, command, program }) {
    if (program === undefined) throw new UsageError(`no Talend job was uploaded for ${process}`, { hint: `Upload it: \`dure programs upload ${process}\`.`, ko: { message: `${process} 프로세스에 업로드한 Talend 작업이 없습니다`, hint: `업로드하세요: \`dure programs upload ${process}\`` } });
    const launcher = await launcherOf(program, platform);
    if (launcher === undefined) throw new UsageError(`${program.fileName} has no launcher for this system`, { hint: "Export the job with launchers for all systems.", ko: { message: `${program.fileName} 안에 이 시스템용 실행 스크립트가 없습니다`, hint: "모든 시스템용 실행 스크립트를 넣어 내보내세요." } });
    if (platform === "win32") checkForCmd([context ?? "", ...Object.entries(params).flat().map(String), ...command]);
    const given: Readonly<Record<string, string | number | boolean>> = { ...(home === false ? {} : { [home]: workDir }), ...params };
    return {
      command: [
        ...(platform === "win32" ? ["cmd.exe", "/d", "/c", launcher] : ["/bin/sh", launcher]),
        ...(context === undefined ? [] : [`--context=${context}`]),
        ...Object.entries(given).flatMap(([key, value]) => ["--context_param", `${key}=${value}`]),
        ...command.filter((argument) => argument !== program.path && argument !== program.fileName && argument !== jobOf(program.fileName)),
      ],
      cwd: workDir,
    };
  },
});

/** Of what the command line of Windows would understand in its own way, no quoting holds behind a `.bat`. */
function checkForCmd(texts: readonly string[]): void {
  const wrong = texts.find((text) => /["&|<>^%!\r\n]/.test(text));
  if (wrong !== undefined) throw new UsageError(`\`${wrong}\` cannot be given to a .bat: it has one of " & | < > ^ % !`, { ko: { message: `\`${wrong}\` 값은 .bat에 넘길 수 없습니다. " & | < > ^ % ! 가운데 하나가 있습니다` } });
}

/** `JOB_0.1.zip` → `JOB`: without the version behind the last underscore. */
function jobOf(fileName: string): string {
  const base = fileName.replace(/\.zip$/i, "");
  const at = base.lastIndexOf("_");
  return at < 1 ? base : base.slice(0, at);
}

/** `JOB/JOB_run.sh`; where the zip was renamed, the only launcher there is. */
async function launcherOf({ path, fileName }: Pick<ProgramPlace, "path" | "fileName">, platform: NodeJS.Platform): Promise<string | undefined> {
  const ending = platform === "win32" ? "_run.bat" : "_run.sh";
  const job = jobOf(fileName);
  const found: string[] = [];
  for (const folder of await readdir(path, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    for (const file of await readdir(join(path, folder.name), { withFileTypes: true })) if (file.isFile() && file.name.endsWith(ending)) found.push(join(path, folder.name, file.name));
  }
  const usual = join(path, job, job + ending);
  return found.includes(usual) ? usual : found.length === 1 ? found[0] : undefined;
}
