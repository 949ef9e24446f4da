// A copy of the store, made by the running agent.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { Backup } from "./backup.ts";

export interface BackupPort {
  /** Into the backup folder of the data folder; no path comes from the caller. */
  backup(): Promise<Backup>;
}

const backup = defineCommand<BackupPort>()({
  name: "agent.backup",
  summary: { en: "write a copy of the store into the backup folder", ko: "저장소의 사본을 백업 폴더에 만듦" },
  role: "admin",
  effect: "change",
  params: z.strictObject({}),
  result: z.strictObject({
    file: z.string().describe("On the agent's machine; `dure restore FILE` brings it back."),
    bytes: z.number(),
    atMs: z.number(),
  }),
  async run(_params, { changed }, port) {
    const { file, bytes, atMs } = await port.backup();
    changed({ subject: file, after: { bytes } });
    return { file, bytes, atMs };
  },
});

export const backupCommands = [backup] as const satisfies readonly CommandDefinition<BackupPort>[];
