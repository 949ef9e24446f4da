// Each setting of EventFlow is written where the config understands it, and says afterwards what was set.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "#kernel/config/check.ts";
import { editText } from "#kernel/config/edit/edit-text.ts";
import { fixtureRegistry } from "#kernel/config/testing.ts";
import { oldSettings, readOldSetting } from "./old-settings.ts";

const FOLDERS = { dataDir: "/var/lib/dure", dumpDir: "/var/lib/dure/processes/dumps" };
const CONFIG = "processes:\n  a: x\n";
const planOf = async (text: string) => {
  const { plan, problems } = await checkConfig({ file: "/etc/dure/dure.yml", text, registry: fixtureRegistry(), env: {} });
  assert.deepEqual(problems.map(({ text: said }) => said.en), []);
  return plan?.processes ?? assert.fail("no plan");
};
const valueFor = (name: string, before: string): string => {
  if (/^(?:True|False)$/.test(before)) return before === "True" ? "False" : "True";
  if (/^\d+$/.test(before)) return "17";
  if (name.endsWith("api")) return "/other/path";
  return name === "announcer dst address" ? "10.0.0.9" : "/var/tmp/other";
};

test("each changeable setting of EventFlow can be changed, and is then what it was set to", async () => {
  const before = oldSettings(await planOf(CONFIG), FOLDERS).filter(({ isChangeable }) => isChangeable);
  assert.equal(before.length, 20);
  for (const { name, value } of before) {
    const wanted = valueFor(name, value);
    const text = editText(CONFIG, [readOldSetting(name, wanted)]) ?? assert.fail(name);
    const after = oldSettings(await planOf(text), FOLDERS).find((each) => each.name === name);
    assert.equal(after?.value, wanted, `${name}\n${text}`);
  }
  const all = before.reduce((text, { name, value }) => editText(text, [readOldSetting(name, valueFor(name, value))]) ?? assert.fail(name), CONFIG);
  for (const { name, value } of oldSettings(await planOf(all), FOLDERS).filter(({ isChangeable }) => isChangeable)) assert.equal(value, valueFor(name, before.find((each) => each.name === name)?.value ?? ""), name);
  const back = editText(editText(CONFIG, [readOldSetting("event save file", "/tmp/x")]) ?? "", [readOldSetting("event save file", "/dev/null")]) ?? "";
  assert.equal((await planOf(back)).settings.eventFile, undefined);
});

test("the folders that EventFlow's settings name are the ones that are used", async () => {
  const shown = new Map(oldSettings(await planOf(CONFIG), FOLDERS).map(({ name, value }) => [name, value]));
  assert.deepEqual([shown.get("event flow home"), shown.get("dump dir"), shown.get("work directory")], ["/var/lib/dure", "/var/lib/dure/processes/dumps", "/etc/dure/.dure/work"]);
});
