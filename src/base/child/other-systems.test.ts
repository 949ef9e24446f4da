// How the processes of other systems are read, from what their tools print.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProcessTable } from "./process-table.ts";
import { processesOf as ofPs } from "./ps-processes.ts";
import { processesOf as ofWindows } from "./windows-processes.ts";

test("processes of macOS: numbers, start, mark, time and memory; those that have ended are none", () => {
  const printed = `    1     0     1 Ss    12345   1:02.50 Mon Nov  2 09:00:00 2026     /sbin/launchd
  501     1   501 S+     2048 101:00:01 Mon Nov 23 03:27:00 2026     /bin/sh -c echo 한글; sleep 1 HOME=/Users/me DURE_TREE=agent/7 PATH=/bin
  502   501   501 R      1024 2-03:04:05 Tue Nov 24 03:27:00 2026     sleep 300 NOT_DURE_TREE=other
  503   501   501 Z         0   0:00.00 Tue Nov 24 03:27:00 2026     (sleep)
no process at all
`;
  const entries = ofPs(printed);
  assert.deepEqual(entries.map(({ pid, parent, group, mark }) => [pid, parent, group, mark]), [[1, 0, 1, undefined], [501, 1, 501, "agent/7"], [502, 501, 501, undefined]]);
  assert.deepEqual(entries.map(({ cpuSeconds, residentBytes }) => [cpuSeconds, residentBytes]), [[62.5, 12_345 * 1024], [363_601, 2048 * 1024], [2 * 86_400 + 3 * 3600 + 245, 1024 * 1024]]);
  assert.equal(entries[0]?.start, "Mon Nov 2 09:00:00 2026");
  assert.deepEqual(new ProcessTable(entries).members({ pid: 501, mark: "agent/7" }, false).map(({ pid }) => pid).sort(), [501, 502]);
});

test("processes of Windows: who was started by whom, but not by a later owner of the number", () => {
  const printed = "0 0 0 8192 5000000\r\n4 0 134000000000000000 100000 20000000\r\n700 4 134000000000000001 4096 10000000\r\n701 700 134000000000000002 4096 0\r\n702 700 134000000000000000 4096 0\r\n\r\nrubbish\r\n";
  const table = new ProcessTable(ofWindows(printed));
  assert.deepEqual(table.members({ pid: 700, mark: "m" }, false).map(({ pid }) => pid).sort(), [700, 701]);
  assert.equal(table.get(700)?.cpuSeconds, 1);
  const orphans = new ProcessTable(ofWindows("801 800 134000000000000002 4096 0\n802 801 134000000000000003 4096 0\n"));
  assert.deepEqual(orphans.members({ pid: 800, mark: "m" }, true).map(({ pid }) => pid).sort(), [801, 802]);
});
