import assert from "node:assert/strict";
import { test } from "node:test";
import { fileTag } from "../parts/file-tag.ts";
import { isRotatedName } from "./continuation.ts";
import { excluder, fitsSegment, parsePattern, splitList } from "../parts/path-pattern.ts";
import { expandTimes } from "./time-codes.ts";

const linux = { configDir: "/etc/du[re]", platform: "linux" } as const;
const windows = { configDir: "C:\\dure\\conf", platform: "win32" } as const;

test("lists are split at commas outside of braces and brackets", () => {
  assert.deepEqual(splitList("a.log, b.log,"), ["a.log", "b.log"]);
  assert.deepEqual(splitList(["{a,b}.log, c[,]d", "e"]), ["{a,b}.log", "c[,]d", "e"]);
});

for (const [rules, text, roots, segments] of [
  [linux, "/var/log/*.log", ["/"], [["var", "log", "*.log"]]],
  [linux, "logs/./a.log", ["/etc/du[re]/"], [["logs", "a.log"]]],
  [linux, "../x/../a.log", ["/etc/"], [["a.log"]]],
  [linux, "C:/myprj/logs/mylog.txt", ["C:/"], [["myprj", "logs", "mylog.txt"]]],
  [linux, "C:\\myprj\\logs\\mylog.txt", ["C:/"], [["myprj", "logs", "mylog.txt"]]],
  [windows, "logs\\*.txt", ["C:/dure/conf/"], [["logs", "*.txt"]]],
  [windows, "D:\\a/b\\c.txt", ["D:/"], [["a", "b", "c.txt"]]],
  [windows, "\\\\server\\share\\a\\*.log", ["//server/share/"], [["a", "*.log"]]],
  [linux, "/x/{a/b,c}/d.log", ["/", "/"], [["x", "a", "b", "d.log"], ["x", "c", "d.log"]]],
] as const) {
  test(`${text} on ${rules.platform}`, () => {
    const patterns = parsePattern(text, rules);
    assert.deepEqual(patterns.map(({ root }) => root), roots);
    assert.deepEqual(patterns.map((pattern) => pattern.segments), segments);
  });
}

test("names fit in any spelling of Unicode, and a name with glob characters fits itself", () => {
  assert(fitsSegment("한글*.log".normalize("NFC"), "한글1.log".normalize("NFD"), "darwin"));
  assert(fitsSegment("app[1].log", "app[1].log", "linux"));
  assert(fitsSegment("app[1].log", "app1.log", "linux"));
  assert(fitsSegment("*.LOG", "a.log", "win32"));
  assert(!fitsSegment("*.LOG", "a.log", "linux"));
  assert(!fitsSegment("*", ".hidden", "linux"));
});

test("exclude takes names, paths and expressions", () => {
  const isExcluded = excluder(["*.bak, tmp?.log", "old/**", "/debug\\d/i"], linux);
  assert.deepEqual(["/a/x.bak", "/a/tmp1.log", "/etc/du[re]/old/x/y.log", "/var/DEBUG1.log"].map(isExcluded), [true, true, true, true]);
  assert.deepEqual(["/a/x.log", "/old/x.log", "/var/debug.log"].map(isExcluded), [false, false, false]);
});

test("time codes are spelled for every period that passed, the present one last", () => {
  const spell = (text: string, from: Date, to: Date): string[] => parsePattern(text, linux).flatMap((pattern) => expandTimes(pattern, from.getTime(), to.getTime())).map(({ segments }) => segments.join("/"));
  const [from, to] = [new Date(2026, 11, 30, 23, 59), new Date(2027, 0, 2, 0, 1, 5)];
  assert.deepEqual(spell("/x/%Y/%m/my-%m%d_*.txt", from, to), ["x/2026/12/my-1230_*.txt", "x/2026/12/my-1231_*.txt", "x/2027/01/my-0101_*.txt", "x/2027/01/my-0102_*.txt"]);
  assert.deepEqual(spell("/%y-%j", to, to), ["27-002"]);
  assert.deepEqual(spell("/%H%M%S-100%%", to, to), ["000105-100%"]);
  assert.deepEqual(spell("/%H", new Date(2027, 0, 1, 22, 10), to), ["22", "23", "00"]);
  assert.deepEqual(spell("/plain*", from, to), ["plain*"]);
  assert(spell("/%S", new Date(2000, 0, 1), to).length <= 60);
});

test("tags take the path with dots", () => {
  assert.equal(fileTag("web.*", "/var/log/a.log"), "web.var.log.a.log");
  assert.equal(fileTag("*", "C:/logs/a.txt"), "logs.a.txt");
  assert.equal(fileTag("fixed", "/x"), "fixed");
});

test("names that rotation makes", () => {
  for (const other of ["a.log.1", "a.log.1.gz", "a.log-20261121", "a-20261121.log", "a-2026-11-21T10.log.gz", "a.1.log"]) assert(isRotatedName("a.log", other), other);
  for (const other of ["a.log", "b.log.1", "a-ssl.log", "ab.log", "access.log"]) assert(!isRotatedName("a.log", other), other);
});
