// Makes one record for each group and window of time out of many: counts, sums, extremes, quantiles. What open windows hold is committed
// with the positions (sdk/gathering.ts), so each record counts once, also across a crash.
import { duration } from "#sdk/options.ts";
import { gatheringStep } from "#sdk/gathering.ts";
import { defineGatheringFilter, z } from "#sdk/plugin.ts";

const field = z.string().min(1).optional();
const OF_FIELDS = ["sum", "min", "max", "avg", "first", "last", "distinct", "p50", "p75", "p90", "p95", "p99", "p999"] as const;
const WINDOW_FIELDS = ["window_start", "window_end"];

const aggregate = z.union([
  z.literal(true),
  z.literal("count"),
  z.strictObject({ sum: field, min: field, max: field, avg: field, first: field, last: field, distinct: field, p50: field, p75: field, p90: field, p95: field, p99: field, p999: field }),
]);

const options = z
  .strictObject({
    every: duration()
      .refine((ms) => 1 <= ms, { message: "must be 1ms or more", params: { ko: "1ms 이상이어야 합니다" } })
      .meta({ description: "How long a window is, such as 10s or 1m. Windows begin at whole multiples of it since 1970 (UTC).", ko: "구간의 길이(10s, 1m 등). 1970년(UTC)부터 센 배수에서 시작합니다." }),
    by: z.array(z.string().min(1)).prefault([]).meta({ description: "Fields whose values make a group each; without it all records of a tag are one group.", ko: "값마다 그룹을 나눌 필드. 없으면 태그마다 한 그룹입니다." }),
    aggregates: z.record(z.string().min(1), aggregate).meta({
      description: "Fields of the result: `count: true`, or a name and what it is: `bytes: { sum: bytes }`. Known are count, sum, min, max, avg, first, last, distinct, and the quantiles p50, p75, p90, p95, p99, p999, which are at most 1% off. Numbers written as text count as numbers.",
      ko: "결과의 필드: `count: true` 또는 이름과 뜻 `bytes: { sum: bytes }`. count, sum, min, max, avg, first, last, distinct와 분위수 p50, p75, p90, p95, p99, p999(오차 1% 이내)가 있습니다. 글자로 쓴 숫자도 숫자로 봅니다.",
    }),
    time: z.enum(["event", "arrival"]).prefault("event").meta({ description: "Which time says the window: the record's own (that of its reading where it has none), or when it came here.", ko: "어느 시각으로 구간을 정할지: event는 레코드의 시각(없으면 읽은 시각), arrival은 이 단계에 들어온 시각." }),
    lateness: duration().prefault("5s").meta({ description: "How far behind records may come: a window is closed when a record this long after its end was seen, or, in a quiet stream, this long after its end by the clock. One that comes later makes a further record of its window.", ko: "레코드가 늦어도 되는 시간. 구간의 끝보다 이만큼 뒤의 레코드가 나오면, 또는 흐름이 멎은 채 시계로 이만큼 지나면 구간을 닫습니다. 더 늦은 것은 같은 구간의 레코드를 하나 더 만듭니다." }),
    max_groups: z.int().min(1).max(1_000_000).prefault(10_000).meta({ description: "The most groups of a window; the rest becomes one group whose fields are `other`.", ko: "구간 하나의 최대 그룹 수. 나머지는 필드 값이 `other`인 한 그룹이 됩니다." }),
    max_distinct: z.int().min(1).max(1_000_000).prefault(10_000).meta({ description: "How many values `distinct` counts in a group, exactly; it stays there then.", ko: "`distinct`로 한 그룹에서 정확히 세는 최대 개수. 그 뒤로는 늘지 않습니다." }),
  })
  .superRefine(({ aggregates, by }, context) => {
    const issue = (path: (string | number)[], en: string, ko: string): void => void context.addIssue({ code: "custom", path, message: en, params: { ko } });
    if (Object.keys(aggregates).length === 0) issue(["aggregates"], "write at least one, such as `count: true`", "`count: true`처럼 하나는 쓰세요");
    for (const [name, what] of Object.entries(aggregates)) {
      if (what === true && name !== "count") issue(["aggregates", name], `only \`count\` can be true; write \`${name}: { sum: FIELD }\` or the like`, `true는 \`count\`에만 쓸 수 있습니다. \`${name}: { sum: 필드 }\`처럼 쓰세요`);
      if (typeof what === "object" && Object.keys(what).length !== 1) issue(["aggregates", name], `write one of ${OF_FIELDS.join(", ")} with its field`, `${OF_FIELDS.join(", ")} 중 하나를 필드와 함께 쓰세요`);
      if (by.includes(name) || WINDOW_FIELDS.includes(name)) issue(["aggregates", name], `the result has a field \`${name}\` already`, `결과에 \`${name}\` 필드가 이미 있습니다`);
    }
    for (const [index, name] of by.entries()) if (WINDOW_FIELDS.includes(name) || by.indexOf(name) !== index) issue(["by", index], `the result has a field \`${name}\` already`, `결과에 \`${name}\` 필드가 이미 있습니다`);
  });

export const aggregateFilter = defineGatheringFilter({
  name: "Aggregate",
  summary: { en: "Counts, sums and measures records by group over windows of time.", ko: "레코드를 시간 구간과 그룹별로 세고 더하고 잽니다." },
  options,
  example: "filter.Aggregate:\n  every: 10s\n  by: [path]\n  aggregates: { count: true, bytes: { sum: bytes }, slow: { p95: took } }",
  async open(given, context) {
    const { Windows } = await import("./aggregate/windows.ts");
    const aggregates = Object.entries(given.aggregates).map(([name, what]) => {
      const [kind = "count", of = ""] = typeof what === "object" ? (Object.entries(what)[0] ?? []) : [];
      return { name, what: kind, field: of };
    });
    const isByArrival = given.time === "arrival";
    return gatheringStep(new Windows({ everyMs: given.every, latenessMs: given.lateness, isByArrival, by: given.by, aggregates, groupsMax: given.max_groups, distinctMax: given.max_distinct }, context), context);
  },
});
