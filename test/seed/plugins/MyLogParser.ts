// `2026-11-21 23:10:05 [전투] 홍길동: 몬스터를 잡았다`
export function parse(line: string): Record<string, unknown> | undefined {
  const found = /^(\S+ \S+) \[(.+?)\] (.+?): (.*)$/.exec(line);
  return found === null ? undefined : { at: found[1], channel: found[2], who: found[3], what: found[4] };
}
