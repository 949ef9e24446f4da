// Records of measurements: what is not known has no field.

export type Measured = Readonly<Record<string, string | number | undefined>>;
export type MeasuredRecord = Record<string, string | number>;

export function recordOf(fields: Measured): MeasuredRecord {
  const record: MeasuredRecord = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) continue;
    record[name] = typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 100) / 100 : value;
  }
  return record;
}

export function percent(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : (part * 100) / whole;
}
