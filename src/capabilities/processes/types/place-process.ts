// Before each start: what a process is really started with, of what the config says. `{program}` is the current version of what was uploaded, `{work}` the work
// folder; where no `{program}` stands, the bare name of the uploaded file is replaced, as EventFlow did.
import { mkdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { UsageError } from "#base/errors.ts";
import { fileSafeName } from "#base/file-name.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import type { ProcessTypes } from "#kernel/process-types.ts";
import type { ProcessPlace, ProcessType, ProgramPlace } from "#sdk/process-type.ts";
import { currentProgram } from "../programs/program-folder.ts";
import { eventCommand } from "./event-command.ts";

export interface PlaceParts {
  /** Where uploaded programs are: `<data>/processes/programs`. */
  readonly programsDir: string;
  /** Of all processes: `process_settings.work_dir`. */
  readonly workDir: string;
  readonly types: ProcessTypes;
  readonly platform?: NodeJS.Platform;
}

const FOLDERS = ["extract", "transform", "check"];

/** Its own, below the one of all processes. */
export function workDirOf(workDir: string, process: string): string {
  return join(workDir, fileSafeName(process));
}

/** The plan with the command, folder and environment to start it with; its work folders exist then. Rejects with UsageError, whose words say why it cannot be started. */
export async function placeProcess(plan: ProcessPlan, { programsDir, workDir: below, types, platform = process.platform }: PlaceParts): Promise<ProcessPlan> {
  const workDir = workDirOf(below, plan.name);
  await mkdir(workDir, { recursive: true });
  await Promise.all(FOLDERS.map((folder) => mkdir(workDir + sep + folder, { recursive: true })));
  const program = currentProgram(programsDir, plan.name);
  const found = await types.load(plan.type);
  const command = found.type.name === "talend" && typeof plan.written === "string" ? plan.written.split(/\s+/).filter((word) => word !== "") : plan.command;
  const place: ProcessPlace = { process: plan.name, platform, workDir, command: placedCommand(command, plan, { workDir, platform, program }), ...(program === undefined ? {} : { program }) };
  const options = found.file !== undefined && "prepare" in found.type ? checkedOptions(plan, found.type) : (plan.options ?? {});
  const prepared = "prepare" in found.type ? await found.type.prepare(options, place) : eventCommand(plan, { file: found.file, options, workDir });
  return { ...plan, command: prepared.command, cwd: plan.cwd ?? prepared.cwd ?? workDir, env: { ...prepared.env, ...plan.env } };
}

/** Of the user's own types, which have the schema library here, too. The built-in ones are checked with the config. */
function checkedOptions({ name, options = {} }: ProcessPlan, { options: schema }: ProcessType): Readonly<Record<string, unknown>> {
  const outcome = schema.safeParse(options);
  if (outcome.success) return outcome.data as Readonly<Record<string, unknown>>;
  const [issue] = outcome.error.issues;
  const words = `\`options.${issue?.path.join(".") ?? ""}\`: ${issue?.message ?? ""}`;
  throw new UsageError(`${name}: ${words}`, { ko: { message: `${name}: ${words}` } });
}

interface Fills {
  readonly workDir: string;
  readonly platform: NodeJS.Platform;
  readonly program: ProgramPlace | undefined;
}

function placedCommand(command: readonly string[], { name, written }: ProcessPlan, { workDir, platform, program }: Fills): readonly string[] {
  const isAsked = command.some((text) => text.includes("{program}"));
  if (isAsked && program === undefined) {
    throw new UsageError(`the command of ${name} has {program}, and none was uploaded`, {
      hint: `Upload it: \`dure programs upload ${name}\`.`,
      ko: { message: `${name} 프로세스의 명령에 {program}이 있는데 업로드한 프로그램이 없습니다`, hint: `업로드하세요: \`dure programs upload ${name}\`` },
    });
  }
  // A text for a shell is the last of what the shell is started with.
  const isShellText = (index: number): boolean => typeof written === "string" && index === command.length - 1 && command.length !== 1;
  return command.map((text, index) => {
    const quote = isShellText(index) ? (path: string) => quoted(path, platform) : (path: string) => path;
    const fill = (filled: string, placeholder: string, path: string): string => filled.replaceAll(isShellText(index) ? new RegExp(`(["']?)${placeholder}\\1`, "g") : placeholder, () => quote(path));
    const worked = fill(text, "{work}", workDir);
    if (program === undefined) return worked;
    if (isAsked) return fill(worked, "{program}", program.path);
    if (isShellText(index)) return worked.replaceAll(bareName(program.fileName), () => quote(program.path));
    return worked === program.fileName || worked === `./${program.fileName}` ? program.path : worked;
  });
}

/** As a word of its own, not as the end or the middle of another path. */
function bareName(fileName: string): RegExp {
  return new RegExp(`(?<![^\\s"';&|(=])(?:\\./)?${RegExp.escape(fileName)}(?![^\\s"';&|)])`, "g");
}

function quoted(path: string, platform: NodeJS.Platform): string {
  if (/^[\p{L}\p{M}\p{N}_@%+:,./\\~-]+$/u.test(path) && (platform === "win32" || !path.includes("\\"))) return path;
  return platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", `'\\''`)}'`;
}
