// EventFlow's routes under the API's own port: the same answers, for whom the API knows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder } from "../cli/run-dure.ts";
import { apiAgent } from "../http/agent.ts";
import { freePort } from "../servers/free-port.ts";
import { askOld } from "./old-user.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const PATHS = ["configs", "tasks", "tasks/a", "tasks/nobody", "tasks/a/status", "tasks/a/queue/stdin", "tasks/a/ready", "flows", "groups", "schedules", "recovery", "tasks?STATUS=ACT", "tasks?NOTHING=x", "nothing"];

test("the old routes: the same over the API's port as over their own, by role, and not for strangers or foreign pages", { skip, timeout: 120_000 }, async () => {
  await using here = folder();
  const oldPort = await freePort();
  const agent = await apiAgent(here, `process_settings: { old_api: { on: true, port: ${oldPort} } }\nprocesses:\n  a: { command: "sleep 1000", start: manual }\n  b: { command: "sleep 1000", start: manual }\nflows: [{ type: share, from: a, to: b }]\ngroups: { g: [a, b] }\n`);
  const port = Number(new URL(agent.url).port);
  const bearer = (role: "viewer" | "operator" | "admin"): Record<string, string> => ({ authorization: `Bearer ${agent.tokens[role]}` });
  const withoutCode = (text: string): string => text.replaceAll(/(?<="flask shutdown code",\s+"VALUE": )"[^"]+"/g, '"-"');
  for (const path of PATHS) {
    const [own, old] = [await askOld(port, "GET", `/api/v1/${path}`, undefined, bearer("admin")), await askOld(oldPort, "GET", `/api/v1/${path}`)];
    assert.deepEqual([own.status, withoutCode(own.text)], [old.status, withoutCode(old.text)], path);
  }
  const filtered = await askOld(port, "GET", "/api/v1/tasks", { TASK: "b" }, bearer("viewer"));
  assert.deepEqual(filtered.body["TASKS"]?.map((row) => row["NAME"]), ["b"], "a GET has a body");
  assert.equal((await askOld(port, "PUT", "/api/v1/tasks/a/status", { STATUS: "act" }, bearer("operator"))).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  assert.equal((await askOld(oldPort, "GET", "/api/v1/tasks/a")).body["TASKS"]?.[0]?.["STATUS"], "ACT");
  const low = await askOld(port, "POST", "/api/v1/tasks", { TASKS: [{ TYPE: "process", NAME: "c", COMMAND: "true" }] }, bearer("operator"));
  assert.equal(low.body["RESULTS"]?.[0]?.["RESULT"], "NOK");
  assert.match(low.body["RESULTS"]?.[0]?.["MESSAGE"] ?? "", /admin/);
  const long = { TASKS: [{ TYPE: "process", NAME: "c", COMMAND: "cat big.bin", FILE_NAME: "big.bin", ENC_DATA: Buffer.alloc(3 << 20).toString("base64") }] };
  assert.equal((await askOld(port, "POST", "/api/v1/tasks", long, bearer("operator")).catch(() => ({ status: 400 }))).status, 400, "megabytes of who may not are not taken");
  assert.equal((await askOld(port, "POST", "/api/v1/tasks", long, bearer("admin"))).body["RESULTS"]?.[0]?.["RESULT"], "OK");
  // Who is nobody, and who comes from a page of another place.
  assert.equal((await askOld(port, "GET", "/api/v1/tasks")).status, 401);
  assert.equal((await askOld(port, "PUT", "/api/v1/tasks/a/status", { STATUS: "trm" })).status, 401);
  assert.equal((await askOld(port, "PUT", "/api/v1/tasks/a/status", { STATUS: "trm" }, { ...bearer("admin"), origin: "http://evil.example" })).status, 403);
  assert.equal((await askOld(port, "GET", "/api/v1/tasks", undefined, { ...bearer("admin"), host: "evil.example" })).status, 403);
  assert.equal((await askOld(port, "PATCH", "/api/v1/tasks", {}, bearer("admin"))).status, 404);
  agent.running.child.kill("SIGTERM");
  await agent.running.ended;
});
