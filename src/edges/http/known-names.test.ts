import assert from "node:assert/strict";
import { test } from "node:test";
import { knownNames } from "./known-names.ts";

const local = knownNames({ host: "127.0.0.1", allowedHosts: [] }, "box");
const open = knownNames({ host: "0.0.0.0", allowedHosts: ["dure.example.com", "Dure.internal:8443"], tls: { certFile: "a", keyFile: "b" } }, "Box");
const proxied = knownNames({ host: "127.0.0.1", allowedHosts: ["dure.example.com"] }, "box");

for (const [names, host, isOurs] of [
  [local, "127.0.0.1:8600", true],
  [local, "localhost:8600", true],
  [local, "LOCALHOST", true],
  [local, "localhost.:8600", true],
  [local, "[::1]:8600", true],
  [local, "10.0.0.5:8600", true],
  [local, undefined, false],
  [local, "", false],
  [local, "evil.example:8600", false],
  [local, "127.0.0.1.evil.example", false],
  [local, "localhost.evil.example:8600", false],
  [local, "evil.example@127.0.0.1", false],
  [local, "127.0.0.1:8600/evil", false],
  [local, "127.0.0.1:86000000", false],
  [local, "[evil]:1", false],
  [local, "box:8600", false],
  [open, "box:8600", true],
  [open, "dure.example.com", true],
  [open, "dure.example.com:9999", true],
  [open, "dure.internal:8443", true],
  [open, "dure.internal:9999", false],
  [open, "dure.internal", false],
  [open, "sub.dure.example.com", false],
] as const) {
  test(`names: a request for ${host} is ${isOurs ? "" : "not "}for us`, () => assert.equal(names.isOurs(host), isOurs));
}

for (const [names, origin, host, isOwn] of [
  [local, "http://127.0.0.1:8600", "127.0.0.1:8600", true],
  [local, "http://localhost:8600", "localhost:8600", true],
  [local, "https://localhost", "localhost", true],
  [local, "http://localhost:3000", "localhost:8600", false],
  [local, "http://localhost:8600", "127.0.0.1:8600", false],
  [local, "http://evil.example", "127.0.0.1:8600", false],
  [local, "http://evil.example", "evil.example", false],
  [local, "null", "127.0.0.1:8600", false],
  [local, "", "127.0.0.1:8600", false],
  [local, "file://", "127.0.0.1:8600", false],
  [open, "https://dure.example.com", "dure.example.com", true],
  [open, "http://dure.example.com", "dure.example.com", false],
  [proxied, "https://dure.example.com", "127.0.0.1:8600", true],
  [proxied, "https://other.example.com", "127.0.0.1:8600", false],
] as const) {
  test(`names: a page of ${JSON.stringify(origin)} that calls ${host} is ${isOwn ? "ours" : "foreign"}`, () => assert.equal(names.isOwnPage(origin, host), isOwn));
}
