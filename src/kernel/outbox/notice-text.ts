// What an event says to somebody who was not there: a subject and a few lines, in his language.
import type { JsonValue } from "#base/json.ts";
import type { Lang, Text } from "#base/lang.ts";
import { localOffset, localTime } from "#base/local-time.ts";
import type { Notice } from "#sdk/notifier.ts";
import { eventText } from "../events/event-words.ts";

export interface ToldEvent {
  readonly name: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** Whom or what an event is about, the first of them that it names. */
const ABOUT = ["rule", "process", "pipeline", "schedule", "queue", "user", "step"];
const VALUE_CHARACTERS_MAX = 2000;
const TIME: Text = { en: "time", ko: "시각" };
const HOST: Text = { en: "host", ko: "호스트" };
const EVENT: Text = { en: "event", ko: "이벤트" };

export function noticeOf({ name, atMs, data }: ToldEvent, { host, lang }: { readonly host: string; readonly lang: Lang }): Notice {
  const about = ABOUT.map((key) => data[key]).find((value) => typeof value === "string");
  const words = eventText(name)?.[lang] ?? name;
  const lines = [[TIME[lang], `${localTime(atMs)} ${localOffset(atMs)}`], [HOST[lang], host], [EVENT[lang], name], ...Object.entries(data).map(([key, value]) => [key, shown(value)])];
  return { subject: oneLine(`[${host}] ${words}${about === undefined ? "" : `: ${String(about)}`}`), text: lines.map(([key, value]) => `${key}: ${value}`).join("\n"), event: name, atMs, host, data };
}

/** Fits a header and a chat's title. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}

function shown(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}…`;
}
