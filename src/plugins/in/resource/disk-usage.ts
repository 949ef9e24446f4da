// How full file systems are, counted as df does: space only root may use is neither used nor available.
import { statfs } from "node:fs/promises";
import type { Mount } from "./proc-text.ts";
import { percent, recordOf } from "./record.ts";
import type { MeasuredRecord } from "./record.ts";

export async function diskUsage(mounts: readonly Partial<Mount>[]): Promise<MeasuredRecord[]> {
  const records: MeasuredRecord[] = [];
  for (const { device, path = "/", type } of mounts) {
    const found = await statfs(path).catch(() => undefined); // Gone, or closed to us: left out.
    if (found === undefined || found.blocks === 0) continue;
    const { bsize, blocks, bfree, bavail, files, ffree } = found;
    const used = (blocks - bfree) * bsize;
    const inodes = 0 < files ? { inodes_total: files, inodes_used: files - ffree, inodes_used_percent: percent(files - ffree, files) } : {};
    records.push(recordOf({ path, device, fstype: type, total: blocks * bsize, free: bavail * bsize, used, used_percent: percent(used, used + bavail * bsize), ...inodes }));
  }
  return records;
}
