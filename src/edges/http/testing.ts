// An agent's HTTP side for tests: a real door, a real room, commands of the test's own, and callers known by their token.
import { join } from "node:path";
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { ended } from "#base/signals.ts";
import { roles } from "#kernel/access/caller.ts";
import type { Caller, Role } from "#kernel/access/caller.ts";
import { bindCommands, defineCommand } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { createCommandTable } from "#kernel/commands/table.ts";
import type { AuditedCall } from "#kernel/commands/table.ts";
import type { HttpPlan } from "#kernel/config/plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { openDoor, readKeys } from "./door.ts";
import type { Door } from "./door.ts";
import type { HttpLimits, HttpParts } from "./server.ts";

const quiet = (): void => {};
export const quietLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export const usualPlan: HttpPlan = { host: "127.0.0.1", port: 0, isPortGiven: true, isInsecure: false, allowedHosts: [], areMetricsOpen: true };

/** Hears and says what commands of the tests do. */
export class Bench {
  readonly audited: AuditedCall[] = [];
  readonly logged: string[] = [];
  /** Ids of events from 1 on; each is sent to all who follow. */
  readonly followers = new Set<(event: JsonValue) => boolean>();
  readonly kept: { readonly id: number; readonly text: string }[] = [];
  /** Calls of `things.wait` that are under way, and their ends. */
  readonly waiting: { readonly signal: AbortSignal; readonly end: () => void }[] = [];

  /** What `things.work` does, in the main thread, while nothing else is done there. */
  work: () => number = () => 0;

  publish(text: string): boolean[] {
    const event = { id: this.kept.length + 1, text };
    this.kept.push(event);
    return [...this.followers].map((follower) => follower(event));
  }
}

const define = defineCommand<Bench>();
const thing = z.strictObject({ name: z.string(), count: z.number(), isGood: z.boolean(), tags: z.array(z.string()), by: z.string() });
const given = { count: z.int().min(0).default(0), isGood: z.boolean().default(false), tags: z.array(z.string()).default([]) };

export const benchCommands = [
  define({ name: "things.list", summary: { en: "all", ko: "모두" }, role: "viewer", effect: "read", params: z.strictObject(given), result: z.array(thing), run: (params, { caller }) => [{ name: "all", ...params, by: caller.name }] }),
  define({
    name: "things.show",
    summary: { en: "one", ko: "하나" },
    role: "viewer",
    effect: "read",
    key: "name",
    params: z.strictObject({ name: z.string().max(300) }),
    result: thing,
    run({ name }, { caller }) {
      if (name === "nothing") throw new CommandFailure("NOT_FOUND", { message: "there is no `nothing`", ko: { message: "`nothing`이 없습니다" } });
      if (name === "broken") throw new Error("inner words that are nobody's business: s3cret");
      return { name, count: 1, isGood: true, tags: [], by: caller.name };
    },
  }),
  define({ name: "things.create", summary: { en: "a new one", ko: "새로" }, role: "operator", effect: "change", params: z.strictObject({ name: z.string().min(1), ...given }), result: thing, run: (params, { caller }) => ({ ...params, by: caller.name }) }),
  define({ name: "things.update", summary: { en: "changed", ko: "바꿈" }, role: "operator", effect: "change", key: "name", params: z.strictObject({ name: z.string(), ...given }), result: thing, run: (params, { caller }) => ({ ...params, by: caller.name }) }),
  define({ name: "things.remove", summary: { en: "gone", ko: "없앰" }, role: "admin", effect: "change", key: "name", params: z.strictObject({ name: z.string() }), result: z.null(), run: () => null }),
  define({ name: "things.weigh", summary: { en: "its weight", ko: "무게" }, role: "viewer", effect: "read", key: "name", params: z.strictObject({ name: z.string(), text: z.string().default("") }), result: z.strictObject({ name: z.string(), length: z.number() }), run: ({ name, text }) => ({ name, length: text.length }) }),
  define({ name: "things.work", summary: { en: "holds up the main thread", ko: "메인 스레드를 붙잡음" }, role: "viewer", effect: "read", params: z.strictObject({}), result: z.number(), run: (_, __, bench) => bench.work() }),
  define({ name: "metrics.list", summary: { en: "figures", ko: "지표" }, role: "viewer", effect: "read", params: z.strictObject({}), result: z.array(z.never()), run: () => [] }),
  define({
    name: "things.follow",
    summary: { en: "what happens", ko: "일어나는 일" },
    role: "viewer",
    effect: "read",
    params: z.strictObject({ after: z.int().min(0).optional() }),
    result: z.null(),
    event: z.strictObject({ id: z.number(), text: z.string() }),
    async run({ after }, { emit, signal }, bench) {
      if (after === 404) throw new CommandFailure("NOT_FOUND", { message: "there is no such event" });
      for (const event of bench.kept) if (after !== undefined && after < event.id) emit(event);
      bench.followers.add(emit);
      await ended(signal);
      bench.followers.delete(emit);
      return null;
    },
  }),
  define({
    name: "things.wait",
    summary: { en: "ends when it is told to", ko: "끝내라고 할 때까지" },
    role: "viewer",
    effect: "read",
    params: z.strictObject({}),
    result: z.literal("done"),
    async run(_, { signal }, bench) {
      await new Promise<void>((end) => {
        bench.waiting.push({ signal, end });
        signal.addEventListener("abort", () => end(), { once: true });
      });
      return "done" as const;
    },
  }),
];

export interface TestRoom extends AsyncDisposable {
  readonly bench: Bench;
  readonly door: Door;
  readonly url: string;
  /** Tokens that nobody is any more. */
  readonly gone: Set<string>;
  /** Somebody may have become less. */
  changed(): void;
}

export interface RoomOptions extends Partial<Pick<HttpParts, "metrics" | "ready" | "pagesDir">> {
  readonly plan?: Partial<HttpPlan>;
  readonly limits?: Partial<HttpLimits>;
  /** Before it is known who a visitor is: the store may be slow, or away. */
  readonly asking?: () => Promise<void>;
}

export async function testRoom({ plan: more = {}, limits = {}, asking, ...parts }: RoomOptions = {}): Promise<TestRoom> {
  const plan = { ...usualPlan, ...more };
  const bench = new Bench();
  const gone = new Set<string>();
  const listeners = new Set<() => void>();
  const log: Log = { ...quietLog, error: (message, fields) => void bench.logged.push(`${message} ${String((fields?.["error"] as Error | undefined)?.message ?? "")}`) };
  const table = createCommandTable({ commands: bindCommands(benchCommands as never, bench), log, isStrict: true, audit: async (call) => void bench.audited.push(call), mayAudit: async () => {} });
  const door = await openDoor({ plan, log, hasUser: async () => true });
  door.lead(async () => {
    const { createHttpRoom } = await import("./server.ts");
    return createHttpRoom({
      plan,
      port: door.port,
      log,
      version: "0.0.0-test",
      isEachLogged: true,
      table,
      keys: plan.tls === undefined ? undefined : await readKeys(plan.tls, log),
      pagesDir: join(import.meta.dirname, "no-pages"),
      metrics: async () => [],
      ready: async () => [{ name: "pipelines", isReady: true }],
      limits,
      access: {
        async authenticate({ bearer, cookie, edge, address }): Promise<Caller | undefined> {
          await asking?.();
          const role = roles.find((each): each is Role => each === (bearer ?? cookie));
          return role === undefined || gone.has(role) ? undefined : { name: `a ${role}`, role, edge, address };
        },
        onChange(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        routes: [{ method: "POST", path: "/api/login", handle: async ({ body }) => ({ status: 200, body: body as JsonValue, cookie: "x=viewer; HttpOnly" }) }],
      },
      ...parts,
    });
  });
  return {
    bench,
    door,
    gone,
    url: door.address.slice(0, -1),
    changed: () => {
      for (const listener of listeners) listener();
    },
    [Symbol.asyncDispose]: () => door.close(),
  };
}

/** A request as a program makes it. */
export function ask({ url }: TestRoom, path: string, { role = "admin", ...init }: RequestInit & { readonly role?: Role | null } = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (role !== null && !headers.has("authorization")) headers.set("authorization", `Bearer ${role}`);
  return fetch(`${url}${path}`, { signal: AbortSignal.timeout(60_000), ...init, headers });
}

export function post(room: TestRoom, path: string, body: unknown, { method = "POST", headers = {}, ...init }: RequestInit & { readonly role?: Role | null } = {}): Promise<Response> {
  return ask(room, path, { method, body: JSON.stringify(body), ...init, headers: { "content-type": "application/json", ...(headers as Record<string, string>) } });
}
