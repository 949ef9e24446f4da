// The sections of a config that are about processes, by their keys.
import type { MapEntry } from "./tree.ts";

export const PROCESS_SECTIONS = ["processes", "flows", "groups", "schedules", "console", "process_settings"] as const;
export type ProcessSection = (typeof PROCESS_SECTIONS)[number];

export type ProcessSections = { [Section in ProcessSection]?: MapEntry };

export function isProcessSection(key: string): key is ProcessSection {
  return (PROCESS_SECTIONS as readonly string[]).includes(key);
}
