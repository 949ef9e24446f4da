import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { screenPaths } from "./static-files.ts";
import { ask, testRoom } from "./testing.ts";

/** A built dashboard in a folder, with a file beside it that is nobody's business. */
function pages(): { readonly dir: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), "dure-pages-"));
  const dir = join(root, "ui");
  mkdirSync(join(dir, "assets"), { recursive: true });
  const script = `console.log(${"1 + ".repeat(500)}1)`;
  writeFileSync(join(dir, "index.html"), "<!doctype html><title>두레</title>");
  writeFileSync(join(dir, "icon.svg"), "<svg/>");
  writeFileSync(join(dir, "assets", "main-a1b2.js"), script);
  writeFileSync(join(dir, "assets", "main-a1b2.js.gz"), gzipSync(script));
  writeFileSync(join(root, "secret.txt"), "s3cret");
  return { dir, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** As it is written: fetch would put the path in order before. */
function raw(port: number, path: string, headers: Record<string, string> = {}): Promise<{ readonly status: number; readonly bytes: Buffer; readonly headers: Readonly<Record<string, unknown>> }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; bytes: Buffer; headers: Readonly<Record<string, unknown>> }>();
  request({ port, host: "127.0.0.1", path, headers, agent: false }, async (response) => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(await response.toArray()), headers: response.headers })).on("error", reject).end();
  return promise;
}

test("static: files of the dashboard come compressed, and for ever where their name holds their hash", async () => {
  using built = pages();
  await using room = await testRoom({ pagesDir: built.dir });
  const { port } = room.door;
  const packed = await raw(port, "/assets/main-a1b2.js", { "accept-encoding": "gzip" });
  assert.deepEqual([packed.status, packed.headers["content-encoding"], packed.headers["cache-control"], packed.headers["content-type"]], [200, "gzip", "public, max-age=31536000, immutable", "application/javascript; charset=utf-8"]);
  const plain = await raw(port, "/assets/main-a1b2.js");
  assert.deepEqual(plain.bytes, gunzipSync(packed.bytes));
  assert.equal((await raw(port, "/icon.svg")).headers["cache-control"], "no-cache");
});

test("static: the page is given for screens, is asked for again each time, and costs nothing when it is the same", async () => {
  using built = pages();
  await using room = await testRoom({ pagesDir: built.dir });
  for (const path of [...screenPaths.map((each) => `/${each}`), "/pipelines/%EC%9B%B9", "/logs?level=error", "/config/history/7"]) {
    const page = await raw(room.door.port, path);
    assert.deepEqual([page.status, page.headers["content-type"], page.headers["cache-control"]], [200, "text/html; charset=utf-8", "no-cache"], path);
    assert.match(String(page.headers["content-security-policy"]), /^default-src 'self';/);
    const again = await raw(room.door.port, path, { "if-none-match": String(page.headers["etag"]) });
    assert.equal(again.status, 304);
  }
});

for (const path of [
  "/nothing",
  "/index.html.gz",
  "/assets/main-a1b2.js.gz",
  "/assets/",
  "/assets/none.js",
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/assets/../../secret.txt",
  "/assets/%2e%2e/%2e%2e/secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/..%5csecret.txt",
  "/assets/....//....//secret.txt",
  "/%00/secret.txt",
  "//etc/passwd",
  "/etc/passwd",
]) {
  test(`static: ${path} is not there`, async () => {
    using built = pages();
    await using room = await testRoom({ pagesDir: built.dir });
    const { status, bytes } = await raw(room.door.port, path);
    assert.ok(status === 404 || status === 400, String(status));
    assert.doesNotMatch(bytes.toString(), /s3cret|root:/);
  });
}

test("static: an agent without a built dashboard says so, and its API is there", async () => {
  await using room = await testRoom();
  const page = await ask(room, "/", { role: null });
  assert.deepEqual([page.status, /not built/.test(await page.text())], [404, true]);
  assert.equal((await ask(room, "/api/things")).status, 200);
});

test("static: the screens that the server knows are those of the dashboard", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../ui/src/screens.ts"), "utf8");
  const screens = [...source.matchAll(/^\s*\{ path: "([^"]*)"/gm)].map(([, path]) => path ?? "");
  assert.ok(1 < screens.length);
  assert.deepEqual(screens.filter((path) => !(screenPaths as readonly string[]).includes(path)), []);
});

test("static: a dashboard that is built anew under a running agent is given as it is now", async () => {
  using built = pages();
  await using room = await testRoom({ pagesDir: built.dir });
  await raw(room.door.port, "/assets/main-a1b2.js");
  rmSync(join(built.dir, "assets", "main-a1b2.js"));
  rmSync(join(built.dir, "assets", "main-a1b2.js.gz"));
  writeFileSync(join(built.dir, "assets", "main-c3d4.js"), "new");
  writeFileSync(join(built.dir, "index.html"), "<!doctype html><title>새</title>");
  assert.deepEqual(["new", "<!doctype html><title>새</title>"], [String((await raw(room.door.port, "/assets/main-c3d4.js")).bytes), String((await raw(room.door.port, "/")).bytes)]);
  assert.equal((await raw(room.door.port, "/assets/main-a1b2.js")).status, 404);
});
