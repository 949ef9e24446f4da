// kill -9 of the agent while people are let in and out: whoever is there was written down, and the audit is whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "#test/cli/run-dure.ts";

const KILLS = 4;
const CONFIG = "agent: { data_dir: data }\nhttp: false\npipelines:\n  a:\n    - in.FakeData: { type: people, count: 0, rate: 1 }\n    - out.Null\n";

interface Row {
  readonly command: string;
  readonly outcome: string;
  readonly subject?: string;
  readonly params: { readonly name?: string };
}

test("killed: after kill -9 in the midst of changes each of them stands in the audit, and the chain is whole", { skip: process.platform === "win32" && "the tests stop agents by signals", timeout: 200_000 }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const address = controlAddress(here.file("data", "dure.pid"));
  const ask = (method: string, params: Readonly<Record<string, JsonValue>> = {}): Promise<JsonValue> => callControl(address, method, params, { signal: AbortSignal.timeout(60_000) });
  let made = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const agent = here.spawn(["run"]);
    await until(async () => ask("agent.show").then(() => true, () => false), "the agent answers", 60_000);
    const enough = 1 + kill * 3;
    let done = 0;
    const change = async (): Promise<void> => {
      for (;;) {
        made += 1;
        const name = `user${made}`;
        await ask("users.create", { name, role: "admin", password: "correct horse" });
        await ask("tokens.create", { name: `token${made}` });
        done += 1;
        if (done === enough) agent.child.kill("SIGKILL");
        if (made % 2 === 0) await ask("users.remove", { name });
      }
    };
    // They end when the agent does.
    await Promise.allSettled([change(), change(), change()]);
    await agent.ended;
  }
  const last = here.spawn(["run"]);
  await until(async () => ask("agent.show").then(() => true, () => false), "the agent answers", 60_000);
  assert.equal(((await ask("audit.verify")) as { isWhole: boolean }).isWhole, true);
  const rows: Row[] = [];
  for (let after = 0; ; ) {
    const { rows: page } = (await ask("audit.list", { after, limit: 500 })) as unknown as { rows: (Row & { readonly id: number })[] };
    const last = page.at(-1);
    if (last === undefined) break;
    rows.push(...page);
    after = last.id;
  }
  const written = (command: string, outcomes: readonly string[]): Set<string> => new Set(rows.filter((row) => row.command === command && outcomes.includes(row.outcome)).map(({ subject, params }) => subject ?? params.name ?? ""));
  const users = ((await ask("users.list")) as { users: { name: string }[] }).users.map(({ name }) => name);
  const tokens = ((await ask("tokens.list")) as { tokens: { name: string }[] }).tokens.map(({ name }) => name);
  assert.ok(KILLS < users.length);
  for (const name of users) assert.ok(written("users.create", ["ok", "unknown"]).has(name), `${name} was let in and nobody wrote it down`);
  for (const name of tokens) assert.ok(written("tokens.create", ["ok", "unknown"]).has(name), `${name} was made and nobody wrote it down`);
  const gone = written("users.remove", ["ok", "unknown"]);
  for (const name of written("users.create", ["ok"])) assert.ok(users.includes(name) || gone.has(name), `${name} was written down and is not there`);
  last.child.kill("SIGTERM");
  await last.ended;
});
