// A login over TLS: its cookie never goes without TLS, and no other name or port of the machine can plant one in its place.
import assert from "node:assert/strict";
import { request } from "node:https";
import { test } from "node:test";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { freePort } from "#test/servers/free-port.ts";

const PASSWORD = "correct horse 배터리";

test("TLS: the cookie of a login is bound to this host and to TLS", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async (t) => {
  await using here = folder();
  const signed = await selfSigned(here.path);
  if (signed === undefined) return t.skip("openssl is not installed");
  const port = await freePort();
  here.write("dure.yml", `agent: { data_dir: data }\nhttp: { port: ${port}, tls: { cert: localhost.crt, key: localhost.key } }\npipelines:\n  a:\n    - in.FakeData: { type: people, count: 0, rate: 1 }\n    - out.Null\n`);
  here.spawn(["run"]);
  const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<IncomingMessage & { readonly words: string }> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request({ host: "127.0.0.1", port, method, path, ca: signed.cert, headers: { ...(body === undefined ? {} : { "content-type": "application/json", origin: `https://127.0.0.1:${port}` }), ...headers }, timeout: 60_000 }, resolve).on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
    const answer = await promise;
    return Object.assign(answer, { words: await text(answer) });
  };
  await until(async () => ask("GET", "/health").then(({ statusCode }) => statusCode === 200, () => false), "the agent answers over TLS", 60_000);
  await callControl(controlAddress(here.file("data", "dure.pid")), "users.create", { name: "hong", role: "admin", password: PASSWORD });
  const login = await ask("POST", "/api/login", {}, { name: "hong", password: PASSWORD });
  const [set = ""] = login.headers["set-cookie"] ?? [];
  assert.match(set, new RegExp(`^__Host-dure-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure$`));
  const cookie = set.split(";")[0] ?? "";
  assert.match((await ask("GET", "/api/session", { cookie })).words, /"hong"/);
  // Without the prefix any page of this machine could have set it.
  assert.doesNotMatch((await ask("GET", "/api/session", { cookie: cookie.replace("__Host-", "") })).words, /"hong"/);
  const plain = await ask("POST", "/api/logout", { cookie, origin: `http://127.0.0.1:${port}` }, {});
  assert.equal(plain.statusCode, 403, "a page without TLS is another place");
});
