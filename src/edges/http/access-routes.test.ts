import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD, testAccess, userIn } from "#test/security/test-access.ts";
import type { TestAccess } from "#test/security/test-access.ts";
import { accessRoutes } from "./access-routes.ts";
import type { RequestFacts, RouteAnswer } from "./access-routes.ts";
import { sessionOf } from "./session-cookie.ts";

const about = { host: "here", version: "1" };
const place = { port: 8600, isSecure: false };

async function asked({ access }: TestAccess, path: string, body: unknown = {}, cookie?: string, more: Partial<RequestFacts> = {}): Promise<RouteAnswer> {
  const session = sessionOf(cookie, { ...place, ...more });
  const caller = await access.authenticate({ cookie: session, edge: "http", address: "127.0.0.1" });
  const route = accessRoutes(access, about).find((each) => each.path === path);
  assert.ok(route !== undefined);
  return route.handle({ ...place, body, session, caller, address: "127.0.0.1", browser: "test", ...more });
}

const cookieOf = ({ cookie = "" }: RouteAnswer): string => cookie.split(";")[0] ?? "";

test("from the set-up link to a login, and out again", async () => {
  await using all = await testAccess();
  assert.deepEqual((await asked(all, "/api/session")).body, { isSetupOpen: true });
  const token = (await all.access.setup.issue())?.token ?? "";
  const set = await asked(all, "/api/setup", { token, name: "hong", password: PASSWORD, language: "ko" });
  assert.deepEqual([set.status, set.body], [200, { user: { name: "hong", role: "admin", language: "ko" }, isSetupOpen: false }]);
  assert.deepEqual((await asked(all, "/api/session", {}, cookieOf(set))).body, { user: { name: "hong", role: "admin", language: "ko" }, isSetupOpen: false, ...about });
  const out = await asked(all, "/api/logout", {}, cookieOf(set));
  assert.match(out.cookie ?? "", /^dure-8600=; .*Max-Age=0/);
  assert.deepEqual((await asked(all, "/api/session", {}, cookieOf(set))).body, { isSetupOpen: false });
  assert.deepEqual((await asked(all, "/api/login", { name: "hong", password: PASSWORD })).status, 200);
  assert.equal((await asked(all, "/api/setup", { token, name: "kim", password: PASSWORD })).status, 403);
});

test("a login takes nothing over from before: the cookie is new, and the one that was there opens nothing", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  const first = cookieOf(await asked(all, "/api/login", { name: "hong", password: PASSWORD }));
  const second = cookieOf(await asked(all, "/api/login", { name: "hong", password: PASSWORD }, first));
  assert.notEqual(first, second);
  assert.deepEqual((await asked(all, "/api/session", {}, first)).body, { isSetupOpen: false });
  const planted = cookieOf(await asked(all, "/api/login", { name: "hong", password: PASSWORD }, `dure-8600=${"A".repeat(43)}`));
  assert.ok(!planted.includes("AAAA"));
  // Planted beside the real one, by a page on another port of this host: neither counts.
  assert.deepEqual((await asked(all, "/api/session", {}, `${second}; dure-8600=${"A".repeat(43)}`)).body, { isSetupOpen: false });
});

test("the cookie is kept from scripts and foreign pages, and with TLS bound to this host", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  const plain = await asked(all, "/api/login", { name: "hong", password: PASSWORD });
  assert.match(plain.cookie ?? "", /^dure-8600=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/);
  const secure = await asked(all, "/api/login", { name: "hong", password: PASSWORD }, undefined, { isSecure: true });
  assert.match(secure.cookie ?? "", /^__Host-dure-8600=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure$/);
});

for (const body of [undefined, null, "x", [], {}, { name: "hong" }, { name: 1, password: {} }, { name: "hong", password: "x".repeat(1025) }, { name: ["hong"], password: PASSWORD }])
  test(`a login with ${JSON.stringify(body)?.slice(0, 40)} is no login`, async () => {
    await using all = await testAccess();
    await userIn(all, "hong", "admin");
    const { status, body: answer, cookie } = await asked(all, "/api/login", body);
    assert.deepEqual([status, (answer as { error: { code: string } }).error.code, cookie], [400, "INVALID", undefined]);
  });

test("what a login lacks is said in both languages", async () => {
  await using all = await testAccess();
  const { body } = await asked(all, "/api/login", { name: 7 });
  const { error } = body as { error: { message: string; ko: { message: string } } };
  assert.deepEqual([error.message, error.ko.message], ["`password` is missing; `name` must be a text of at most 1024 characters", "`password` 매개변수가 없습니다; `name`에는 1024자 이하의 글자를 쓰세요"]);
});

test("who guesses is told when to come again", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  const answers = [];
  for (let attempt = 0; attempt < 6; attempt += 1) answers.push(await asked(all, "/api/login", { name: "hong", password: "wrong" }));
  assert.deepEqual(answers.map(({ status }) => status), [401, 401, 401, 401, 401, 429]);
  assert.equal(answers.at(-1)?.retryAfterSeconds, 1);
});
