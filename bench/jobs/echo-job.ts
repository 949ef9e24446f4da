// The job that everybody gets: it gives back what it was given, some 300 bytes with Korean in them.

export interface EchoJob {
  readonly number: number;
  readonly data: EchoData;
  /** `data` as JSON, for those who take text. */
  readonly json: string;
}

export interface EchoData {
  readonly number: number;
  readonly arg1: string;
  readonly pad: string;
}

const JOB_BYTES = 300;

export function echoJob(number: number): EchoJob {
  const start = { number, arg1: "길동" };
  const data = { ...start, pad: "x".repeat(JOB_BYTES - Buffer.byteLength(JSON.stringify({ ...start, pad: "" }))) };
  return { number, data, json: JSON.stringify(data) };
}

/** Checks what came back, field by field. */
export function isEcho(number: number, back: unknown): boolean {
  const { data } = echoJob(number);
  if (typeof back !== "object" || back === null) return false;
  const own = back as Partial<EchoData>;
  return own.number === data.number && own.arg1 === data.arg1 && own.pad === data.pad;
}
