// What the author of a program says of it as a rule, in `NAME.rule.json` or `NAME.rule.yml` beside it. What is wrong in it is told with its place, and the program is no rule until it
// is put right: it may name secrets.
import { readFileSync } from "node:fs";
import { LineCounter, isMap, isPair, isScalar, parseDocument } from "yaml";
import { toError } from "#base/errors.ts";
import { duration } from "#sdk/options.ts";
import { z } from "#sdk/rule.ts";
import type { RuleFacts, RuleProblem } from "../worker-protocol.ts";
import { rateOf } from "./rule-facts.ts";

export interface Sidecar {
  /** Undefined: it is one rule, `run`. */
  readonly names: readonly string[] | undefined;
  readonly facts: Partial<RuleFacts>;
  readonly args: z.ZodType | undefined;
}

const BYTES_MAX = 1 << 20;

const rate = z.string().transform((text, context) => {
  try {
    return rateOf(text);
  } catch {
    context.addIssue({ code: "custom", message: 'write "10/s", "100/m" or "1000/h"' });
    return z.NEVER;
  }
});

/** As `defineRule` takes it: a number is milliseconds. */
const time = z.preprocess((given) => (typeof given === "number" ? `${given}ms` : given), duration());

const schema = z.strictObject({
  summary: z.string().optional(),
  args: z.looseObject({}).optional(),
  secrets: z.array(z.string().min(1)).optional(),
  timeout: time.optional(),
  attempts: z.int().min(1).optional(),
  backoff: z.strictObject({ first: time, most: time }).optional(),
  concurrency: z.int().min(1).optional(),
  rate: rate.optional(),
  priority: z.int().min(0).max(9).optional(),
  idempotency_key: z.string().min(1).optional(),
  names: z.array(z.string().regex(/^[\p{L}_][\p{L}\p{N}_]*$/u, "a name is made of letters, digits and `_`")).min(1).optional(),
});

/** `path` is relative to the rules folder, for people. */
export function readSidecar(file: string, path: string): { readonly sidecar: Sidecar } | { readonly problems: readonly RuleProblem[] } {
  const lines = new LineCounter();
  const at = (offset: number | undefined): Pick<RuleProblem, "line" | "column"> => {
    if (offset === undefined) return { line: 1, column: 1 };
    const { line, col: column } = lines.linePos(offset);
    return { line, column };
  };
  const wrong = (message: string, offset?: number): { readonly problems: readonly RuleProblem[] } => ({ problems: [{ file: path, message, ...at(offset) }] });
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/u, "");
  if (BYTES_MAX < text.length) return wrong(`it has ${text.length} characters; ${BYTES_MAX} are allowed`);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return wrong(error.message, error.pos[0]);
  let given: unknown;
  try {
    given = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    return wrong(toError(thrown).message);
  }
  const parsed = schema.safeParse(given ?? {});
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.flatMap((issue) => {
        const unknown = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
        return unknown.map((key) => {
          const place = [...issue.path, ...(key === undefined ? [] : [key])];
          const message = key === undefined ? `${place.length === 0 ? "" : `${place.join(".")}: `}${issue.message}` : `there is no \`${key}\`; there are ${Object.keys(schema.shape).join(", ")}`;
          return { file: path, message, ...at(offsetOf(document.contents, place)) };
        });
      }),
    };
  }
  const { names, summary, args, secrets, timeout, attempts, backoff, concurrency, rate: rateGiven, priority, idempotency_key: idempotencyKey } = parsed.data;
  let checks: z.ZodType | undefined;
  try {
    checks = args === undefined ? undefined : z.fromJSONSchema(args as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (thrown) {
    return wrong(`args: this JSON schema cannot be used: ${toError(thrown).message}`, offsetOf(document.contents, ["args"]));
  }
  return {
    sidecar: {
      names,
      args: checks,
      facts: {
        ...(summary === undefined ? {} : { summary }),
        ...(args === undefined ? {} : { args }),
        ...(secrets === undefined ? {} : { secrets }),
        ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        ...(attempts === undefined ? {} : { attempts }),
        ...(backoff === undefined ? {} : { backoff: { firstMs: backoff.first, mostMs: backoff.most } }),
        ...(concurrency === undefined ? {} : { concurrency }),
        ...(rateGiven === undefined ? {} : { rate: rateGiven }),
        ...(priority === undefined ? {} : { priority }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      },
    },
  };
}

/** Where the key stands that a path ends with, or the item of a list. */
function offsetOf(contents: unknown, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isPair(each) && isScalar(each.key) && each.key.value === step);
      if (pair === undefined) return offset;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else {
      node = (node as { items?: readonly unknown[] } | null)?.items?.[Number(step)];
      offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}
