// The numbers of ../layout.ts as compile-time constants; that file says what they mean. AssemblyScript cannot read
// its object literals. The differential test fails when the two drift apart.

export const NONE: u32 = 0xffff_ffff;

export const ROW_LINE_POINTER: usize = 0;
export const ROW_LINE_LENGTH: usize = 4;
export const ROW_STATUS: usize = 8;
export const ROW_SECONDS: usize = 12;
export const ROW_NANOSECONDS: usize = 16;
export const ROW_SPANS: usize = 20;
export const SPAN_BYTES: u32 = 8;

@inline
export function rowBytes(columns: u32): u32 {
  return <u32>ROW_SPANS + SPAN_BYTES * columns;
}

export const STATUS_PARSED: u32 = 0;
export const STATUS_ODD: u32 = 1;
export const STATUS_DROPPED: u32 = 3;

export const SPLIT_STOP: u32 = 0;
export const SPLIT_LITERAL: u32 = 1;
export const SPLIT_UNTIL: u32 = 2;
export const SPLIT_RUN: u32 = 4;
export const SPLIT_END: u32 = 5;
export const SPLIT_STEP_BYTES: usize = 16;

export const CLASS_ANY: u32 = 0;
export const CLASS_NON_SPACE: u32 = 1;
export const CLASS_DIGIT: u32 = 2;

export const EMIT_HEAD_BYTES: u32 = 16;
export const EMIT_STEP_BYTES: u32 = 16;

export const KIND_STRING: u32 = 0;
export const KIND_INTEGER: u32 = 1;
export const KIND_FLOAT: u32 = 2;
export const KIND_BOOLEAN: u32 = 3;
export const KIND_JSON: u32 = 4;

export const TIME_LITERAL: u32 = 1;
export const TIME_YEAR4: u32 = 2;
export const TIME_MONTH2: u32 = 3;
export const TIME_DAY2: u32 = 4;
export const TIME_DAY_SPACE2: u32 = 5;
export const TIME_HOUR2: u32 = 6;
export const TIME_MINUTE2: u32 = 7;
export const TIME_SECOND2: u32 = 8;
export const TIME_FRACTION: u32 = 9;
export const TIME_ZONE: u32 = 10;
export const TIME_MONTH_NAME: u32 = 11;
export const TIME_EPOCH_SECONDS: u32 = 12;
export const TIME_EPOCH_MILLISECONDS: u32 = 13;
export const TIME_YEAR2: u32 = 14;
export const TIME_WEEKDAY_NAME: u32 = 15;
export const TIME_YEAR_NEAR: u32 = 16;

export const ENTRY_BYTES: u32 = 20;
/** Containers deeper than this are odd in JSON, null in entries. */
export const DEPTH_MAX: i32 = 64;
export const NANOSECONDS_MAX: u32 = 999_999_999;
