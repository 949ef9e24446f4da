import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fastify } from "fastify";
import type { Caller, Role } from "#kernel/access/caller.ts";
import { bindCommands } from "#kernel/commands/command.ts";
import { createCommandTable } from "#kernel/commands/table.ts";
import type { AuditedCall } from "#kernel/commands/table.ts";
import { ProcessTypes } from "#kernel/process-types.ts";
import { programCommands } from "#capabilities/processes/program-commands.ts";
import { openPrograms } from "#capabilities/processes/programs/programs-store.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import { addProgramUpload } from "./program-upload.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function site() {
  const dir = await mkdtemp(join(tmpdir(), "dure-upload-"));
  const programs = openPrograms({ dir, log: silent, types: new ProcessTypes(builtInProcessTypes), bytesMax: 4 << 20 });
  const audited: AuditedCall[] = [];
  const port = { programs, engine: { list: async () => [] }, plan: () => ({ processes: [] }) };
  const table = createCommandTable({ commands: bindCommands(programCommands as never, port as never), log: silent, isStrict: true, audit: async (call) => void audited.push(call), mayAudit: async () => {} });
  const server = fastify({ logger: false });
  server.decorateRequest("caller", null);
  await addProgramUpload(server, { table, who: async ({ headers }): Promise<Caller | undefined> => (headers.authorization === undefined ? undefined : { name: "kim", role: headers.authorization as Role, edge: "http", address: "127.0.0.1" }) });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port: tcpPort } = server.server.address() as AddressInfo;
  return {
    dir,
    audited,
    tcpPort,
    send: (path: string, body: string | Buffer | FormData, { role = "admin", ...headers }: Record<string, string> = {}) => fetch(`http://127.0.0.1:${tcpPort}${path}`, { method: "POST", body, headers: { ...(role === "" ? {} : { authorization: role }), ...headers }, signal: AbortSignal.timeout(60_000) }),
    async [Symbol.asyncDispose]() {
      server.server.closeAllConnections();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function formOf(name: string, content: string): FormData {
  const form = new FormData();
  form.set("note", "before the file");
  form.set("file", new File([content], name));
  return form;
}

test("upload: a form's file and a bare one become versions, with the audit of the command", { timeout: 120_000 }, async () => {
  await using here = await site();
  const first = await here.send("/api/programs/%EC%A0%81%EC%9E%AC/file", formOf("작업 (1).py", "print(1)"));
  assert.equal(first.status, 200, await first.clone().text());
  assert.match(await first.text(), /"version":1,"fileName":"작업 \(1\).py","bytes":8/);
  const second = await here.send(`/api/programs/${encodeURIComponent("적재")}/file?file=a.py`, "print(2)", { "content-type": "application/octet-stream" });
  assert.equal(second.status, 200);
  assert.equal(await readFile(join(here.dir, "적재", "2", "bin", "a.py"), "utf8"), "print(2)");
  assert.deepEqual(here.audited.map(({ command, subject, outcome }) => [command, subject, outcome]), [["programs.upload", "적재", "ok"], ["programs.upload", "적재", "ok"]]);
  assert.doesNotMatch(JSON.stringify(here.audited), /print/);
});

test("upload: who may not is refused as by the command, before the file is read", { timeout: 120_000 }, async () => {
  await using here = await site();
  assert.equal((await here.send("/api/programs/etl/file", formOf("a", "x"), { role: "" })).status, 401);
  assert.equal((await here.send("/api/programs/etl/file", formOf("a", "x"), { role: "operator" })).status, 403);
  assert.deepEqual(here.audited.map(({ command, outcome }) => [command, outcome]), [["programs.upload", "FORBIDDEN"]]);
  assert.deepEqual(await readdir(here.dir), []);
});

test("upload: what is wrong is said, and nothing of it is kept", { timeout: 120_000 }, async () => {
  await using here = await site();
  const bare = { "content-type": "application/octet-stream" };
  for (const [path, body, headers, status] of [
    ["?file=a", Buffer.alloc(5 << 20), bare, 400],
    ["?file=..%2Fevil", "x", bare, 400],
    ["", "x", bare, 400],
    ["?file=a", "", bare, 400],
    ["", "x", { "content-type": "application/json" }, 415],
    ["", "no form", { "content-type": "multipart/form-data; boundary=x" }, 400],
    ["", "no form", { "content-type": "multipart/form-data" }, 400],
    ["", '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nno file\r\n--x--\r\n', { "content-type": "multipart/form-data; boundary=x" }, 400],
    ["", '--x\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\ncut', { "content-type": "multipart/form-data; boundary=x" }, 400],
  ] as const) {
    const answer = await here.send(`/api/programs/etl/file${path}`, body, headers).catch((error: unknown) => error);
    // A server that does not read on may be gone before all was sent.
    if (answer instanceof Response) assert.equal(answer.status, status, `${path} ${String(body).slice(0, 20)} ${await answer.text()}`);
  }
  assert.deepEqual(await readdir(join(here.dir, "etl")).catch(() => []), []);
});

test("upload: who leaves in the middle leaves nothing", { timeout: 120_000 }, async () => {
  await using here = await site();
  for (const [type, start] of [["application/octet-stream", "half"], ["multipart/form-data; boundary=x", '--x\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\nhalf']] as const) {
    const before = here.audited.length;
    const socket = connect(here.tcpPort, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`POST /api/programs/etl/file?file=a HTTP/1.1\r\nhost: a\r\nauthorization: admin\r\ncontent-type: ${type}\r\ncontent-length: 100000\r\n\r\n${start}`);
    while (!(await readdir(join(here.dir, "etl")).catch(() => [])).some((name) => name.startsWith("."))) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    while (here.audited.length === before) await new Promise((resolve) => setImmediate(resolve));
    assert.notEqual(here.audited.at(-1)?.outcome, "ok");
    assert.deepEqual(await readdir(join(here.dir, "etl")), []);
  }
});
