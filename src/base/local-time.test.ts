import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { localStamp, localTime } from "./local-time.ts";

test("times are those of this machine's clock, as people and EventFlow write them", () => {
  const atMs = new Date(2026, 0, 2, 3, 4, 5).getTime();
  assert.deepEqual([localTime(atMs), localStamp(atMs)], ["2026-01-02 03:04:05", "20260102030405"]);
});

const zones = [["Asia/Seoul", existsSync("/usr/share/zoneinfo/Asia/Seoul") ? "Asia/Seoul" : "+09:00"], ["Etc/UTC", existsSync("/usr/share/zoneinfo/Etc/UTC") ? "UTC" : "+00:00"], ["XYZ-9", "+09:00"], ["XYZ3", "-03:00"], ["../../etc/passwd", "+00:00"]] as const;
for (const [zone, name] of zones) {
  test(`the zone of a machine with TZ=${zone} is ${name}`, { skip: process.platform === "win32" && "Windows knows no TZ" }, () => {
    const code = `import(${JSON.stringify(new URL("./local-time.ts", import.meta.url).href)}).then(({ localZone }) => process.stdout.write(localZone()))`;
    assert.equal(execFileSync(process.execPath, ["-e", code], { env: { ...process.env, TZ: zone }, encoding: "utf8" }), name);
  });
}
