// 2026-11-21 09:00:01|shop|buy|143   →   { time, service, action, ms }
// Whatever it gives nothing for, or throws at, goes on as { message: line }: no line is lost.
// 아무것도 돌려주지 않거나 예외가 나면 { message: 줄 } 그대로 나갑니다. 줄을 잃지 않습니다.
export function parse(line: string): Record<string, unknown> | undefined {
  const [at, service, action, ms] = line.split("|");
  if (at === undefined || ms === undefined) return undefined;
  // A Date as `time` becomes the record's event time. / `time`이 Date이면 이벤트 시각이 됩니다.
  return { time: new Date(`${at.replace(" ", "T")}+09:00`), service, action, ms: Number(ms) };
}
