// A sample of the machine as EventFlow's central server takes it: one object, every value a text.
import { localTime } from "#base/local-time.ts";
import { percent } from "./record.ts";
import type { MeasuredRecord } from "./record.ts";

/** What such a sample is made of. */
export const EVENTFLOW_PARTS = ["cpu", "memory", "disk"] as const;

export function asEventFlow(records: readonly MeasuredRecord[], nowMs: number): { readonly data: Readonly<Record<string, string>> } {
  const of = (part: string): MeasuredRecord[] => records.filter((record) => record["part"] === part);
  const disks = of("disk");
  const sum = (field: string): number => disks.reduce((total, record) => total + Number(record[field] ?? 0), 0);
  const data = {
    cpu_usage: shown(of("cpu").find(({ cpu }) => cpu === "all")?.["usage_active"]),
    ram_usage: shown(of("memory")[0]?.["used_percent"]),
    disk_usage: shown(percent(sum("used"), sum("used") + sum("free"))),
    datetime: localTime(nowMs),
  };
  return { data };
}

/** What is not known is a dash, as in its first sample of the processors. */
function shown(value: string | number | undefined): string {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : "-";
}
