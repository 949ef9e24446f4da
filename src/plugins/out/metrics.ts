// Makes metrics of records: counters, gauges, histograms and summaries with labels, shown with the agent's own (`agent: metrics:`, `dure metrics`). Written
// means counted. How many series there are is bounded, and records without the field are counted, not refused.
import { expression } from "#sdk/expression-option.ts";
import type { MetricDefinition } from "#sdk/metric-family.ts";
import { duration } from "#sdk/options.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { isExpression } from "./metrics/source-kind.ts";

/** Those that Prometheus' own libraries begin with: seconds of an answer. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** What Prometheus' own libraries have in their examples, and how long they look back. */
const QUANTILES = [0.5, 0.9, 0.99];
const WINDOW_MS = 600_000;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const OWN_NAME = /^(?:dure|process)_/;
/** What stands behind the name of a histogram or a summary in its samples. */
const SAMPLE_NAME = /_(?:bucket|sum|count|created)$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A field, a text with fields in it, or an expression. */
function source() {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      if (!isExpression(text)) return;
      const { error } = expression().safeParse(text);
      for (const issue of error?.issues ?? []) if (issue.code === "custom") context.addIssue({ code: "custom", message: issue.message, params: issue.params ?? {} });
    });
}

const metric = z
  .strictObject({
    type: z.enum(["counter", "gauge", "histogram", "summary"]).meta({ description: "counter: values are added up. gauge: the newest value holds. histogram: how many values were up to each bound, and their sum. summary: quantiles of the values, and their sum.", ko: "counter는 값을 더하고, gauge는 마지막 값을 두며, histogram은 경계마다 그 이하인 값의 개수와 합을 셉니다. summary는 값의 분위수와 합을 보여 줍니다." }),
    name: z.string().min(1).meta({ description: "The metric's name. That of a counter ends in `_total`; base units such as seconds and bytes stand in the name.", ko: "지표의 이름. counter의 이름은 `_total`로 끝납니다. 단위(seconds, bytes)도 이름에 넣으세요." }),
    help: z.string().min(1).max(1000).prefault("Made of records.").meta({ description: "A sentence on what it says.", ko: "지표를 설명하는 문장." }),
    value: z.union([z.number(), source()]).optional().meta({ description: "A field (`bytes`), an expression over the record (`r.took / 1000`) or a number. Numbers written as text count. A counter without it counts records.", ko: "필드(`bytes`), 레코드에 대한 식(`r.took / 1000`), 또는 수. 글자로 쓴 숫자도 숫자로 봅니다. counter에 없으면 레코드 수를 셉니다." }),
    labels: z.record(z.string(), source()).prefault({}).meta({ description: "Labels and where their values come from: a field (`path`), a text with fields in it (`${host}:${port}`), or an expression (`Math.floor(r.status / 100) + \"xx\"`). `tag` is the record's tag. What is missing is empty; a value is cut at 1024 characters.", ko: "레이블과 그 값: 필드(`path`), 필드를 넣은 글자(`${host}:${port}`), 또는 식(`Math.floor(r.status / 100) + \"xx\"`). `tag`는 레코드의 태그입니다. 없는 값은 비우고, 값은 1024자에서 자릅니다." }),
    buckets: z.array(z.number()).min(1).max(100).optional().meta({ description: "Upper bounds of a histogram, ascending; 5 milliseconds to 10 seconds, in seconds, unless given.", ko: "histogram의 경계(작은 것부터). 없으면 0.005초부터 10초까지입니다." }),
    quantiles: z.array(z.number().min(0).max(1)).max(20).optional().meta({ description: "Quantiles of a summary, ascending, from 0 (the least) to 1 (the most); 0.5, 0.9 and 0.99 unless given. They are right to 1 %. `[]` leaves the sum and the count.", ko: "summary의 분위수. 0(최솟값)부터 1(최댓값)까지 작은 것부터 씁니다. 없으면 0.5, 0.9, 0.99입니다. 오차는 1% 이내이고, `[]`이면 합과 개수만 남습니다." }),
    window: z
      .union([z.literal("forever"), duration()])
      .refine((window) => window === "forever" || 1000 <= window, { message: "must be 1s or more", params: { ko: "1s 이상이어야 합니다" } })
      .optional()
      .meta({ description: "Of how long a time the quantiles of a summary are; `10m` unless given, `forever` is since the start. It moves on in fifths. Sum and count are always since the start.", ko: "summary의 분위수를 구하는 시간. 없으면 `10m`이고, `forever`면 시작한 뒤 전체입니다. 5분의 1씩 앞으로 옮겨 갑니다. 합과 개수는 언제나 시작한 뒤 전체입니다." }),
    when: expression().optional().meta({ description: 'Only records for which this expression is true: `r.status >= 500`.', ko: "식이 참인 레코드만 셉니다: `r.status >= 500`." }),
  })
  .superRefine(({ type, name, value, labels, buckets, quantiles, window }, context) => {
    const issue = (path: (string | number)[], en: string, ko: string): void => void context.addIssue({ code: "custom", path, message: en, params: { ko } });
    if (!NAME.test(name)) issue(["name"], "a metric's name has letters, digits and `_`, and begins with no digit", "지표 이름에는 영문자, 숫자, `_`만 쓰고 숫자로 시작하지 않습니다");
    else if (OWN_NAME.test(name)) issue(["name"], "names that begin with `dure_` or `process_` are the agent's own", "`dure_`나 `process_`로 시작하는 이름은 에이전트가 씁니다");
    else if (SAMPLE_NAME.test(name)) issue(["name"], "a name ends in `_bucket`, `_sum`, `_count` or `_created` only as a part of another metric", "`_bucket`, `_sum`, `_count`, `_created`로 끝나는 이름은 다른 지표의 일부로만 쓰입니다");
    else if (type === "counter" && !name.endsWith("_total")) issue(["name"], `a counter's name ends in \`_total\`: \`${name}_total\``, `counter의 이름은 \`_total\`로 끝나야 합니다: \`${name}_total\``);
    else if (type !== "counter" && name.endsWith("_total")) issue(["name"], "only a counter's name ends in `_total`", "`_total`로 끝나는 이름은 counter에만 씁니다");
    if (value === undefined && type !== "counter") issue(["value"], `a ${type} needs a \`value\`: a field or an expression`, `${type}에는 \`value\`에 필드나 식을 써야 합니다`);
    if (typeof value === "number" && type === "counter" && value < 0) issue(["value"], "a counter never goes down", "counter는 줄어들 수 없습니다");
    if (buckets !== undefined && type !== "histogram") issue(["buckets"], "only a histogram has buckets", "`buckets`는 histogram에만 씁니다");
    if (isAscending(buckets) === false) issue(["buckets"], "the bounds must ascend", "경계는 작은 것부터 차례로 쓰세요");
    if (typeof value === "number" && type === "summary" && value < 0) issue(["value"], "a summary has values from 0 up", "summary의 값은 0 이상이어야 합니다");
    if (quantiles !== undefined && type !== "summary") issue(["quantiles"], "only a summary has quantiles", "`quantiles`는 summary에만 씁니다");
    if (window !== undefined && type !== "summary") issue(["window"], "only a summary has a window", "`window`는 summary에만 씁니다");
    if (isAscending(quantiles) === false) issue(["quantiles"], "the quantiles must ascend", "분위수는 작은 것부터 차례로 쓰세요");
    for (const label of Object.keys(labels)) {
      if (!LABEL_NAME.test(label) || label.startsWith("__")) issue(["labels", label], "a label's name has letters, digits and `_`, and begins with no digit and no `__`", "레이블 이름에는 영문자, 숫자, `_`만 쓰고 숫자나 `__`로 시작하지 않습니다");
      else if (label === "overflow" || (label === "le" && type === "histogram") || (label === "quantile" && type === "summary")) issue(["labels", label], `the label \`${label}\` is taken`, `\`${label}\` 레이블은 쓸 수 없습니다`);
    }
  });

const options = z.strictObject({
  metrics: z.array(metric).min(1).max(200).meta({ description: "The metrics to make; each record may count in any of them.", ko: "만들 지표의 목록. 레코드 하나를 여러 지표에서 셀 수 있습니다." }),
  max_series: z.int().min(1).max(100_000).prefault(1000).meta({ description: "The most series (sets of label values) of a metric; what is over is counted in one series with the label `overflow`.", ko: "지표 하나의 최대 시계열(레이블 값의 조합) 수. 넘는 것은 `overflow` 레이블이 붙은 시계열 하나로 셉니다." }),
  expire: duration()
    .refine((ms) => 1000 <= ms, { message: "must be 1s or more", params: { ko: "1s 이상이어야 합니다" } })
    .optional()
    .meta({ description: "A series that no record came for in so long goes; without it none does.", ko: "이 시간 동안 레코드가 없던 시계열은 없앱니다. 없으면 그대로 둡니다." }),
});

export type MetricOptions = z.output<typeof metric>;

export const metrics = defineOutput({
  name: "Metrics",
  summary: { en: "Makes metrics of records for Prometheus: counters, gauges, histograms, summaries.", ko: "레코드로 Prometheus 지표(counter, gauge, histogram, summary)를 만듭니다." },
  options,
  shorthand: "metrics",
  example: "out.Metrics:\n  metrics:\n    - { type: counter, name: http_requests_total, labels: { path: path, status: status } }\n    - { type: histogram, name: http_request_duration_seconds, value: r.took_ms / 1000, buckets: [0.1, 0.5, 1] }",
  metrics: (given) => given.metrics.map((each) => definitionOf(each, given)),
  async open(given, context) {
    const { RecordMetric } = await import("./metrics/record-metric.ts");
    const made = given.metrics.map((each) => new RecordMetric(each, definitionOf(each, given), context));
    return {
      async write(batch) {
        // What may lack memory comes first: a batch that is tried again must not have been counted in part.
        const bound = made.map((each) => each.bind(batch));
        const now = context.clock.now();
        for (const add of bound) add(now);
      },
      async close() {},
    };
  },
});

function isAscending(numbers: readonly number[] | undefined): boolean | undefined {
  return numbers?.every((number, index) => index === 0 || (numbers[index - 1] ?? 0) < number);
}

function definitionOf({ name, type, help, labels, buckets, quantiles = QUANTILES, window = WINDOW_MS }: MetricOptions, { max_series: seriesMax, expire: expireMs }: Omit<z.output<typeof options>, "metrics">): MetricDefinition {
  const summary = { quantiles, windowMs: window === "forever" ? undefined : window };
  return { name, type, help, labels: Object.keys(labels).sort(), buckets: type === "histogram" ? (buckets ?? BUCKETS) : [], ...(type === "summary" ? { summary } : {}), seriesMax, expireMs };
}
