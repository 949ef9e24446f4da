// What a check of the doctor is, and how all of them are asked: side by side, each on its own, none for longer than its time.
import { setTimeout as pause } from "node:timers/promises";
import { systemCode, toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Problem } from "#kernel/config/problem.ts";

/** `hint`: works, and could be better. `skipped`: does not apply here, or cannot be told. */
export type Outcome = "ok" | "hint" | "problem" | "skipped";

export interface Verdict {
  readonly outcome: Outcome;
  readonly text: Text;
  /** What to do, as one sentence; of hints and problems. */
  readonly fix?: Text;
}

export interface Finding extends Verdict {
  /** `disk-space`: stable, for programs. */
  readonly id: string;
}

/** What the checks look at. */
export interface Patient {
  readonly configFile: string;
  /** Of every level, environment and lint too. */
  readonly problems: readonly Problem[];
  /** Missing while the config has errors. */
  readonly plan?: AgentPlan | undefined;
  /** Where the agent keeps its things, told by the plan or, without one, the usual place. */
  readonly dataDir: string;
  readonly pidFile: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Asks the running agent; rejects where there is none. */
  ask(command: string): Promise<JsonValue>;
}

export interface Check {
  readonly id: string;
  /** One verdict, or one for each thing that was looked at. */
  run(patient: Patient): Verdict | readonly Verdict[] | Promise<Verdict | readonly Verdict[]>;
}

const LIMIT_MS = 5000;

/** All findings, in the order of the checks. */
export async function examine(patient: Patient, checks: readonly Check[], limitMs = LIMIT_MS): Promise<Finding[]> {
  const all = await Promise.all(
    checks.map(async ({ id, run }): Promise<Finding[]> => {
      const verdicts = await within(async () => run(patient), limitMs);
      return [verdicts].flat().map((verdict) => ({ id, ...verdict }));
    }),
  );
  return all.flat();
}

async function within(run: () => Promise<Verdict | readonly Verdict[]>, limitMs: number): Promise<Verdict | readonly Verdict[]> {
  const limit = new AbortController();
  const late = pause(limitMs, skipped({ en: `no answer within ${limitMs / 1000} s`, ko: `${limitMs / 1000}초 안에 답이 없습니다` }), { signal: limit.signal }).catch(() => skipped({ en: "", ko: "" }));
  try {
    return await Promise.race([run().catch(cannotTell), late]);
  } finally {
    limit.abort();
  }
}

function cannotTell(thrown: unknown): Verdict {
  const why = systemCode(thrown) ?? toError(thrown).message;
  return skipped({ en: `cannot be told (${why})`, ko: `확인할 수 없습니다 (${why})` });
}

export function ok(text: Text): Verdict {
  return { outcome: "ok", text };
}
export function hint(text: Text, fix: Text): Verdict {
  return { outcome: "hint", text, fix };
}
export function problem(text: Text, fix: Text): Verdict {
  return { outcome: "problem", text, fix };
}
export function skipped(text: Text): Verdict {
  return { outcome: "skipped", text };
}
