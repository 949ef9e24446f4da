// What the disk buffers of the running agent hold, and whether it is whole.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { LookedBuffer } from "./buffer-files.ts";

export interface BuffersPort {
  buffers(isDeep: boolean): Promise<readonly LookedBuffer[]>;
}

const define = defineCommand<BuffersPort>();

const buffers = z.array(
  z.strictObject({
    pipeline: z.string(),
    step: z.string(),
    dir: z.string(),
    batches: z.number(),
    records: z.number().describe("What waits."),
    bytes: z.number(),
    oldestMs: z.number().optional().describe("When the oldest batch came."),
    damage: z.array(
      z.strictObject({
        file: z.string(),
        offset: z.number(),
        bytes: z.number(),
        what: z.enum(["head", "payload", "cut off"]),
        isUnfinished: z.boolean().describe("It was never settled: the next start leaves it out, and its source sends it again."),
      }),
    ),
    quarantine: z.strictObject({ bytes: z.number(), files: z.number() }).describe("Damage that was set aside."),
  }),
);

const list = define({
  name: "buffers.list",
  summary: { en: "what waits in disk buffers", ko: "디스크 버퍼에 쌓인 것" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ buffers }),
  run: async (_params, _call, port) => ({ buffers: await port.buffers(false) }),
});

const verify = define({
  name: "buffers.verify",
  summary: { en: "check every checksum in disk buffers", ko: "디스크 버퍼의 체크섬을 모두 확인" },
  role: "operator",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ buffers, damaged: z.number().describe("Damaged places; those that were never settled are none.") }),
  async run(_params, _call, port) {
    const looked = await port.buffers(true);
    return { buffers: looked, damaged: looked.flatMap(({ damage }) => damage).filter(({ isUnfinished }) => !isUnfinished).length };
  },
});

export const bufferCommands = [list, verify] as const satisfies readonly CommandDefinition<BuffersPort>[];
