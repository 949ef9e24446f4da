// The config of a running agent as somebody edits it: through the control socket, with the real file, store and reload.
import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import iconv from "iconv-lite";
import type { JsonValue } from "#base/json.ts";
import { callControl, controlAddress, ControlError } from "#kernel/control-socket.ts";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder, RunningDure } from "../cli/run-dure.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const CANARY = "canary-Pa55w0rd";
const KILLS = Number(process.env["DURE_TEST_KILLS"] ?? 3);

const config = (out: string): string => `# our config, see http://hong:${CANARY}-url@wiki/
http: false
agent: { drain_timeout: 100ms }
pipelines:
  counted:
    - in.Dummy: { record: hello, count: 0, rate: 20 }
    - out.File: { path: ${out}, format: json }
  sent:
    - in.Dummy: { record: hello, count: 1 }
    - out.Http: { url: 'http://127.0.0.1:1/', username: hong, password: ${CANARY}, headers: { X-Key: ${CANARY}-header } }
`;

interface Shown {
  readonly text: string;
  readonly hash: string;
  readonly revision?: number;
  readonly isRunning: boolean;
}
interface Listed {
  readonly revisions: readonly { readonly revision: number; readonly who: string; readonly note: string; readonly outcome: string; readonly problem?: string }[];
}

class Agent {
  readonly running: RunningDure;
  readonly answers: JsonValue[] = [];
  readonly #here: Folder;
  #end: string | undefined;
  #isUp = false;

  constructor(here: Folder, args: readonly string[] = []) {
    this.#here = here;
    this.running = here.spawn(["run", "--lang", "en", ...args]);
    void this.running.ended.then(({ stderr }) => (this.#end = stderr));
  }

  async call<T>(method: string, params: Readonly<Record<string, JsonValue>> = {}): Promise<T> {
    const address = controlAddress(join(realpathSync(this.#here.path), ".dure", "dure.pid"));
    // One that was killed has left its socket there.
    await until(async () => this.#end !== undefined || (this.#isUp ||= await callControl(address, "agent.show").then(() => true, () => false)), "the agent can be asked", 60_000);
    assert.equal(this.#end, undefined);
    const answer = await callControl(address, method, params).catch((error: unknown) => {
      if (error instanceof ControlError) this.answers.push(error.facts as unknown as JsonValue);
      throw error;
    });
    this.answers.push(answer);
    return answer as T;
  }

  show(): Promise<Shown> {
    return this.call<Shown>("config.show");
  }

  async refusal(method: string, params: Readonly<Record<string, JsonValue>>): Promise<ControlError> {
    const error = await this.call(method, params).then(() => assert.fail("it was not refused"), (thrown: unknown) => thrown);
    assert.ok(error instanceof ControlError, String(error));
    return error;
  }

  async stop(): Promise<string> {
    this.running.child.kill("SIGTERM");
    const { stdout, stderr } = await this.running.ended;
    return stdout + stderr;
  }
}

const size = (here: Folder, name: string): number => (existsSync(here.file(name)) ? statSync(here.file(name)).size : 0);

test("a config is shown without its secrets, changed, found in history, audit and events, and taken back", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("dure.yml", config("a.json"));
  const agent = new Agent(here);
  const runningRevision = async (): Promise<number> => (await agent.call<{ revision: number }>("agent.show")).revision;
  const first = await agent.show();
  await agent.call("config.history");
  assert.equal(await runningRevision(), 1);
  assert.match(first.text, /hong:\[hidden:[0-9a-f]{16}\]@.*password: \[hidden:/s);
  assert.equal(first.isRunning, true);

  const checked = await agent.call<{ problems: readonly { code: string; line: number; column: number }[]; pipelines: readonly { name: string; nodes: readonly unknown[] }[] }>("config.check", { text: first.text.replace("out.Http", "out.Htpp") });
  assert.deepEqual(checked.problems.map(({ code, line, column }) => [code, line, column]), [["DURE101", 10, 7]]);
  assert.deepEqual(checked.pipelines.map(({ name, nodes }) => [name, nodes.length]), [["counted", 2], ["sent", 2]]);
  const invalid = await agent.refusal("config.apply", { text: first.text.replace("out.Http", "out.Htpp"), base: first.hash });
  assert.deepEqual([invalid.code, invalid.message], ["CONFIG_INVALID", "the config has 1 error (DURE101, 10:7)"]);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), config("a.json"));

  const text = first.text.replace("a.json", "b.json");
  const planned = await agent.call<{ difference: { changed: readonly string[] }; diff: { added: number; removed: number } }>("config.plan", { text });
  assert.deepEqual([planned.difference.changed, planned.diff.added, planned.diff.removed], [["counted"], 1, 1]);
  const applied = await agent.call<{ revision: number; hash: string; reloaded: { changed: readonly string[] } }>("config.apply", { text, base: first.hash, note: "the other file" });
  assert.deepEqual([applied.revision, applied.reloaded.changed], [2, ["counted"]]);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), config("b.json"));
  await until(() => 0 < size(here, "b.json"), "the new one is at work");

  // Somebody who looked before that must not write over it.
  const conflict = await agent.refusal("config.apply", { text: first.text.replace("a.json", "c.json"), base: first.hash });
  const details = conflict.facts.details as { readonly reason: string; readonly hash: string; readonly diff: { readonly added: number } };
  assert.deepEqual([conflict.code, details.reason, details.hash, details.diff.added], ["CONFLICT", "changed", applied.hash, 1]);

  const reverted = await agent.call<{ revision: number }>("config.revert", { revision: 1 });
  assert.equal(reverted.revision, 3);
  assert.equal(await runningRevision(), 3, "the same text as the first, and yet a revision of its own");
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), config("a.json"));
  const { revisions } = await agent.call<Listed>("config.history");
  assert.deepEqual(revisions.map(({ revision, who, note, outcome }) => [revision, who.split(":")[0], note, outcome]), [
    [3, "local", "revision 1", "reverted"],
    [2, "local", "the other file", "applied"],
    [1, "file", "", "running"],
  ]);
  const diff = await agent.call<{ hunks: readonly { lines: readonly { is: string; text: string }[] }[] }>("config.diff", { from: 1, to: 2 });
  assert.deepEqual(diff.hunks[0]?.lines.filter(({ is }) => is !== "same").map(({ is, text: line }) => [is, line.trim().split(" ")[4]]), [["removed", "a.json,"], ["added", "b.json,"]]);
  assert.deepEqual((await agent.call<{ hunks: readonly unknown[] }>("config.diff")).hunks, []);
  assert.equal((await agent.refusal("config.revert", { revision: 99 })).code, "NOT_FOUND");

  const events = await agent.call<{ events: readonly { name: string; data: Record<string, unknown> }[] }>("events.list", { limit: 100 });
  const told = events.events.filter(({ name }) => /^(?:config|agent)\.(?!started)/.test(name)).map(({ name }) => name).sort();
  assert.deepEqual(told, ["agent.reloaded", "agent.reloaded", "config.applied", "config.reverted"]);
  const audit = await agent.call<{ rows: readonly { command: string; outcome: string; params: Record<string, unknown>; after?: { diff?: string } }[] }>("audit.list", { command: "config.*" });
  assert.deepEqual(audit.rows.map(({ command, outcome }) => `${command} ${outcome}`), ["config.revert NOT_FOUND", "config.revert ok", "config.apply CONFLICT", "config.apply ok", "config.apply CONFIG_INVALID"]);
  assert.match(audit.rows[3]?.after?.diff ?? "", /^-.*a\.json[^]*^\+.*b\.json/m);
  assert.equal(audit.rows[3]?.params["text"], "[hidden]");
  await agent.call("config.schema", { lang: "ko" });
  assert.equal((await agent.call<{ text: string }>("config.format", { text: first.text })).text.includes("[hidden:"), true);

  const printed = await agent.stop();
  const kept = readdirSync(here.file(".dure")).map((name) => (statSync(here.file(".dure", name)).isFile() ? readFileSync(here.file(".dure", name), "latin1") : "")).join("");
  for (const [where, said] of [["the answers", JSON.stringify(agent.answers)], ["the log", printed], ["the data folder", kept]]) assert.ok(said?.includes(CANARY) === false, `a secret stands in ${where}`);
  assert.equal(statSync(here.file(".dure", "config.key")).mode & 0o777, 0o600);
});

test("a config that does not start is not kept: its file is as it was, and what was refused stands in the history", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("dure.yml", config("a.json"));
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  taken.unref();
  const { port } = taken.address() as AddressInfo;
  const agent = new Agent(here);
  const { text, hash } = await agent.show();
  const refused = await agent.refusal("config.apply", { text: text.replace("in.Dummy: { record: hello, count: 1 }", `in.Http: { host: 127.0.0.1, port: ${port} }`), base: hash, note: "listen" });
  assert.deepEqual([refused.code, (refused.facts.details as { reason: string }).reason], ["CONFLICT", "refused"]);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), config("a.json"));
  assert.deepEqual(await agent.show().then(({ hash: now, isRunning }) => [now, isRunning]), [hash, true]);
  const { revisions } = await agent.call<Listed>("config.history");
  assert.deepEqual(revisions.map(({ outcome, note }) => [outcome, note]), [["refused", "listen"], ["running", ""]]);
  assert.match(revisions[0]?.problem ?? "", /sent/);
  const events = await agent.call<{ events: readonly { name: string }[] }>("events.list", { limit: 100 });
  assert.equal(events.events.filter(({ name }) => name === "config.reload-failed").length, 1);
  taken.close();
  // What was refused can be taken up again.
  assert.equal((await agent.call<{ revision: number }>("config.revert", { revision: 2 })).revision, 3);
  await agent.stop();
});

test("a config that does not start is not put back over what somebody wrote meanwhile", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("plugins/Late.ts", `import { existsSync } from "node:fs";
import { defineFilter, z } from "dure/plugin";
export default defineFilter({
  name: "Late", summary: { en: "x", ko: "x" }, options: z.strictObject({ on: z.string().optional() }),
  async open({ on }, { clock }) {
    if (on === undefined) return { apply: (batch) => batch };
    while (!existsSync(on)) await clock.pause(20);
    throw new Error("no luck");
  },
});
`);
  const late = (option: string): string => config("a.json").replace("    - out.File", `    - filter.Late: {${option}}\n    - out.File`);
  here.write("dure.yml", late(""));
  const agent = new Agent(here);
  const { text, hash } = await agent.show();
  const refusal = agent.refusal("config.apply", { text: text.replace("filter.Late: {}", `filter.Late: { on: ${JSON.stringify(here.file("go"))} }`), base: hash });
  await until(() => readFileSync(here.file("dure.yml"), "utf8").includes("on:"), "the new text is in the file", 60_000);
  const byHand = `${late("")}# by hand\n`;
  here.write("dure.yml", byHand);
  here.write("go", "");
  const { code, message } = await refusal;
  assert.equal(code, "CONFLICT");
  assert.match(message, /no luck/);
  assert.match(message, /somebody has written it meanwhile/);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), byHand);
  assert.equal((await agent.show()).isRunning, false);
  await agent.stop();
});

test("an apply to a watched file reloads once; a change by hand is a revision by `file`", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("dure.yml", config("a.json"));
  const agent = new Agent(here, ["--watch", "--verbose"]);
  const { text, hash } = await agent.show();
  await agent.call("config.apply", { text: text.replace("a.json", "b.json"), base: hash });
  await agent.running.printed(/what it says runs already/);
  writeFileSync(here.file("dure.yml"), config("c.json"));
  await until(() => 0 < size(here, "c.json"), "the change by hand is at work");
  await until(async () => (await agent.call<Listed>("config.history")).revisions.length === 3, "it is in the history");
  const { revisions } = await agent.call<Listed>("config.history");
  assert.deepEqual(revisions.map(({ who, outcome }) => [who.split(":")[0], outcome]), [["file", "running"], ["local", "applied"], ["file", "running"]]);
  const printed = await agent.stop();
  assert.equal(printed.match(/\breloaded\b/g)?.length, 2, printed);
});

test("what an agent was started with is a revision, also where the file is changed at once", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("dure.yml", config("a.json"));
  const agent = new Agent(here);
  await agent.call("agent.show");
  here.write("dure.yml", config("b.json"));
  const planned = await agent.call<{ difference: { changed: readonly string[] } }>("config.plan");
  assert.deepEqual(planned.difference.changed, ["counted"]);
  await agent.call("agent.reload");
  await until(async () => (await agent.call<Listed>("config.history")).revisions.length === 2, "both are in the history");
  const diff = await agent.call<{ hunks: readonly { lines: readonly { is: string; text: string }[] }[] }>("config.diff", { from: 1, to: 2 });
  assert.deepEqual(diff.hunks[0]?.lines.filter(({ is }) => is !== "same").map(({ text: line }) => /[ab]\.json/.exec(line)?.[0]), ["a.json", "b.json"]);
  assert.equal((await agent.call<{ revision: number }>("config.revert", { revision: 1 })).revision, 3);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), config("a.json"));
  await agent.stop();
});

test("the rights of the file, the link to it, its line ends and its mark stay what they are", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  mkdirSync(here.file("real"));
  here.write("real/ours.yml", `\uFEFF${config("a.json").replaceAll("\n", "\r\n")}`);
  chmodSync(here.file("real/ours.yml"), 0o640);
  symlinkSync(join("real", "ours.yml"), here.file("dure.yml"));
  const agent = new Agent(here);
  const { text, hash } = await agent.show();
  await agent.call("config.apply", { text: text.replaceAll("\r\n", "\n").replace("a.json", "b.json"), base: hash });
  await agent.stop();
  assert.equal(readFileSync(here.file("real/ours.yml"), "utf8"), `\uFEFF${config("b.json").replaceAll("\n", "\r\n")}`);
  assert.equal(statSync(here.file("real/ours.yml")).mode & 0o777, 0o640);
  assert.equal(lstatSync(here.file("dure.yml")).isSymbolicLink(), true);
  assert.deepEqual(readdirSync(here.file("real")), ["ours.yml"]);
});

test("a file that an editor saved as CP949 is shown as it was meant, and is UTF-8 once applied; one that is neither is not written over", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  const korean = `${config("a.json")}# 주문 파이프라인, 담당 홍길동\n`;
  here.write("dure.yml", korean);
  const agent = new Agent(here);
  await agent.show();
  writeFileSync(here.file("dure.yml"), iconv.encode(korean.replaceAll("\n", "\r\n"), "cp949"));
  const { text, hash } = await agent.show();
  assert.match(text, /# 주문 파이프라인, 담당 홍길동\r\n$/);
  await agent.call("config.apply", { text: text.replace("a.json", "b.json"), base: hash });
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), korean.replace("a.json", "b.json").replaceAll("\n", "\r\n"));

  const mixed = Buffer.concat([Buffer.from(korean), iconv.encode("# 덧붙임\n", "cp949")]);
  writeFileSync(here.file("dure.yml"), mixed);
  const shown = await agent.show();
  const refused = await agent.refusal("config.apply", { text: shown.text.replace("a.json", "c.json"), base: shown.hash });
  assert.deepEqual([refused.code, /is not UTF-8/.test(refused.message)], ["CONFLICT", true]);
  assert.ok(mixed.equals(readFileSync(here.file("dure.yml"))));
  await agent.call("config.revert", { revision: 1 });
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), korean);
  await agent.stop();
});

test("a placeholder that nobody knows is refused with its place; one of an earlier revision has its value again", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("dure.yml", config("a.json"));
  const agent = new Agent(here);
  const { text, hash } = await agent.show();
  const [placeholder = ""] = /\[hidden:[0-9a-f]{16}\](?= \})/.exec(text) ?? [];
  const unknown = await agent.refusal("config.apply", { text: text.replace(placeholder, "[hidden:0123456789abcdef]"), base: hash });
  assert.match(unknown.message, /DURE017, 10:/);
  const without = await agent.call<{ hash: string }>("config.apply", { text: text.replace(/, headers: .*$/m, " }"), base: hash });
  await agent.call("config.apply", { text, base: without.hash });
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), config("a.json"));
  await agent.stop();
});

test("an agent that is killed in the middle of an apply leaves the old file or the new one, whole, and starts again", { timeout: 240_000 + 5000 * KILLS, skip }, async () => {
  await using here = folder();
  const texts = [config("a.json"), config("b.json")];
  here.write("dure.yml", texts[0] ?? "");
  const found = [0, 0];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const agent = new Agent(here);
    const { text, hash } = await agent.show();
    const now = text.includes("a.json") ? 0 : 1;
    const applying = agent.call("config.apply", { text: text.replace(/[ab]\.json/, now === 0 ? "b.json" : "a.json"), base: hash, note: "x" }).catch(() => {});
    // A moment of its own each time, within what an apply takes.
    const timer = setTimeout(() => agent.running.child.kill("SIGKILL"), (kill * 97) % 500);
    await agent.running.ended;
    clearTimeout(timer);
    await applying;
    const which = texts.indexOf(readFileSync(here.file("dure.yml"), "utf8"));
    assert.notEqual(which, -1, "neither the old text nor the new one");
    found[which === now ? 0 : 1] = (found[which === now ? 0 : 1] ?? 0) + 1;
  }
  const agent = new Agent(here);
  const { revisions } = await agent.call<Listed>("config.history");
  assert.equal(revisions[0]?.revision, revisions.length, `old and new: ${found.join(", ")}`);
  assert.equal((await agent.show()).isRunning, true);
  await agent.stop();
});
