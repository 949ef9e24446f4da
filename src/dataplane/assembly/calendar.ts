// Days of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").

/** Days since 1970-01-01 of a date in the year 0 or later. */
export function daysOf(year: i32, month: i32, day: i32): i32 {
  // Year 0 would go below zero, where division rounds the other way: count from 400 years earlier.
  const shifted = year + 400 - (month <= 2 ? 1 : 0);
  const era = shifted / 400;
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (153 * (month + (2 < month ? -3 : 9)) + 2) / 5 + day - 1;
  return (era - 1) * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
}

export function isDate(year: i32, month: i32, day: i32): bool {
  if (month < 1 || 12 < month || day < 1) return false;
  const isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  // Bit n is set when month n has 31 days.
  const days = month == 2 ? (isLeap ? 29 : 28) : 30 + ((0b1_0101_1010_1010 >> month) & 1);
  return day <= days;
}

export let civilYear: i32 = 0;
export let civilMonth: i32 = 0;
export let civilDay: i32 = 0;

/** Sets the date of a day, counted from 1970-01-01; not before the year 0. */
export function setCivil(days: i32): void {
  const shifted = days + 719_468;
  const era = shifted / 146_097;
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * dayOfYear + 2) / 153;
  civilMonth = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  civilDay = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
  civilYear = era * 400 + yearOfEra + (civilMonth <= 2 ? 1 : 0);
}
