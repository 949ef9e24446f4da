// What all buffers have in common: where they hold batches, and how much.
import { resolve } from "node:path";
import { bufferFolder } from "#sdk/buffer-folder.ts";
import { size } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import type { BufferFiles, OpenBuffer, PluginContext } from "#sdk/plugin.ts";
import type { MergeRule } from "./gatherer.ts";

const MEMORY_BYTES_MAX = 8 << 20;
const DISK_BYTES_MAX = 1 << 30;
/** Places in a segment are 32-bit numbers. */
const SEGMENT_BYTES_MAX = 1 << 30;

export const holdingOptions = {
  storage: z.enum(["memory", "disk"]).prefault("memory").meta({
    description: "Where batches are held. `memory`: positions move when a batch is written, so a crash reads again what was held. `disk`: batches are safe in files, the input goes on at once, and what is held survives a restart.",
    ko: "묶음을 어디에 쌓을지. `memory`: 출력이 끝나야 읽은 위치가 나아가므로, 중단되면 쌓인 것을 다시 읽습니다. `disk`: 파일에 안전하게 쌓고 입력은 바로 나아가며, 다시 시작해도 남아 있습니다.",
  }),
  path: z.string().min(1).optional().meta({
    description: "Folder of a disk buffer, for it alone; relative to the config file. Without it the agent's data folder is used.",
    ko: "디스크 버퍼 전용 폴더(설정 파일 기준). 없으면 에이전트의 데이터 폴더를 씁니다.",
  }),
  max_bytes: positiveSize().optional().meta({
    description: "How much may be held: 8MB in memory and 1GB on disk unless set. In memory a full buffer gives on what it has without waiting longer (never more than a quarter of the pipeline's memory is used). On disk it does the same, and its input waits while it is full.",
    ko: "쌓을 수 있는 최대 크기. 기본은 메모리 8MB, 디스크 1GB. 메모리 버퍼가 차면 더 기다리지 않고 내보냅니다(파이프라인 메모리의 1/4까지만 씁니다). 디스크 버퍼도 그렇게 하며, 가득 찬 동안 입력이 기다립니다.",
  }),
  segment_bytes: positiveSize().refine((bytes) => bytes <= SEGMENT_BYTES_MAX, { message: "a segment is at most 1GB", params: { ko: "세그먼트는 1GB 이하입니다" } }).prefault("64MB").meta({
    description: "Size of one file of a disk buffer (at most a quarter of max_bytes). A file is deleted when all of it is written.",
    ko: "디스크 버퍼 파일 하나의 크기(max_bytes의 1/4 이하). 내용이 모두 출력되면 지웁니다.",
  }),
  fsync: z.enum(["none", "interval", "every"]).prefault("interval").meta({
    description: "When a disk buffer is flushed to the disk itself. `every`: before a batch counts as safe, which also survives a power cut. `interval`: within a second. `none`: when the system likes. A killed agent loses nothing with any of them.",
    ko: "디스크 버퍼를 언제 실제 디스크에 기록할지. `every`: 묶음마다(정전에도 안전). `interval`: 1초 안에. `none`: 시스템에 맡김. 에이전트가 강제 종료되는 것은 어느 쪽이든 안전합니다.",
  }),
};

/** A size above 0. */
export function positiveSize() {
  return size().refine((bytes) => 0 < bytes, { message: "must be more than 0", params: { ko: "0보다 커야 합니다" } });
}

interface Holding {
  readonly storage: "memory" | "disk";
  readonly path?: string | undefined;
  readonly max_bytes?: number | undefined;
  readonly segment_bytes: number;
  readonly fsync: "none" | "interval" | "every";
}

export async function openBuffer(rule: MergeRule, { storage, path, max_bytes: bytesMax, segment_bytes: segmentBytesMax, fsync }: Holding, context: PluginContext): Promise<OpenBuffer> {
  if (storage === "memory") {
    const { openMemoryBuffer } = await import("./memory-buffer.ts");
    return openMemoryBuffer({ rule, bytesMax: bytesMax ?? MEMORY_BYTES_MAX }, context);
  }
  const { openDiskBuffer } = await import("./disk-buffer.ts");
  return openDiskBuffer({ dir: folderOf(path, context), rule, bytesMax: bytesMax ?? DISK_BYTES_MAX, segmentBytesMax, fsync }, context);
}

/** The files of a buffer on disk, for the commands of a person. */
export async function bufferFiles({ storage, path, max_bytes: bytesMax }: Holding, where: Pick<PluginContext, "dataDir" | "configDir" | "nth">): Promise<BufferFiles | undefined> {
  if (storage === "memory") return undefined;
  const { diskFiles } = await import("./disk-files.ts");
  return diskFiles(folderOf(path, where), bytesMax ?? DISK_BYTES_MAX);
}

function folderOf(path: string | undefined, { dataDir, configDir, nth }: Pick<PluginContext, "dataDir" | "configDir" | "nth">): string {
  return path === undefined ? bufferFolder(dataDir, nth) : resolve(configDir, path);
}

/** Holding options that have no effect are a mistake worth hearing of. */
export function checkHolding({ storage, path }: { readonly storage: "memory" | "disk"; readonly path?: string | undefined }, context: z.core.$RefinementCtx): void {
  if (path === undefined || storage === "disk") return;
  context.addIssue({ code: "custom", path: ["path"], message: "a folder is only used with `storage: disk`", params: { ko: "폴더는 `storage: disk`일 때만 쓰입니다" } });
}
