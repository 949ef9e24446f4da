// Whether the config is well: what is wrong with it, who can read its secrets, what it opens to others.
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { JsonValue } from "#base/json.ts";
import type { AgentPlan, StepPlan } from "#kernel/config/plan.ts";
import { isError } from "#kernel/config/problem.ts";
import type { Problem } from "#kernel/config/problem.ts";
import { redactedConfig } from "#kernel/redact.ts";
import type { Check, Verdict } from "./check.ts";
import { hint, ok, problem, skipped } from "./check.ts";

const SHOWN_MAX = 10;
const DAY_MS = 86_400_000;
const CERTIFICATE_DAYS_MIN = 21;
const HOSTS_MAX = 50;

const config: Check = {
  id: "config",
  run: ({ problems, configFile, plan }) => {
    const errors = problems.filter((each) => isError(each) && each.level !== "environment");
    if (errors.length === 0) return ok({ en: `config: ${configFile}, pipelines: ${plan?.pipelines.length ?? 0}`, ko: `설정: ${configFile}, 파이프라인 ${plan?.pipelines.length ?? 0}개` });
    return errors.slice(0, SHOWN_MAX).map((each) => problem(placed(each), each.help ?? { en: `dure explain ${each.code}`, ko: `dure explain ${each.code}` }));
  },
};

const oldForms: Check = {
  id: "config-old-forms",
  run: ({ problems }) => {
    const old = problems.filter((each) => !isError(each) && each.level !== "environment" && each.level !== "lint");
    if (old.length === 0) return ok({ en: "the config uses no old or doubtful form", ko: "설정에 옛 표기나 경고가 없습니다" });
    return old.slice(0, SHOWN_MAX).map((each) => hint(placed(each), each.help ?? { en: "dure fmt --fix", ko: "dure fmt --fix" }));
  },
};

const lint: Check = {
  id: "config-lint",
  run: ({ problems }) => {
    const found = problems.filter(({ level }) => level === "lint");
    if (found.length === 0) return ok({ en: "lint finds nothing", ko: "lint에서 찾은 것 없음" });
    return found.slice(0, SHOWN_MAX).map((each) => hint(placed(each), each.help ?? { en: `dure explain ${each.code}`, ko: `dure explain ${each.code}` }));
  },
};

/** The data folder and the rules of jobs have checks of their own. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["DURE312", "DURE314"]);

const endpoints: Check = {
  id: "endpoints",
  run: ({ problems }) => {
    const away = problems.filter(({ level, code }) => level === "environment" && !SAID_ELSEWHERE.has(code));
    if (away.length === 0) return ok({ en: "files, folders and peers of the config are there", ko: "설정의 파일, 폴더, 상대 서버가 모두 있습니다" });
    return away.slice(0, SHOWN_MAX).map((each) => (isError(each) ? problem : hint)(placed(each), { en: "look whether it is there and runs, and whether a firewall lets us through", ko: "있는지, 실행 중인지, 방화벽이 막지 않는지 확인하세요" }));
  },
};

function placed({ place, text, code }: Problem) {
  const at = `${place.file}:${place.line}:${place.column}`;
  return { en: `${at} ${text.en} (${code})`, ko: `${at} ${text.ko} (${code})` };
}

const names: Check = {
  id: "names",
  async run({ plan }) {
    const hosts = hostsOf(plan);
    if (hosts.length === 0) return ok({ en: "no name has to be looked up", ko: "조회할 호스트 이름이 없습니다" });
    const verdicts = await Promise.all(
      hosts.map(async (host): Promise<Verdict[]> => {
        try {
          await lookup(host);
          return [];
        } catch (error) {
          const code = (error as NodeJS.ErrnoException).code ?? "error";
          return [problem({ en: `the name ${host} is not known (${code})`, ko: `호스트 이름을 찾을 수 없습니다: ${host} (${code})` }, { en: "check how it is written, and the DNS or hosts file of this machine", ko: "철자와 이 컴퓨터의 DNS 또는 hosts 파일을 확인하세요" })];
        }
      }),
    );
    const bad = verdicts.flat();
    return bad.length === 0 ? ok({ en: `names looked up: ${hosts.length}`, ko: `호스트 이름 ${hosts.length}개 조회됨` }) : bad;
  },
};

function hostsOf(plan: AgentPlan | undefined): string[] {
  const found = new Set<string>();
  const visit = (value: JsonValue, key: string): void => {
    if (typeof value === "string" && (key === "host" || key === "hosts" || key === "servers" || key === "url")) {
      const name = hostIn(value);
      if (name !== undefined && isIP(name) === 0) found.add(name);
    } else if (Array.isArray(value)) for (const each of value as readonly JsonValue[]) visit(each, key);
    else if (typeof value === "object" && value !== null) for (const [name, each] of Object.entries(value)) visit(each, name);
  };
  for (const step of stepsOf(plan)) if (step.type === "plugin") visit(step.options, "");
  return [...found].slice(0, HOSTS_MAX);
}

function hostIn(text: string): string | undefined {
  if (URL.canParse(text) && text.includes("://")) return new URL(text).hostname.replace(/^\[|\]$/g, "") || undefined;
  return /^([\p{L}\p{N}._-]+)(?::\d+)?$/u.exec(text)?.[1];
}

function stepsOf(plan: AgentPlan | undefined): StepPlan[] {
  const inner = (step: StepPlan): StepPlan[] => {
    if (step.type === "failover") return [...step.outputs.flatMap(inner), ...(step.last === undefined ? [] : inner(step.last))];
    if (step.type === "route") return step.branches.flatMap(({ steps }) => steps.flatMap(inner));
    return [step];
  };
  return (plan?.pipelines ?? []).flatMap(({ steps }) => steps.flatMap(inner));
}

const secrets: Check = {
  id: "config-secrets",
  run({ configFile, platform }) {
    if (!existsSync(configFile)) return skipped({ en: "there is no config", ko: "설정 파일이 없습니다" });
    const text = readFileSync(configFile, "utf8");
    if (redactedConfig(text) === text) return ok({ en: "no secret stands in the config in the clear", ko: "설정에 그대로 적힌 비밀 값이 없습니다" });
    const isOpen = platform !== "win32" && (statSync(configFile).mode & 0o004) !== 0;
    if (!isOpen) return ok({ en: "the config has secrets in the clear, and not everybody can read it", ko: "설정에 비밀 값이 있지만 아무나 읽을 수는 없습니다" });
    return hint({ en: `every user of this machine can read the secrets in ${configFile}`, ko: `이 컴퓨터의 모든 사용자가 ${configFile} 안의 비밀 값을 읽을 수 있습니다` }, { en: `chmod o-r ${configFile}, or write \${file:/run/secrets/name} or \${env:NAME}`, ko: `chmod o-r ${configFile} 또는 \${file:/run/secrets/이름}, \${env:이름}으로 쓰세요` });
  },
};

const exposure: Check = {
  id: "exposure",
  run({ plan }) {
    if (plan === undefined) return skipped({ en: "the config has errors", ko: "설정에 오류가 있습니다" });
    const found: Verdict[] = [];
    const { http, metrics } = plan;
    if (http !== null && !isLoopback(http.host) && http.tls === undefined) found.push(problem({ en: `the dashboard listens on ${http.host} without TLS`, ko: `대시보드가 TLS 없이 ${http.host} 주소에서 듣습니다` }, { en: "give `http: tls: {cert, key}`, or listen on 127.0.0.1 behind a proxy", ko: "`http: tls: {cert, key}`를 쓰거나 127.0.0.1에서 듣고 프록시를 두세요" }));
    if (metrics !== undefined && !isLoopback(metrics.host)) found.push(hint({ en: `the metrics are shown to everybody who reaches ${metrics.host}:${metrics.port}`, ko: `${metrics.host}:${metrics.port} 주소에 닿는 누구나 지표를 볼 수 있습니다` }, { en: "let a firewall allow the Prometheus server alone, or scrape `/metrics` of the dashboard with a token", ko: "방화벽에서 Prometheus 서버만 허용하거나 대시보드의 `/metrics`를 토큰으로 읽게 하세요" }));
    return found.length === 0 ? ok({ en: http === null ? "nothing listens for people" : `the dashboard listens on ${http.host}`, ko: http === null ? "사람을 위해 열린 포트 없음" : `대시보드는 ${http.host} 주소에서 듣습니다` }) : found;
  },
};

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

const certificate: Check = {
  id: "tls-certificate",
  run({ plan }) {
    const tls = plan?.http?.tls;
    if (tls === undefined) return skipped({ en: "the dashboard has no certificate of its own", ko: "대시보드 인증서가 없습니다" });
    const { validTo, subject } = new X509Certificate(readFileSync(tls.certFile));
    const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
    const text = { en: `certificate ${subject.replaceAll("\n", ", ")}: valid until ${validTo} (${days} days)`, ko: `인증서 ${subject.replaceAll("\n", ", ")}: ${validTo}까지 (${days}일 남음)` };
    const fix = { en: `renew ${tls.certFile}, then restart the agent`, ko: `${tls.certFile} 인증서를 갱신하고 에이전트를 다시 시작하세요` };
    return days < 0 ? problem(text, fix) : days < CERTIFICATE_DAYS_MIN ? hint(text, fix) : ok(text);
  },
};

const plugins: Check = {
  id: "plugins",
  run({ plan }) {
    if (plan === undefined) return skipped({ en: "the config has errors", ko: "설정에 오류가 있습니다" });
    const gone = plan.pluginFiles.filter((file) => !existsSync(file));
    if (0 < gone.length) return problem({ en: `plugin files are gone: ${gone.join(", ")}`, ko: `플러그인 파일이 없습니다: ${gone.join(", ")}` }, { en: "put them back, or take their steps out of the config", ko: "파일을 되돌리거나 설정에서 그 단계를 빼세요" });
    return ok({ en: `plugins of your own: ${plan.pluginFiles.length}`, ko: `직접 만든 플러그인: ${plan.pluginFiles.length}개` });
  },
};

export const configChecks: readonly Check[] = [config, oldForms, lint, endpoints, names, secrets, exposure, certificate, plugins];
