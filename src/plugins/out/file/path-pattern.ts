// Paths with time codes and the tag in them: `logs/%Y%m%d/${tag}.log`. The time is the batch's own (when its bytes were
// read), not each record's: one batch goes to one file, which is what makes the position of a file one number.
import { resolve } from "node:path";
import { sha256 } from "#base/sha256.ts";
import type { Facts } from "#dataplane/batch.ts";
import { timePattern } from "../parts/time-pattern.ts";
import { zoneOffsets } from "../parts/time-style.ts";

/** A name has 255 bytes in most file systems; what stands around the tag, and behind it when the file is rotated, needs some too. */
const TAG_BYTES_MAX = 150;

/** Gives the absolute path for a batch. */
export function pathPattern(pattern: string, { dir, zone }: { dir: string; zone: string }): (facts: Facts) => string {
  const nameAt = timePattern(pattern, zone);
  let last = { seconds: Number.NaN, tag: "", path: "" };
  return ({ seconds, tag }) => {
    if (last.seconds !== seconds || last.tag !== tag) last = { seconds, tag, path: resolve(dir, nameAt(seconds, { tag: safeName(tag) })) };
    return last.path;
  };
}

/** `20261121-103000-123` in the zone: sorts by time. */
export function stamp(ms: number, zone: string): string {
  const time = new Date(ms + zoneOffsets(zone)(ms / 1000) * 60_000).toISOString();
  return `${time.slice(0, 10).replaceAll("-", "")}-${time.slice(11, 19).replaceAll(":", "")}-${time.slice(20, 23)}`;
}

/** A tag may come from the network: it names a file inside its folder and nothing else. */
function safeName(tag: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is to be found
  const name = tag.replaceAll(/[/\\:*?"<>|\u0000-\u001f]/g, "_");
  if (TAG_BYTES_MAX < Buffer.byteLength(name)) return `${Buffer.from(name).subarray(0, TAG_BYTES_MAX).toString().replace(/\ufffd+$/, "")}~${sha256(tag).toString("hex", 0, 4)}`;
  return /^\.*$/.test(name) ? "_" : name;
}
