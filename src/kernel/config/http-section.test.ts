import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "./check.ts";
import type { HttpPlan } from "./plan.ts";
import { planDifference } from "./plan-difference.ts";
import { fixtureRegistry } from "./testing.ts";

const PIPELINE = "pipelines:\n  p: [in.FakeData, out.Stdout]\n";
const check = (http: string, env: Record<string, string> = {}) => checkConfig({ file: "/etc/dure/dure.yml", text: `${http}\n${PIPELINE}`, registry: fixtureRegistry(), env });

const USUAL: HttpPlan = { host: "127.0.0.1", port: 8600, isPortGiven: false, isInsecure: false, allowedHosts: [], areMetricsOpen: true };
const TLS = { certFile: "/etc/dure/a.crt", keyFile: "/keys/a.key" };

for (const [text, plan] of [
  ["", USUAL],
  ["http:", USUAL],
  ["http: true", USUAL],
  ["http: false", null],
  ["http: 9000", { ...USUAL, port: 9000, isPortGiven: true }],
  ["http: ${env:PORT}", { ...USUAL, port: 9001, isPortGiven: true }],
  ["http: { port: 0, host: localhost }", { ...USUAL, host: "localhost", port: 0, isPortGiven: true }],
  ["http: { host: '[::1]' }", { ...USUAL, host: "::1" }],
  ["http: { host: 0.0.0.0, tls: { cert: a.crt, key: /keys/a.key } }", { ...USUAL, host: "0.0.0.0", tls: TLS, areMetricsOpen: false }],
  ["http: { host: 10.0.0.5, insecure: true, metrics: open }", { ...USUAL, host: "10.0.0.5", isInsecure: true }],
  ["http: { metrics: login, allowed_hosts: [dure.example.com, 'dure.example.com:8443'] }", { ...USUAL, areMetricsOpen: false, allowedHosts: ["dure.example.com", "dure.example.com:8443"] }],
] as const) {
  test(`http section: \`${text}\``, async () => {
    const { plan: checked, problems } = await check(text, { PORT: "9001" });
    assert.deepEqual(problems.map(({ text }) => text.en), []);
    assert.deepEqual(checked?.http, plan);
  });
}

for (const [text, mark] of [
  ["http: { host: 0.0.0.0 }", "DURE205 1:15"],
  ["http: { prt: 8600 }", "DURE207 1:9"],
  ["http: 70000", "DURE203 1:7"],
  ["http: eight", "DURE201 1:7"],
  ["http: [8600]", "DURE201 1:7"],
  ["http: { metrics: closed }", "DURE202 1:18"],
  ["http: { tls: { cert: a.crt } }", "DURE204 1:9"],
  ["http: { allowed_hosts: ['https://a.b/'] }", "DURE205 1:25"],
] as const) {
  test(`http section: \`${text}\` is refused at its place`, async () => {
    const { plan, problems } = await check(text);
    assert.deepEqual(problems.map(({ code, place }) => `${code} ${place.line}:${place.column}`), [mark]);
    assert.equal(plan, undefined);
  });
}

test("http section: a certificate that is not there is said before the start", async () => {
  const { problems } = await checkConfig({ file: "dure.yml", text: `http: { tls: { cert: no-such.crt, key: no-such.key } }\n${PIPELINE}`, registry: fixtureRegistry(), levels: ["syntax", "schema", "topology", "environment"] });
  assert.deepEqual(problems.map(({ code }) => code), ["DURE310", "DURE310"]);
  assert.match(problems[0]?.text.en ?? "", /no-such\.crt cannot be read \(ENOENT\)/);
});

test("http section: another address takes effect with the next start", async () => {
  const [before, after] = [(await check("")).plan, (await check("http: 9000")).plan];
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(planDifference(before, after).atNextStart, ["http"]);
});
