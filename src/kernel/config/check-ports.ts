// Ports that two parts of the agent would listen on.
import type { JobsPlan } from "./jobs-plan.ts";
import type { HttpPlan } from "./plan.ts";
import type { Problems } from "./problem.ts";
import type { ProcessesPlan } from "./process-plan.ts";
import type { ProcessSections } from "./process-sections.ts";
import type { Span } from "./source.ts";
import { locate, spanOf } from "./tree.ts";
import type { MapEntry } from "./tree.ts";

interface Listener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly span: Span;
}

interface Listening {
  readonly sections: ProcessSections;
  readonly plan: ProcessesPlan;
  readonly http: { readonly entry: MapEntry | undefined; readonly plan: HttpPlan | null | undefined };
  readonly metrics: { readonly entry: MapEntry | undefined; readonly plan: { readonly host: string; readonly port: number } | undefined };
  readonly jobs: { readonly entry: MapEntry | undefined; readonly plan: Pick<JobsPlan, "operator"> | undefined };
}

export function checkPorts({ sections, plan, http, metrics, jobs }: Listening, problems: Problems): void {
  const listeners: Listener[] = [];
  const add = (name: string, { host, port }: { readonly host: string; readonly port: number }, entry: MapEntry | undefined, path: readonly string[]): void => {
    if (entry === undefined) return;
    const { value = entry.value, nearest } = locate(entry.value, path, entry.keySpan);
    listeners.push({ name, host, port, span: spanOf(value, nearest) });
  };
  // Without a port in the config the next free one is taken.
  if (http.plan?.isPortGiven === true && http.plan.port !== 0) add("http", http.plan, http.entry, ["port"]);
  if (metrics.plan !== undefined) add("agent.metrics", metrics.plan, metrics.entry, ["metrics"]);
  if (plan.console !== undefined) add("console", plan.console, sections.console, ["port"]);
  if (plan.settings.oldApi.isOn) add("process_settings.old_api", plan.settings.oldApi, sections.process_settings, ["old_api", "port"]);
  if (jobs.plan?.operator?.websocket !== undefined) add("jobs.operator.websocket", jobs.plan.operator.websocket, jobs.entry, ["operator", "websocket", "port"]);
  for (const [index, listener] of listeners.entries()) {
    const other = listeners.slice(0, index).find((each) => each.port === listener.port && meet(each.host, listener.host));
    if (other === undefined) continue;
    problems.add("DURE337", listener.span, { text: { en: `\`${other.name}\` listens on port ${listener.port} already`, ko: `\`${other.name}\`에서 이미 ${listener.port} 포트를 씁니다` }, help: { en: "give each a port of its own", ko: "포트를 따로 쓰세요" } });
  }
}

function meet(one: string, other: string): boolean {
  const isAny = (host: string): boolean => host === "0.0.0.0" || host === "::" || host === "localhost";
  return one === other || isAny(one) || isAny(other);
}
