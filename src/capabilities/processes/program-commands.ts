// Programs that were uploaded for a process: their versions, and which of them runs.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { isProcessName } from "#kernel/config/process-name.ts";
import { takeUpload } from "#kernel/held-uploads.ts";
import { notFound } from "./process-failures.ts";
import { programSchema } from "./process-schemas.ts";
import { planOf } from "./process-words.ts";
import type { ProcessesPort } from "./processes-port.ts";

const define = defineCommand<ProcessesPort>();
const process = z.string().min(1).max(200).meta({ description: "The process that it belongs to.", ko: "프로그램을 쓰는 프로세스." });

const list = define({
  name: "programs.list",
  summary: { en: "uploaded programs and their versions", ko: "업로드한 프로그램과 버전" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ programs: z.array(z.strictObject({ process: z.string(), versions: z.array(programSchema).describe("The newest first.") })) }),
  run: async (_params, _call, { programs }) => ({ programs: await programs.list() }),
});

const upload = define({
  name: "programs.upload",
  summary: { en: "upload a program for a process; the one before is kept", ko: "프로세스의 프로그램을 업로드. 이전 버전은 보관" },
  role: "admin",
  effect: "change",
  key: "process",
  secret: ["content", "ticket"],
  params: z.strictObject({
    process,
    file: z.string().min(1).max(255).meta({ description: "Its file name: `etl.py`, `job_0.1.zip`.", ko: "파일 이름: `etl.py`, `job_0.1.zip`." }),
    content: z.base64().optional().meta({ description: "The file as base64. Larger ones: `POST /api/programs/PROCESS/file` with `multipart/form-data`.", ko: "base64로 쓴 파일 내용. 큰 파일은 `POST /api/programs/PROCESS/file`에 `multipart/form-data`로 보냄." }),
    ticket: z.string().max(100).optional().meta({ description: "Of a file that comes over that address; the agent makes it.", ko: "그 주소로 들어온 파일을 가리키는 값. 에이전트가 만듦." }),
  }),
  result: programSchema,
  async run({ process: wanted, file, content, ticket }, { caller, changed }, port) {
    changed({ subject: wanted, after: { file } });
    if (!isProcessName(wanted)) throw new CommandFailure("INVALID", { message: `no process can be called ${JSON.stringify(wanted)}`, hint: "Use letters, digits, `_`, `-`, `.`, `@`, `+` and `=`.", ko: { message: `${JSON.stringify(wanted)}: 프로세스 이름으로 쓸 수 없습니다`, hint: "글자, 숫자, `_`, `-`, `.`, `@`, `+`, `=`를 쓰세요." } });
    const given = ticket === undefined ? (content === undefined ? undefined : Buffer.from(content, "base64")) : takeUpload(ticket);
    if (given === undefined) throw new CommandFailure("INVALID", { message: "give the file as base64 in `content`", ko: { message: "파일 내용을 `content`에 base64로 넣으세요" } });
    const made = await port.programs.put(wanted, typeOf(wanted, port), file, given, caller.name);
    changed({ after: { file, version: made.version, sha256: made.sha256 } });
    await restartIfRunning(wanted, port, caller.name);
    return made;
  },
});

const use = define({
  name: "programs.use",
  summary: { en: "go back to another version of an uploaded program", ko: "업로드한 프로그램의 다른 버전으로 되돌림" },
  role: "admin",
  effect: "change",
  key: "process",
  params: z.strictObject({ process, version: z.int().min(1).meta({ description: "Which.", ko: "버전 번호." }) }),
  result: programSchema,
  examples: [{ line: "dure programs use etl --version 3", text: { en: "the process is started anew with it", ko: "그 버전으로 프로세스를 다시 시작합니다" } }],
  async run({ process: wanted, version }, { caller, changed }, port) {
    const before = (await port.programs.list()).find((each) => each.process === wanted)?.versions.find(({ isCurrent }) => isCurrent)?.version ?? null;
    changed({ subject: wanted, before: { version: before } });
    const now = await port.programs.use(wanted, version);
    changed({ after: { version: now.version } });
    await restartIfRunning(wanted, port, caller.name);
    return now;
  },
});

const remove = define({
  name: "programs.remove",
  summary: { en: "remove all versions of an uploaded program", ko: "업로드한 프로그램의 모든 버전을 지움" },
  role: "admin",
  effect: "change",
  key: "process",
  params: z.strictObject({ process }),
  result: z.null(),
  async run({ process: wanted }, { changed }, port) {
    changed({ subject: wanted });
    if (port.plan().processes.some(({ name }) => name === wanted)) throw new CommandFailure("CONFLICT", { message: `the process \`${wanted}\` needs its program`, hint: `Remove the process: \`dure processes remove ${wanted}\`.`, ko: { message: `\`${wanted}\` 프로세스가 이 프로그램을 씁니다`, hint: `프로세스를 지우세요: \`dure processes remove ${wanted}\`` } });
    const programs = await port.programs.list();
    if (!programs.some((each) => each.process === wanted)) throw notFound({ en: "program of", ko: "프로그램이" }, wanted, programs.map((each) => each.process));
    await port.programs.remove(wanted);
    return null;
  },
});

function typeOf(name: string, port: ProcessesPort): string {
  return port.plan().processes.find((each) => each.name === name)?.type ?? "process";
}

async function restartIfRunning(name: string, port: ProcessesPort, by: string): Promise<void> {
  if (!port.plan().processes.some((each) => each.name === name)) return; // It was uploaded before the process is added.
  const status = (await port.engine.list()).find((each) => each.name === planOf(name, port).name);
  if (status?.wanted === "running") await port.engine.restart([name], by);
}

export const programCommands = [list, upload, use, remove] as const satisfies readonly CommandDefinition<ProcessesPort>[];
