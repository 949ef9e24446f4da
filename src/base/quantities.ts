// Durations and sizes as people write them.

const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Milliseconds of `500ms`, `1.5s`, `5m`, `2h`, `1d`, or a bare number of seconds; undefined when it is none of these. */
export function parseDurationMs(text: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/i.exec(String(text).trim());
  if (match === null) return undefined;
  return Number(match[1]) * (DURATION_MS[(match[2] ?? "s").toLowerCase()] ?? Number.NaN);
}

/** Bytes of `512`, `64k`, `10MB`, `1GiB` (steps of 1024, any case); undefined when it is none of these. */
export function parseSizeBytes(text: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(text).trim());
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * (SIZE_BYTES[(match[2] ?? "").toLowerCase()] ?? Number.NaN));
}

/** 1,536 → `1.5 KiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit += 1) bytes /= 1024;
  return `${unit === 0 ? bytes : bytes.toFixed(bytes < 10 ? 1 : 0)} ${units[unit]}`;
}
