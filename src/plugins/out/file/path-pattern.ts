// Paths with time codes and the tag in them: `logs/%Y%m%d/${tag}.log`. The time is the batch's own (when its bytes were
// read), not each record's: one batch goes to one file, which is what makes the position of a file one number.
import { resolve } from "node:path";
import type { Facts } from "#dataplane/batch.ts";
import { zoneOffsets } from "../parts/time-style.ts";

const CODE = /%(.)|\$\{tag\}/g;
const CODES: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => String(time.getUTCFullYear()),
  y: (time) => two(time.getUTCFullYear() % 100),
  m: (time) => two(time.getUTCMonth() + 1),
  d: (time) => two(time.getUTCDate()),
  H: (time) => two(time.getUTCHours()),
  M: (time) => two(time.getUTCMinutes()),
  S: (time) => two(time.getUTCSeconds()),
  j: (time) => String(Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, "0"),
  "%": () => "%",
};

/** The codes of a pattern that mean nothing here. */
export function unknownCodes(pattern: string): string[] {
  return [...pattern.matchAll(CODE)].filter(([, code]) => code !== undefined && CODES[code] === undefined).map(([whole]) => whole);
}

/** Gives the absolute path for a batch. */
export function pathPattern(pattern: string, { dir, zone }: { dir: string; zone: string }): (facts: Facts) => string {
  const offsetAt = zoneOffsets(zone);
  let last = { seconds: Number.NaN, tag: "", path: "" };
  return ({ seconds, tag }) => {
    if (last.seconds === seconds && last.tag === tag) return last.path;
    const time = new Date((seconds + offsetAt(seconds) * 60) * 1000);
    const path = pattern.replace(CODE, (whole, code: string | undefined) => (code === undefined ? safeName(tag) : (CODES[code]?.(time) ?? whole)));
    last = { seconds, tag, path: resolve(dir, path) };
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
  return /^\.*$/.test(name) ? "_" : name;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
