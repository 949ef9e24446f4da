// The times of a schedule in plain words. Fields are read as the agent reads them: all five have to fit, and `*/5` are the values that five divides.
// What has no short sentence is said field by field: rather long than wrong.
import { language, say } from "../words/say.ts";
import { words } from "../words/schedules.ts";

interface Field {
  readonly text: string;
  /** Any value fits. */
  readonly isAny: boolean;
  /** Of every fifth: 5. */
  readonly step: number | undefined;
  readonly values: readonly number[];
}

const RANGES = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const;
const NAMES: readonly (readonly string[])[] = [[], [], [], ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]];
/** Beyond, a list of times is no sentence any more. */
const TIMES_MAX = 6;

/** undefined: it is no line of five fields. */
export function cronWords(cron: string): string | undefined {
  const texts = cron.trim().toLowerCase().split(/\s+/);
  if (texts.length !== 5) return undefined;
  const fields = texts.map((text, index) => fieldOf(text, index));
  const [minute, hour, day, month, weekday] = fields;
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined) return undefined;
  const isEachDay = day.isAny && weekday.isAny && month.isAny;
  const what = timeWords(minute, hour, isEachDay);
  if (what === undefined) return fieldWords([minute, hour, day, month, weekday]);
  return withDays(what, day, month, weekday);
}

function fieldWords([minute, hour, day, month, weekday]: readonly [Field, Field, Field, Field, Field]): string {
  return say(words.fields, { minute: minute.text, hour: hour.text, day: day.text, month: month.text, weekday: weekday.text });
}

function timeWords(minute: Field, hour: Field, isEachDay: boolean): string | undefined {
  const span = spanOf(hour);
  const during = (text: string): string | undefined => (hour.isAny ? text : span === undefined ? undefined : say(words.duringHours, { what: text, from: clockOf(span[0], 0), to: clockOf(span[1], 59) }));
  if (minute.isAny) return during(say(words.everyMinute));
  if (minute.step !== undefined) return 60 % minute.step === 0 ? during(say(words.everyMinutes, { count: minute.step })) : undefined; // */7 begins anew each hour.
  const minutes = minute.values.join(", ");
  const isOnTheHour = minutes === "0";
  if (hour.isAny) return isOnTheHour ? say(words.everyHour) : say(words.everyHourAt, { minutes });
  if (hour.step !== undefined && 24 % hour.step === 0) return say(words.everyHoursAt, { count: hour.step, minutes });
  const times = hour.values.flatMap((each) => minute.values.map((at) => clockOf(each, at)));
  if (times.length <= TIMES_MAX) return isEachDay ? say(words.everyDay, { times: times.join(", ") }) : times.join(", ");
  return during(isOnTheHour ? say(words.everyHour) : say(words.everyHourAt, { minutes }));
}

function withDays(what: string, day: Field, month: Field, weekday: Field): string {
  const days = listOf(day.values);
  const weekdays = weekdayWords(weekday.values);
  const dated = day.isAny
    ? weekday.isAny
      ? what
      : weekday.values.join() === "1,2,3,4,5"
        ? say(words.onWeekdays, { what })
        : weekday.values.join() === "0,6"
          ? say(words.onWeekend, { what })
          : say(words.onDaysOfWeek, { what, days: weekdays })
    : weekday.isAny
      ? say(words.onDaysOfMonth, { what, days })
      : say(words.onBoth, { what, days, weekdays });
  return month.isAny ? dated : say(words.inMonths, { what: dated, months: monthWords(month.values) });
}

function fieldOf(text: string, index: number): Field | undefined {
  const [first, last] = RANGES[index]!;
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, span = "", by] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const step = by === undefined ? undefined : Number(by);
    if (span === "" || step === 0) return undefined;
    const [low, high] = span === "*" ? [first, last] : span.includes("-") ? span.split("-").map((each) => numberOf(each, index)) : [numberOf(span, index), numberOf(span, index)];
    if (low === undefined || high === undefined || !(first <= low && low <= high && high <= last)) return undefined;
    for (let value = low; value <= high; value += 1) if (step === undefined || (span === "*" ? value % step === 0 : (value - low) % step === 0)) values.add(index === 4 && value === 7 ? 0 : value);
  }
  const step = /^\*\/(\d+)$/.exec(text)?.[1];
  return { text, isAny: values.size === (index === 4 ? 7 : last - first + 1), step: step === undefined || step === "1" ? undefined : Number(step), values: [...values].sort((one, other) => one - other) };
}

function numberOf(text: string, index: number): number | undefined {
  const named = NAMES[index]!.indexOf(text);
  if (named >= 0) return index === 3 ? named + 1 : named;
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

/** First and last of values that follow each other without a gap. */
function spanOf({ values, step }: Field): readonly [number, number] | undefined {
  const [first] = values;
  const last = values.at(-1);
  return first === undefined || last === undefined || step !== undefined || last - first !== values.length - 1 ? undefined : [first, last];
}

function clockOf(hour: number, minute: number): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

function weekdayWords(values: readonly number[]): string {
  // The first of 2023 was a Sunday.
  return named(values, (value) => new Date(Date.UTC(2023, 0, 1 + value)), { weekday: "long" });
}

function monthWords(values: readonly number[]): string {
  return named(values, (value) => new Date(Date.UTC(2023, value - 1, 1)), { month: "long" });
}

function named(values: readonly number[], date: (value: number) => Date, options: Intl.DateTimeFormatOptions): string {
  const format = new Intl.DateTimeFormat(language.value, { ...options, timeZone: "UTC" });
  return values.map((value) => format.format(date(value))).join(", ");
}

function listOf(values: readonly number[]): string {
  return values.join(", ");
}
