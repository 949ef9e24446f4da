// An agent elsewhere that is none: what it answers may neither steer the terminal of who asks, nor leave files on his disk.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { noTerminal, onTerminal } from "./on-terminal.ts";
import { folder } from "./run-dure.ts";

const STEERING = "\x1b]0;owned\x07\x1b[2J\x9b2J\x1b]52;c;cm0gLXJmIC8=\x07";
const skip = process.platform === "win32" && "the console of Windows has other ways";

async function answering(status: number, answer: unknown) {
  const server = createServer((_, response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: async () => void server.close().closeAllConnections() };
}

function assertTame(text: string): void {
  assert.match(text, /owned/);
  assert.doesNotMatch(text, /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;]*m)/);
}

test("cli: a refusal that holds what steers a terminal does not steer it", { skip }, async () => {
  await using here = folder();
  await using agent = await answering(403, { error: { code: "FORBIDDEN", message: `no ${STEERING}`, hint: STEERING } });
  const { stderr } = await here.dure(["ls", "--url", agent.url]);
  assertTame(stderr);
});

test("cli: nor does an answer", { skip: skip || noTerminal }, async () => {
  await using here = folder();
  await using agent = await answering(200, { events: [{ id: 1, atMs: 1e12, name: `agent.${STEERING}`, data: {} }], hasMore: false, revisions: [], fileName: "x", text: STEERING, contentType: "", rows: 1 });
  for (const words of ["history", "audit export"]) {
    const { stdout } = await onTerminal(here, `${words} --url ${agent.url}`).ended;
    assertTame(stdout);
  }
});

test("cli: an answer of a command that gives no file leaves none", { skip }, async () => {
  await using here = folder();
  await using agent = await answering(200, { name: "Makefile", fileName: "Makefile", base64: Buffer.from("all:\n\trm -rf ~\n").toString("base64"), text: "" });
  for (const words of [["pipelines", "list"], ["agent", "show"], ["users", "create", "x", "--password-file", here.write("pw", "a long password")]]) await here.dure([...words, "--url", agent.url]);
  assert.deepEqual(readdirSync(here.path), ["pw"]);
});
