// Times as people here write them: of this machine's clock, in its zone.

/** `2026-11-23 07:05:09`. */
export function localTime(atMs: number): string {
  const [year = "", month = "", day = "", ...clock] = partsOf(atMs);
  return `${year}-${month}-${day} ${clock.join(":")}`;
}

/** `20261123070509`. */
export function localStamp(atMs: number): string {
  return partsOf(atMs).join("");
}

function partsOf(atMs: number): string[] {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return [String(at.getFullYear()), ...[at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()].map(two)];
}
