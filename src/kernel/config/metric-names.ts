// Metrics of several steps: a name means one thing in the whole agent, for who looks at them sees them together.
import { sameShape } from "#sdk/metric-family.ts";
import type { MetricShape } from "#sdk/metric-family.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";

export interface MadeMetric {
  readonly pipeline: string;
  /** Of the step. */
  readonly span: Span;
  readonly shape: MetricShape;
}

export function checkMetricNames(made: readonly MadeMetric[], problems: Problems): void {
  const first = new Map<string, MadeMetric>();
  for (const metric of made) {
    const { name } = metric.shape;
    const family = name.replace(/_total$/, ""); // What OpenMetrics calls it.
    const other = first.get(family);
    if (other === undefined) first.set(family, metric);
    else if (!sameShape(other.shape, metric.shape)) {
      const [en, ko] = differenceOf(other.shape, metric.shape);
      problems.add("DURE322", metric.span, {
        text: { en: `the metric \`${name}\` has ${en} in '${other.pipeline}'`, ko: `'${other.pipeline}'에 있는 \`${name}\` 지표와 ${ko} 다릅니다` },
        help: { en: "give it another name, or write both alike", ko: "다른 이름을 쓰거나 둘을 같게 쓰세요" },
      });
    }
  }
}

function differenceOf(one: MetricShape, other: MetricShape): readonly [en: string, ko: string] {
  if (one.type !== other.type || one.name !== other.name) return ["another type", "type이"];
  if (one.labels.join() !== other.labels.join()) return ["other labels", "레이블이"];
  if (one.type === "summary") return ["other quantiles or another window", "quantiles나 window가"];
  return ["other buckets", "buckets가"];
}
