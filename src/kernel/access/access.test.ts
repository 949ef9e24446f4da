import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Caller } from "./caller.ts";
import { PASSWORD, testAccess, userIn, visitor } from "#test/security/test-access.ts";
import type { TestAccess } from "#test/security/test-access.ts";
import { checkPassword, createPasswordHasher } from "./password.ts";

const HOUR_MS = 3_600_000;
const HONG: Caller = { name: "hong", user: "hong", role: "admin", edge: "http" };
const LOCAL: Caller = { name: "local:root", role: "admin", edge: "local" };

const cookieOf = (access: TestAccess, cookie: string): Promise<Caller | undefined> => access.access.authenticate({ cookie, edge: "http", address: "192.0.2.7" });
const bearerOf = (access: TestAccess, bearer: string): Promise<Caller | undefined> => access.access.authenticate({ bearer, edge: "http" });
const loginOf = async (access: TestAccess, name: string, password = PASSWORD): Promise<string> => (await access.access.login({ name, password, ...visitor })).secret;

test("the set-up link makes the first admin once, and is refused ever after", async () => {
  await using all = await testAccess();
  const link = await all.access.setup.issue();
  assert.ok(link !== undefined);
  const given = { name: "홍길동", password: PASSWORD, language: "ko" as const, ...visitor };
  const { user, secret } = await all.access.setUp({ token: link.token, ...given });
  assert.deepEqual([user.name, user.role], ["홍길동", "admin"]);
  assert.deepEqual(await cookieOf(all, secret), { name: "홍길동", user: "홍길동", role: "admin", session: "1", edge: "http", address: "192.0.2.7" });
  await assert.rejects(all.access.setUp({ token: link.token, ...given, name: "other" }), { code: "FORBIDDEN" });
  assert.equal(await all.access.setup.issue(), undefined);
  assert.deepEqual(all.events().map(({ name }) => name), ["access.set-up", "access.setup-failed"]);
});

test("of ten who use one set-up link at once, one becomes the admin", async () => {
  await using all = await testAccess();
  const link = await all.access.setup.issue();
  const tries = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => all.access.setUp({ token: link?.token ?? "", name: `user${index}`, password: PASSWORD, language: "en", address: `192.0.2.${index}`, browser: "" })));
  assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal((await all.access.users.list()).length, 1);
});

test("a set-up link ends after a day, with a newer one, and with a user made otherwise", async () => {
  await using all = await testAccess();
  const first = (await all.access.setup.issue())?.token ?? "";
  const second = (await all.access.setup.issue())?.token ?? "";
  await assert.rejects(all.access.setup.check(first), { code: "FORBIDDEN" });
  await all.access.setup.check(second);
  all.clock.advance(24 * HOUR_MS);
  await assert.rejects(all.access.setup.check(second), { code: "FORBIDDEN" });
  const made = { name: "mallory", language: "ko" as const, password: "x" };
  for (const spent of [first, second, "", "x"]) await assert.rejects(all.access.setup.redeem(spent, made), { code: "FORBIDDEN" });
  const third = (await all.access.setup.issue())?.token ?? "";
  await userIn(all, "hong", "admin");
  await assert.rejects(all.access.setup.check(third), { code: "FORBIDDEN" });
});

test("a weak password leaves the set-up link as it was", async () => {
  await using all = await testAccess();
  const token = (await all.access.setup.issue())?.token ?? "";
  await assert.rejects(all.access.setUp({ token, name: "hong", password: "short", language: "ko", ...visitor }), { code: "INVALID" });
  await all.access.setUp({ token, name: "hong", password: PASSWORD, language: "ko", ...visitor });
});

for (const [password, name] of [["short", "a"], ["hong.gildong", "Hong.Gildong"], ["aaaaaaaaaaaa", "a"], ["abababababab", "a"], ["1234567890", "a"], ["x".repeat(5).concat("abcdefg".repeat(60)), "a"]] as const)
  test(`no password: ${password.slice(0, 20)}`, () => assert.throws(() => checkPassword(password, name), { code: "INVALID" }));

test("a name is the same composed or not, in any case, wide or narrow; and cannot look like a token or the machine's own user", async () => {
  await using all = await testAccess();
  await userIn(all, "홍길동".normalize("NFD"));
  assert.equal((await all.access.users.list())[0]?.name, "홍길동".normalize("NFC"));
  await userIn(all, "Hong");
  for (const taken of ["홍길동", "hong", "HONG", "Ｈong"]) await assert.rejects(userIn(all, taken), { code: "CONFLICT" }, taken);
  for (const wrong of ["", "token:x", "local:root", " a", "a b", "a\n", "-a", "a/b", "x".repeat(65), "\u202Eab", "agent", "File", "ﷺ".repeat(8)]) await assert.rejects(userIn(all, wrong), { code: "INVALID" }, wrong);
  assert.ok((await cookieOf(all, await loginOf(all, "홍길동".normalize("NFD"), PASSWORD.normalize("NFD")))) !== undefined);
});

for (const [what, change] of [
  ["gets another password", (all: TestAccess) => all.access.users.setPassword("hong", "x")],
  ["is disabled", (all: TestAccess) => all.access.users.update("hong", { isDisabled: true })],
  ["is removed", (all: TestAccess) => all.access.users.remove("hong")],
] as const)
  test(`who ${what} while his login is looked at does not come in`, async () => {
    await using all = await testAccess();
    await userIn(all, "boss", "admin");
    await userIn(all, "hong");
    const { verify } = all.access.hasher;
    all.access.hasher.verify = async (...given) => {
      const looked = await verify(...given);
      await change(all);
      return looked;
    };
    await assert.rejects(loginOf(all, "hong"), { code: "UNAUTHENTICATED" });
    assert.deepEqual(await all.store.all("SELECT id FROM dure_sessions"), []);
  });

test("who does not exist, is disabled or mistyped is told the same, and a name nobody has is written down nowhere", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  await userIn(all, "kim");
  await all.access.users.update("kim", { isDisabled: true });
  const told = async (name: string, password: string): Promise<unknown> => all.access.login({ name, password, ...visitor }).then(() => "in", ({ code, message, hint }: Record<string, unknown>) => ({ code, message, hint }));
  const answers = [await told("hong", "wrong password"), await told("kim", PASSWORD), await told("my-secret-word", "x")];
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
  const written = JSON.stringify([await all.audit.list({}, 100), all.events(), all.said]);
  assert.ok(!written.includes("my-secret-word"));
  assert.deepEqual((await all.audit.list({ outcome: "failed" }, 10)).map(({ who, command, outcome }) => [who, command, outcome]), [["unknown", "access.login", "UNAUTHENTICATED"], ["kim", "access.login", "UNAUTHENTICATED"], ["hong", "access.login", "UNAUTHENTICATED"]]);
});

test("an unknown name is hashed like a known one", async () => {
  // Not by the clock: a hasher that counts.
  await using all = await testAccess();
  const asked: (string | undefined)[] = [];
  const { hasher } = all.access;
  const verify = hasher.verify.bind(hasher);
  hasher.verify = (password, kept) => {
    asked.push(kept);
    return verify(password, kept);
  };
  await assert.rejects(all.access.login({ name: "nobody", password: "x", ...visitor }), { code: "UNAUTHENTICATED" });
  assert.deepEqual(asked, [undefined]);
});

test("guessing waits longer with each try, whether the name exists or not; a right password does not help before the time", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  for (const name of ["hong", "nobody"]) {
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) outcomes.push(await all.access.login({ name, password: "wrong password", address: `2001:db8:0:${name.length}::1`, browser: "" }).then(() => "in", ({ code }: { code: string }) => code));
    assert.deepEqual(outcomes, [...Array<string>(5).fill("UNAUTHENTICATED"), ...Array<string>(3).fill("BUSY")], name);
  }
  await assert.rejects(all.access.login({ name: "hong", password: PASSWORD, ...visitor }), { code: "BUSY" });
  all.clock.advance(1000);
  await assert.rejects(all.access.login({ name: "hong", password: "wrong password", ...visitor }), { code: "UNAUTHENTICATED" });
  all.clock.advance(1000);
  await assert.rejects(all.access.login({ name: "hong", password: PASSWORD, ...visitor }), { code: "BUSY", details: { retryAfterSeconds: 1 } });
  all.clock.advance(1000);
  assert.ok(await loginOf(all, "hong"));
});

test("one address that tries many names waits, and its neighbours of one IPv6 network with it", async () => {
  await using all = await testAccess();
  const codes: string[] = [];
  for (let attempt = 0; attempt < 25; attempt += 1) codes.push(await all.access.login({ name: `name${attempt}`, password: "x", address: `2001:db8::${attempt}`, browser: "" }).then(() => "in", ({ code }: { code: string }) => code));
  assert.deepEqual([codes.filter((code) => code === "UNAUTHENTICATED").length, codes.at(-1)], [20, "BUSY"]);
});

test("a session ends after 12 hours unused, after 7 days used, and is a new one at each login", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  const [used, unused] = [await loginOf(all, "hong"), await loginOf(all, "hong")];
  assert.notEqual(used, unused);
  let hours = 0;
  for (; (await cookieOf(all, used)) !== undefined; hours += 6) all.clock.advance(6 * HOUR_MS);
  assert.equal(hours, 7 * 24);
  assert.equal(await cookieOf(all, unused), undefined);
  const again = await loginOf(all, "hong");
  all.clock.advance(12 * HOUR_MS - 1);
  assert.ok(await cookieOf(all, again));
  all.clock.advance(12 * HOUR_MS);
  assert.equal(await cookieOf(all, again), undefined);
});

test("when a session was last used is written once a minute at most, and outlives the agent's memory", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  const secret = await loginOf(all, "hong");
  const seen = async (): Promise<number> => (await all.access.sessions.list())[0]?.seenMs ?? 0;
  const start = await seen();
  for (let second = 0; second < 59; second += 1) {
    all.clock.advance(1000);
    await cookieOf(all, secret);
  }
  assert.equal(await seen(), start);
  all.clock.advance(1000);
  await cookieOf(all, secret);
  assert.equal(await seen(), start + 60_000);
});

const ends: Readonly<Record<string, (all: TestAccess, secret: string) => Promise<unknown>>> = {
  "his password changes": async ({ access }) => access.users.setPassword("kim", await access.hasher.hash("another password")),
  "his role changes": ({ access }) => access.users.update("kim", { role: "operator" }),
  "he is disabled": ({ access }) => access.users.update("kim", { isDisabled: true }),
  "he is removed": ({ access }) => access.users.remove("kim"),
  "the session is removed": async ({ access }) => access.sessions.remove((await access.sessions.list("kim"))[0]?.id ?? 0),
  "he logs out": ({ access }, secret) => access.logout(secret, { name: "kim", role: "viewer", edge: "http" }),
};
for (const [what, act] of Object.entries(ends))
  test(`a login ends at once when ${what}`, async () => {
    await using all = await testAccess();
    await userIn(all, "hong", "admin");
    await userIn(all, "kim");
    const [other, secret] = [await loginOf(all, "hong"), await loginOf(all, "kim")];
    assert.ok(await cookieOf(all, secret));
    let told = 0;
    all.access.onChange(() => (told += 1));
    await act(all, secret);
    assert.equal(await cookieOf(all, secret), undefined);
    assert.ok(await cookieOf(all, other));
    assert.equal(told, 1);
  });

test("one's language changes without a new login", async () => {
  await using all = await testAccess();
  await userIn(all, "kim");
  const secret = await loginOf(all, "kim");
  await all.access.users.update("kim", { language: "en" });
  assert.ok(await cookieOf(all, secret));
});

test("a token ends with its time, its maker, and by removal; and is never above its maker, whatever becomes of him", async () => {
  await using all = await testAccess();
  await userIn(all, "root", "admin");
  await userIn(all, "hong", "admin");
  const make = async (name: string, days = 1): Promise<string> => (await all.access.tokens.create({ name, role: "admin", days }, HONG)).token;
  const tokens = [await make("a"), await make("b", 2), await make("c", 2)];
  assert.match(tokens[0] ?? "", /^dure_[\w-]{43}$/);
  assert.deepEqual(await bearerOf(all, tokens[0] ?? ""), { name: "token:a", user: "hong", role: "admin", edge: "http", endsMs: all.clock.now() + 24 * HOUR_MS });
  all.clock.advance(24 * HOUR_MS);
  assert.equal(await bearerOf(all, tokens[0] ?? ""), undefined);
  assert.ok(await bearerOf(all, tokens[1] ?? ""));
  await all.access.tokens.remove("b");
  assert.equal(await bearerOf(all, tokens[1] ?? ""), undefined);
  await all.access.users.update("hong", { role: "viewer" });
  assert.equal((await bearerOf(all, tokens[2] ?? ""))?.role, "viewer");
  await all.access.users.update("hong", { isDisabled: true });
  assert.equal(await bearerOf(all, tokens[2] ?? ""), undefined);
  await all.access.users.update("hong", { isDisabled: false });
  assert.ok(await bearerOf(all, tokens[2] ?? ""));
  await all.access.users.remove("hong");
  assert.deepEqual(await all.access.tokens.list(), []);
  await userIn(all, "hong", "admin");
  assert.equal(await bearerOf(all, tokens[2] ?? ""), undefined);
});

test("whatever a token makes is within its own role, scope and time", () =>
  using(async (all) => {
    await userIn(all, "hong", "admin");
    const pattern = fc.constantFrom("pipelines.*", "pipelines.list", "users.list", "users.*", "tokens.*", "tokens.create");
    const shape = fc.record({ role: fc.constantFrom("viewer" as const, "operator" as const, "admin" as const), scope: fc.option(fc.uniqueArray(pattern, { minLength: 1 }), { nil: undefined }), days: fc.integer({ min: 1, max: 30 }) });
    const commands = ["pipelines.list", "pipelines.tap", "users.list", "users.create", "tokens.create", "audit.list"];
    let count = 0;
    const { mayCall } = await import("./caller.ts");
    await fc.assert(
      fc.asyncProperty(shape, shape, async (first, second) => {
        count += 1;
        const maker = await bearerOf(all, (await all.access.tokens.create({ name: `a${count}`, ...first }, HONG)).token);
        assert.ok(maker !== undefined);
        const made = await all.access.tokens.create({ name: `b${count}`, ...second }, maker).then(({ token }) => bearerOf(all, token), ({ code }: { code: string }) => assert.equal(code, "FORBIDDEN"));
        if (made === undefined) return;
        for (const name of commands) for (const role of ["viewer", "operator", "admin"] as const) assert.ok(!mayCall(made, { name, role }) || mayCall(maker, { name, role }), `${name} ${role}`);
        assert.ok((made.endsMs ?? 0) <= (maker.endsMs ?? 0));
      }),
      { numRuns: 100 },
    );
  }));

test("the machine's own user makes tokens that belong to no user", async () => {
  await using all = await testAccess();
  const { token, shown } = await all.access.tokens.create({ name: "backup", role: "operator", scope: ["agent.*"], days: 1 }, LOCAL);
  assert.equal(shown.owner, "local:root");
  assert.deepEqual(await bearerOf(all, token), { name: "token:backup", role: "operator", scope: ["agent.*"], endsMs: shown.endsMs, edge: "http" });
  await assert.rejects(all.access.tokens.create({ name: "backup", role: "viewer", days: 1 }, LOCAL), { code: "CONFLICT" });
});

test("the last admin can be neither removed, nor demoted, nor disabled, not even by two at once", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  await userIn(all, "kim", "viewer");
  for (const act of [() => all.access.users.remove("hong"), () => all.access.users.update("hong", { role: "operator" }), () => all.access.users.update("hong", { isDisabled: true })]) await assert.rejects(act(), { code: "CONFLICT" });
  await all.access.users.update("kim", { role: "admin" });
  await Promise.allSettled([all.access.users.remove("hong"), all.access.users.update("kim", { role: "viewer" })]);
  assert.equal((await all.access.users.list()).filter(({ role }) => role === "admin").length, 1);
});

test("no secret stands in the store: not a password, not what opens a session, not a token, not the set-up link", async () => {
  await using all = await testAccess();
  const link = await all.access.setup.issue();
  const { secret } = await all.access.setUp({ token: link?.token ?? "", name: "hong", password: PASSWORD, language: "ko", ...visitor });
  const { token } = await all.access.tokens.create({ name: "t", role: "viewer", days: 1 }, HONG);
  const kept: string[] = [];
  for (const table of ["dure_users", "dure_sessions", "dure_tokens", "dure_setup_links", "dure_audit"]) kept.push(JSON.stringify(await all.store.all(`SELECT * FROM ${table}`)));
  for (const hidden of [PASSWORD, secret, token, token.slice(5), link?.token ?? ""]) assert.ok(!kept.join("").includes(hidden));
  assert.match(kept[0] ?? "", /argon2id/);
});

test("a password kept with weaker parameters is kept with today's at the next login", async () => {
  await using all = await testAccess();
  await all.access.users.create({ name: "hong", role: "admin", language: "ko", password: await createPasswordHasher({ strength: { memoryKiB: 32, passes: 1, lanes: 1 } }).hash(PASSWORD) });
  await loginOf(all, "hong");
  assert.match((await all.access.users.find("hong"))?.password ?? "", /\$m=64,t=1,p=1\$/);
  await loginOf(all, "hong");
});

test("beyond the hashes that may wait, people are told to come again", async () => {
  const hasher = createPasswordHasher({ strength: { memoryKiB: 64, passes: 1, lanes: 1 }, waitingMax: 3 });
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => hasher.hash(PASSWORD)));
  assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 5);
  assert.equal((await hasher.verify(PASSWORD, await hasher.hash(PASSWORD))).isRight, true);
});

test("whoever is known is known again without the store; what is no secret of ours never reaches it", async () => {
  await using all = await testAccess();
  await userIn(all, "hong", "admin");
  const secret = await loginOf(all, "hong");
  await cookieOf(all, secret);
  await all.store.close();
  assert.equal((await cookieOf(all, secret))?.name, "hong");
  for (const wrong of ["", "x", "dure_x", `${secret}x`, "../../etc/passwd"]) {
    assert.equal(await cookieOf(all, wrong), undefined);
    assert.equal(await bearerOf(all, wrong), undefined);
  }
  // A session is no token, and a token no session.
  assert.equal(await bearerOf(all, secret), undefined);
});

async function using(work: (all: TestAccess) => Promise<void>): Promise<void> {
  await using all = await testAccess();
  await work(all);
}
