// Coming in and going out: the few URLs beside the command table. They know no framework; the server mounts them, and has looked before
// at Host, Origin and the kind of the body.
import type { JsonValue } from "#base/json.ts";
import { joined } from "#base/lang.ts";
import type { Access, LoggedIn } from "#kernel/access/access.ts";
import type { Caller, Role } from "#kernel/access/caller.ts";
import { SESSION_MS_MAX } from "#kernel/access/sessions.ts";
import type { User } from "#kernel/access/users.ts";
import { CommandFailure, failureFacts, failureStatus } from "#kernel/commands/failure.ts";
import { setCookie } from "./session-cookie.ts";
import type { CookiePlace } from "./session-cookie.ts";

export interface RequestFacts extends CookiePlace {
  /** Parsed JSON, whatever it is. */
  readonly body: unknown;
  /** What the session's cookie holds. */
  readonly session?: string | undefined;
  /** Who asks, when he is known. */
  readonly caller?: Caller | undefined;
  readonly address: string;
  /** `User-Agent`. */
  readonly browser?: string | undefined;
}

export interface RouteAnswer {
  readonly status: number;
  readonly body: JsonValue;
  /** A `Set-Cookie` header. */
  readonly cookie?: string;
  readonly retryAfterSeconds?: number;
}

export interface AccessRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Never rejects but for what nobody foresaw. */
  handle(facts: RequestFacts): Promise<RouteAnswer>;
}

/** Of `/api/session`: who uses this browser. A stranger is told nothing of the agent. */
export type SessionAnswer = {
  readonly user?: { readonly name: string; readonly role: Role; readonly language?: User["language"]; readonly scope?: readonly string[] };
  /** Nobody is known to this agent yet: the first user is made with the link it printed. */
  readonly isSetupOpen: boolean;
  /** The machine it runs on. */
  readonly host?: string;
  readonly version?: string;
};

const TEXT_LENGTH_MAX = 1024;

/** `about`: what somebody who is known is told of the agent at once. */
export function accessRoutes(access: Access, about: { readonly host: string; readonly version: string }): readonly AccessRoute[] {
  const visitorOf = ({ address, browser = "" }: RequestFacts): { address: string; browser: string } => ({ address, browser });
  return [
    {
      method: "POST",
      path: "/api/setup",
      handle: answering(async (facts) => {
        const { token, name, password, language } = textsOf(facts.body, ["token", "name", "password"], ["language"]);
        const loggedIn = await access.setUp({ token, name, password, language: language === "en" ? "en" : "ko", ...visitorOf(facts) });
        return cameIn(loggedIn, facts);
      }),
    },
    {
      method: "POST",
      path: "/api/login",
      handle: answering(async (facts) => {
        const { name, password } = textsOf(facts.body, ["name", "password"]);
        const loggedIn = await access.login({ name, password, ...visitorOf(facts) });
        // What the browser had before is of no use any longer: not to it, and not to whoever gave it to it.
        if (facts.session !== undefined) await access.sessions.end(facts.session);
        return cameIn(loggedIn, facts);
      }),
    },
    {
      method: "POST",
      path: "/api/logout",
      handle: answering(async (facts) => {
        if (facts.session !== undefined && facts.caller?.session !== undefined) await access.logout(facts.session, facts.caller);
        return { status: 200, body: {}, cookie: setCookie(undefined, facts, 0) };
      }),
    },
    {
      method: "GET",
      path: "/api/session",
      handle: answering(async ({ caller }) => {
        if (caller === undefined) return { status: 200, body: { isSetupOpen: !(await access.users.isAnybody()) } satisfies SessionAnswer };
        const known = caller.user === undefined ? undefined : await access.users.find(caller.user);
        const { name, role, scope } = caller;
        return { status: 200, body: { user: { name, role, ...(known === undefined ? {} : { language: known.language }), ...(scope === undefined ? {} : { scope }) }, isSetupOpen: false, ...about } satisfies SessionAnswer };
      }),
    },
  ];
}

function cameIn({ user, secret }: LoggedIn, facts: RequestFacts): RouteAnswer {
  return { status: 200, body: { user: shown(user), isSetupOpen: false }, cookie: setCookie(secret, facts, SESSION_MS_MAX / 1000) };
}

function shown({ name, role, language }: User): JsonValue {
  return { name, role, language };
}

function answering(handle: (facts: RequestFacts) => Promise<RouteAnswer>): AccessRoute["handle"] {
  return async (facts) => {
    try {
      return await handle(facts);
    } catch (error) {
      const told = failureFacts(error);
      if (!(error instanceof CommandFailure)) throw error;
      const seconds = (told.details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds;
      return { status: failureStatus[told.code], body: { error: told as unknown as JsonValue }, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
    }
  };
}

/** The body's texts; by hand, for these few need no schema. */
function textsOf<Needed extends string, Free extends string = never>(body: unknown, needed: readonly Needed[], free: readonly Free[] = []): Record<Needed, string> & Partial<Record<Free, string>> {
  const given: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : {};
  const issues = [
    ...needed.filter((name) => given[name] === undefined).map((name) => ({ name, en: `\`${name}\` is missing`, ko: `\`${name}\` 매개변수가 없습니다` })),
    ...[...needed, ...free]
      .filter((name) => given[name] !== undefined && (typeof given[name] !== "string" || TEXT_LENGTH_MAX < given[name].length))
      .map((name) => ({ name, en: `\`${name}\` must be a text of at most ${TEXT_LENGTH_MAX} characters`, ko: `\`${name}\`에는 ${TEXT_LENGTH_MAX}자 이하의 글자를 쓰세요` })),
  ];
  if (0 < issues.length) {
    const { en, ko } = joined(issues);
    throw new CommandFailure("INVALID", { message: en, ko: { message: ko } }, { issues: issues.map((issue) => ({ path: issue.name, message: issue.en })) });
  }
  return given as Record<Needed, string> & Partial<Record<Free, string>>;
}
