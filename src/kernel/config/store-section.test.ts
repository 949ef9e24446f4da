import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "./check.ts";
import type { StorePlan } from "./plan.ts";
import { planDifference } from "./plan-difference.ts";
import { fixtureRegistry } from "./testing.ts";

const PIPELINE = "pipelines:\n  p: [in.FakeData, out.Stdout]\n";
const check = (store: string, env: Record<string, string> = {}) => checkConfig({ file: "/etc/dure/dure.yml", text: `${store}\n${PIPELINE}`, registry: fixtureRegistry(), env });

const USUAL: StorePlan = { type: "sqlite", file: "/etc/dure/.dure/dure.db", logLinesMax: 200_000, auditKeepMs: 1095 * 86_400_000 };
const MYSQL = { type: "mysql", host: "127.0.0.1", port: 3306, user: "u", database: "d", logLinesMax: 200_000, auditKeepMs: 1095 * 86_400_000 } as const;

for (const [text, plan] of [
  ["", USUAL],
  ["store:", USUAL],
  ["store: sqlite", USUAL],
  ["store: { log_lines: 0 }", { ...USUAL, logLinesMax: 0 }],
  ["store: { audit_keep: 400d }", { ...USUAL, auditKeepMs: 400 * 86_400_000 }],
  ["agent: { data_dir: /data }\nstore: { type: sqlite }", { ...USUAL, file: "/data/dure.db" }],
  ["store: { type: mysql, user: u, database: d }", MYSQL],
  ["store: { type: mysql, host: db, port: 3307, user: u, password: '${env:PW}', database: d, tls: true }", { ...MYSQL, host: "db", port: 3307, password: "비밀", tls: { isVerified: true } }],
  ["store: { type: mysql, user: u, database: d, tls: { ca: ca.pem, verify: false } }", { ...MYSQL, tls: { isVerified: false, caFile: "/etc/dure/ca.pem" } }],
  ["store: { type: mysql, user: u, database: d, tls: false }", MYSQL],
] as const) {
  test(`store section: \`${text}\``, { skip: process.platform === "win32" && "its paths have another form" }, async () => {
    const { plan: checked, problems } = await check(text, { PW: "비밀" });
    assert.deepEqual(problems.map(({ text }) => text.en), []);
    assert.deepEqual(checked?.store, plan);
  });
}

for (const [text, marks] of [
  ["store: postgres", ["DURE202 1:8"]],
  ["store: [sqlite]", ["DURE201 1:8"]],
  ["store: { type: mysql, user: u }", ["DURE205 1:1"]],
  ["store: { type: sqlite, host: db }", ["DURE205 1:30"]],
  ["store: { audit_keep: 365s }", ["DURE205 1:22"]],
  ["store: { typ: mysql }", ["DURE207 1:10"]],
  ["store: { type: mysql, user: u, database: 'a; b' }", ["DURE205 1:42"]],
] as const) {
  test(`store section: \`${text}\` is refused at its place`, async () => {
    const { plan, problems } = await check(text);
    assert.deepEqual(problems.map(({ code, place }) => `${code} ${place.line}:${place.column}`), marks);
    assert.equal(plan, undefined);
  });
}

test("store section: another store takes effect with the next start", async () => {
  const [before, after] = [(await check("")).plan, (await check("store: { type: mysql, user: u, database: d }")).plan];
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(planDifference(before, after).atNextStart, ["store"]);
});
