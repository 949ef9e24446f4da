// Times as people here write them: of this machine's clock, in its zone.
import { existsSync, readlinkSync } from "node:fs";

const UTC = /^(?:Etc\/)?(?:UTC|UCT|Universal|Zulu)$/;
const ZONES = "/usr/share/zoneinfo/";

/** `2026-11-23 07:05:09`. */
export function localTime(atMs: number): string {
  const [year = "", month = "", day = "", ...clock] = partsOf(atMs);
  return `${year}-${month}-${day} ${clock.join(":")}`;
}

/** `20261123070509`. */
export function localStamp(atMs: number): string {
  return partsOf(atMs).join("");
}

/** `Asia/Seoul`; where the system does not say it, `+09:00`. Without `Intl`, whose first touch takes 8 MB. */
export function localZone(): string {
  const name = process.env["TZ"]?.replace(/^:/, "") || linkedZone();
  if (name !== undefined && /^[A-Za-z][\w+/-]*$/.test(name) && existsSync(ZONES + name)) return UTC.test(name) ? "UTC" : name;
  return localOffset(Date.now());
}

/** `+09:00`, as it was at that moment. */
export function localOffset(atMs: number): string {
  const eastMinutes = -new Date(atMs).getTimezoneOffset();
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${eastMinutes < 0 ? "-" : "+"}${two(Math.abs(eastMinutes) / 60)}:${two(Math.abs(eastMinutes) % 60)}`;
}

function linkedZone(): string | undefined {
  try {
    return readlinkSync("/etc/localtime").split("zoneinfo/", 2)[1];
  } catch {
    return undefined; // A copy, or no such system.
  }
}

function partsOf(atMs: number): string[] {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return [String(at.getFullYear()), ...[at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()].map(two)];
}
