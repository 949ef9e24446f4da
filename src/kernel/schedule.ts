// Times of a schedule: five fields as EventFlow reads them (minute, hour, day, month, weekday), all of which have to fit. They are written out as
// lists before croner sees them, for there `*/n` counts from the field's first value and a day or a weekday is enough.
import { Cron } from "croner";
import type { Text } from "#base/lang.ts";

export interface Schedule {
  /** The first time after `afterMs`, a whole minute; null: it never comes. */
  next(afterMs: number): number | null;
  /** YYYYMMDDHHMM00 of that minute in the schedule's zone. */
  stamp(atMs: number): string;
}

interface Field {
  readonly en: string;
  readonly ko: string;
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
}

/** 7 is Sunday, too. */
const FIELDS: readonly Field[] = [
  { en: "minute", ko: "분", first: 0, last: 59 },
  { en: "hour", ko: "시", first: 0, last: 23 },
  { en: "day", ko: "일", first: 1, last: 31 },
  { en: "month", ko: "월", first: 1, last: 12, names: ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { en: "weekday", ko: "요일", first: 0, last: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const DAY_OF_WEEK = 4;
const LENGTH_MAX = 200;

/** What is wrong with the text of a schedule's times, or undefined. */
export function cronProblem(cron: string): Text | undefined {
  const read = readCron(cron);
  return "problem" in read ? read.problem : undefined;
}

/** Throws for a text that `cronProblem` has something to say of, and for a zone that this system does not know. Without a zone: the system's. */
export function parseSchedule(cron: string, timeZone?: string): Schedule {
  const read = readCron(cron);
  if ("problem" in read) throw new TypeError(`${cron}: ${read.problem.en}`);
  const times = cronerOf(read.pattern, timeZone);
  times.nextRun(); // A zone that is not known throws here, not at some time.
  const wall = timeZone === undefined ? systemWall : zoneWall(timeZone);
  return {
    next: (afterMs) => times.nextRun(new Date(afterMs))?.getTime() ?? null,
    stamp: (atMs) => wall(atMs),
  };
}

function cronerOf(pattern: string, timeZone: string | undefined): Cron {
  return new Cron(pattern, { paused: true, domAndDow: true, mode: "5-part", ...(timeZone === undefined ? {} : { timezone: timeZone }) });
}

function readCron(cron: string): { readonly pattern: string } | { readonly problem: Text } {
  if (LENGTH_MAX < cron.length) return { problem: { en: `times take at most ${LENGTH_MAX} characters`, ko: `시각은 ${LENGTH_MAX}자까지 쓸 수 있습니다` } };
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== FIELDS.length || cron.trim() === "") {
    return { problem: { en: `write five fields, as in \`0 2 * * *\`: minute, hour, day, month, weekday; there are ${cron.trim() === "" ? 0 : texts.length}`, ko: `\`0 2 * * *\`처럼 분, 시, 일, 월, 요일 다섯 항목을 쓰세요. 지금은 ${cron.trim() === "" ? 0 : texts.length}개입니다` } };
  }
  const lists: string[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const text = texts[index] ?? "";
    const values = valuesOf(text, field);
    if (values === undefined) return { problem: wrongField(text, field) };
    lists.push(listOf(values, field, index === DAY_OF_WEEK));
  }
  const pattern = lists.join(" ");
  if (cronerOf(pattern, undefined).nextRun() === null) return { problem: { en: `there is no such day: \`${cron}\``, ko: `그런 날짜는 없습니다: \`${cron}\`` } };
  return { pattern };
}

function listOf(values: ReadonlySet<number>, { first, last }: Field, isWeekday: boolean): string {
  const unique = new Set([...values].map((value) => (isWeekday ? value % 7 : value)));
  const count = isWeekday ? 7 : last - first + 1;
  return unique.size === count ? "*" : [...unique].sort((a, b) => a - b).join(",");
}

/** undefined: it cannot be understood, or nothing fits it. */
function valuesOf(text: string, field: Field): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [, all, from, to, step] = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (all === undefined && from === undefined) return undefined;
    const isAlone = to === undefined && step !== undefined && all === undefined;
    const low = all === undefined ? numberOf(from ?? "", field) : field.first;
    const high = all === undefined ? numberOf(to ?? from ?? "", field) : field.last;
    const every = Number(step ?? 1);
    if (isAlone || low === undefined || high === undefined || high < low || every === 0) return undefined;
    // Of `*/n`, values that n divides; of a range, each nth from its start.
    const fitting = Array.from({ length: high - low + 1 }, (_, index) => low + index).filter((value) => (value - (all === undefined ? low : 0)) % every === 0);
    if (fitting.length === 0) return undefined;
    for (const value of fitting) values.add(value);
  }
  return values;
}

function numberOf(text: string, { first, last, names }: Field): number | undefined {
  const named = names?.indexOf(text) ?? -1;
  const value = named !== -1 && text !== "" ? named : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return first <= value && value <= last ? value : undefined;
}

function wrongField(text: string, { en, ko, first, last }: Field): Text {
  return {
    en: `the ${en} \`${text}\` cannot be understood; it takes ${first} to ${last}, \`*\`, \`*/n\`, ranges \`a-b\` and lists with commas`,
    ko: `${ko} 항목의 \`${text}\` 값을 알 수 없습니다. ${first}부터 ${last}까지의 수, \`*\`, \`*/n\`, 범위 \`a-b\`, 쉼표로 나눈 목록을 쓸 수 있습니다`,
  };
}

function systemWall(atMs: number): string {
  const at = new Date(atMs);
  return stampOf([at.getFullYear(), at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes()]);
}

/** The zone is asked for only by who names one: Intl takes eight megabytes. */
function zoneWall(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    return stampOf(["year", "month", "day", "hour", "minute"].map((type) => parts.get(type as "year") ?? 0));
  };
}

function stampOf([year = 0, ...rest]: readonly number[]): string {
  return `${String(year).padStart(4, "0")}${rest.map((value) => String(value).padStart(2, "0")).join("")}00`;
}
