// Names people give to pipelines, as names of files on Linux, Windows and macOS.
import { sha256 } from "./sha256.ts";
import { composed } from "./text.ts";

/** Names Windows keeps for devices, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const LENGTH_MAX = 60;

/**
 * A file name for `name`: letters of any script, digits, `-`, `_` and inner dots stay. A name that had to be
 * changed gets a few digits of its hash, so that two names never meet in one file.
 */
export function fileSafeName(name: string): string {
  const plain = composed(name);
  if (/^[\w-][\w.-]{0,59}$/.test(plain) && !plain.endsWith(".") && !DEVICE.test(plain)) return plain;
  const safe = [...plain.replaceAll(/[^\p{L}\p{M}\p{N}._-]/gu, "_")].slice(0, LENGTH_MAX).join("").replaceAll(/^\.+|\.+$/g, "_");
  if (safe === plain && safe !== "" && !DEVICE.test(safe)) return safe;
  return `${safe}~${sha256(plain).toString("hex", 0, 4)}`;
}
