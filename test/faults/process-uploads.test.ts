// Hostile uploads with the whole agent: through the API's form, and through the old API's base64 field. Nothing leaves the folder of programs, nothing of them is kept.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { zipOf } from "#capabilities/processes/programs/zip.testing.ts";
import { folder } from "../cli/run-dure.ts";
import { askOld } from "../eventflow/old-user.ts";
import { freePort } from "../servers/free-port.ts";
import { startAgent } from "./agent.ts";

const SYMLINK = 0o120_777;
const ZIPS: Readonly<Record<string, Buffer>> = {
  "a way up": zipOf([{ name: "../../../escaped", content: "x" }]),
  "a way up in the middle": zipOf([{ name: "job/../../../../escaped", content: "x" }]),
  "a whole path": zipOf([{ name: "/tmp/dure-escaped", content: "x" }]),
  "Windows' ways": zipOf([{ name: "..\\..\\..\\escaped", content: "x" }]),
  "a drive": zipOf([{ name: "C:\\escaped", content: "x" }]),
  "a link out, then a file through it": zipOf([{ name: "out", content: "/tmp", mode: SYMLINK }, { name: "out/dure-escaped", content: "x" }]),
  "a name that lies": zipOf([{ name: "fine", localName: "../../../escaped", content: "x" }]),
  "a bomb": zipOf([{ name: "bomb", content: Buffer.alloc(1 << 30) }]),
  "a bomb that lies about its size": zipOf([{ name: "bomb", content: Buffer.alloc(64 << 20), size: 10 }]),
  "no zip": Buffer.from("PK\u0003\u0004 but no more"),
  "the first half of one": zipOf([{ name: "job/job_run.sh", content: "echo" }]).subarray(0, 40),
};
const NAMES = ["../../escaped.py", "/tmp/dure-escaped.py", "..\\escaped.py", "a/b.py", "..", ".", "", "CON", "nul.py", "a\0.py", `${"가".repeat(200)}.py`];
const PROCESS_NAMES = ["../../escaped", "..", "/tmp/dure-escaped", "a/../../../escaped"];

test("hostile zips, file names and process names are refused whole, by the old API and the new, and the agent goes on", { timeout: 240_000 }, async () => {
  await using dir = folder();
  const [oldPort, port] = [await freePort(), await freePort()];
  const agent = startAgent(dir, {}, { agent: { data_dir: "./data" }, config: { http: { port }, process_settings: { old_api: { on: true, port: oldPort } }, processes: { kept: { command: ["sleep", "1000"] }, job: { type: "talend", start: "manual" } } } });
  await agent.logged(/the old HTTP API is here/);
  await agent.logged(/the dashboard and the API are here/);
  const made = await dir.dure(["tokens", "create", "uploader", "--role", "admin", "--json"]);
  const token = /"token":\s*"([^"]+)"/.exec(made.stdout)?.[1] ?? assert.fail(made.stdout + made.stderr);

  const byOld = async (name: string, type: string, fileName: string, content: Buffer): Promise<boolean> => {
    const { text } = await askOld(oldPort, "POST", "/api/v1/tasks", { TASKS: [{ TYPE: type, NAME: name, COMMAND: "true", FILE_NAME: fileName, ENC_DATA: content.toString("base64") }] });
    return /"RESULT":\s*"OK"/.test(text);
  };
  const byForm = async (name: string, fileName: string, content: Buffer): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/programs/${encodeURIComponent(name)}/file?file=${encodeURIComponent(fileName)}`, {
      method: "POST",
      body: new Uint8Array(content),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
    });
    await answer.text();
    return answer.status;
  };
  assert.equal(await byForm("kept", "etl.py", Buffer.from("print(1)")), 200, "what is well is taken");
  let refused = 0;
  for (const [what, zip] of Object.entries(ZIPS)) {
    assert.equal(await byOld("evil", "talend", "job.zip", zip), false, `old API: ${what}`);
    const status = await byForm("job", "job.zip", zip);
    assert.ok(400 <= status && status < 500, `${what}: ${status}`);
    refused += 2;
  }
  for (const name of NAMES) {
    if (name !== "") assert.equal(await byOld("evil", "process", name, Buffer.from("x")), false, `old API: ${JSON.stringify(name)}`);
    const status = await byForm("kept", name, Buffer.from("x"));
    assert.ok(400 <= status && status < 500, `${JSON.stringify(name)}: ${status}`);
    refused += 2;
  }
  for (const name of PROCESS_NAMES) {
    assert.equal(await byOld(name, "process", "etl.py", Buffer.from("x")), false, `old API: ${name}`);
    const status = await byForm(name, "etl.py", Buffer.from("x"));
    assert.ok(400 <= status && status < 500, `${name}: ${status}`);
    refused += 2;
  }
  const files = readdirSync(dir.path, { recursive: true, encoding: "utf8" });
  assert.deepEqual(files.filter((file) => /escaped|bomb|\.incoming|upload\.zip/.test(file)), []);
  assert.ok(!existsSync("/tmp/dure-escaped") && !existsSync("/tmp/dure-escaped.py"));
  assert.equal(await byForm("kept", "etl.py", Buffer.from("print(2)")), 200, `after ${refused} refusals`);
  await agent.stop();
});
