// Log lines and taps know a secret by the name of its field alone: so every option that a plugin calls secret has such a name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { secretNames } from "#kernel/config/secrets/find-secrets.ts";
import { redacted } from "#kernel/redact.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";

test("secret names: whatever a plugin calls secret is taken out by its name wherever it is shown", async () => {
  const names = await secretNames(createRegistry(builtInPlugins));
  assert.ok(8 < names.size, [...names].join(" "));
  // What many harmless things are called, too: no log line has these of a plugin's. Of an address the credentials are taken out.
  const common = new Set(["key", "headers", "proxy", "url", "server"]);
  assert.deepEqual([...names].filter((name) => !common.has(name) && (redacted({ [name]: "canary" }) as Record<string, unknown>)[name] !== "[hidden]"), []);
});
