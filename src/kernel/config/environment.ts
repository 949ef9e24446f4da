// Whether this machine is ready for a config: all checks at once, none longer than a second.
import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import type { JsonValue } from "#base/json.ts";
import type { Plugin } from "#sdk/plugin.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";

const LIMIT_MS = 1000;

export interface EnvironmentCheck {
  readonly plugin: Plugin;
  readonly name: string;
  readonly options: JsonValue;
  readonly span: Span;
  /** Another output takes over when this one does not work. */
  readonly isReplaceable: boolean;
}

export async function checkEnvironment(
  checks: readonly EnvironmentCheck[],
  dataDir: { readonly path: string; readonly span: Span } | undefined,
  /** Of `http:`. */
  tls: { readonly files: readonly string[]; readonly span: Span } | undefined,
  configDir: string,
  problems: Problems,
): Promise<void> {
  await Promise.all([dataDir === undefined ? undefined : checkDataDir(dataDir, problems), tls === undefined ? undefined : checkReadable(tls, problems), ...checks.map((check) => checkStep(check, configDir, problems))]);
}

async function checkStep({ plugin, name, options, span, isReplaceable }: EnvironmentCheck, configDir: string, problems: Problems): Promise<void> {
  const report = (code: "DURE310" | "DURE311", text: Text) => {
    const help: Text = isReplaceable
      ? {
          en: "the agent can start, because a failover is there; --no-environment leaves this check out",
          ko: "장애 조치가 설정되어 있어 시작은 가능합니다. 건너뛰기: --no-environment",
        }
      : { en: "--no-environment leaves this check out", ko: "건너뛰기: --no-environment" };
    problems.add(code, span, { text: { en: named(name, text.en), ko: named(name, text.ko) }, help, severity: isReplaceable ? "warning" : "error" });
  };
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<"time up">((resolve) => {
    timer = setTimeout(() => {
      resolve("time up"); // First: a check that rejects because of the signal is late, not wrong.
      limit.abort();
    }, LIMIT_MS);
  });
  try {
    // The registry erases the options' type; they went through this plugin's own schema.
    const found = await Promise.race([timeUp, plugin.checkEnvironment?.(options as never, { configDir, signal: limit.signal }) ?? []]);
    if (found === "time up") report("DURE311", { en: "no answer within a second", ko: "1초 안에 응답이 없습니다" });
    else for (const text of found) report("DURE310", text);
  } catch (error) {
    const what = systemCode(error) ?? toError(error).name; // The message could hold what must not be shown.
    report("DURE310", { en: `the check failed (${what})`, ko: `검사하지 못했습니다 (${what})` });
  } finally {
    clearTimeout(timer);
  }
}

/** Some say themselves who they are. */
function named(name: string, text: string): string {
  return text.startsWith(name) ? text : `${name}: ${text}`;
}

/** One after the other: they are said in the order in which they stand. */
async function checkReadable({ files, span }: { readonly files: readonly string[]; readonly span: Span }, problems: Problems): Promise<void> {
  for (const file of files) {
    try {
      await access(file, constants.R_OK);
    } catch (error) {
      const code = systemCode(error) ?? "error";
      problems.add("DURE310", span, {
        text: { en: `http: the file ${file} cannot be read (${code})`, ko: `http: ${file} 파일을 읽을 수 없습니다 (${code})` },
        help: { en: "give `tls: cert` and `key` PEM files that this user may read", ko: "`tls`의 `cert`와 `key`에 현재 사용자가 읽을 수 있는 PEM 파일을 쓰세요" },
      });
    }
  }
}

/** The folder need not exist yet: then the nearest that does must let us make it. */
async function checkDataDir({ path, span }: { readonly path: string; readonly span: Span }, problems: Problems): Promise<void> {
  for (let dir = path; ; dir = dirname(dir)) {
    try {
      await access(dir, constants.W_OK);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code === "ENOENT" && dir !== dirname(dir)) continue;
      problems.add("DURE312", span, {
        text: { en: `the data folder ${path} cannot be written (${code ?? "error"})`, ko: `데이터 폴더 ${path}에 쓸 수 없습니다 (${code ?? "error"})` },
        help: { en: "change `agent.data_dir` or the permissions", ko: "`agent.data_dir`이나 권한을 바꾸세요" },
      });
      return;
    }
  }
}
