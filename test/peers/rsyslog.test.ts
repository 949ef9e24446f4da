// Beside a real rsyslog: it sends to in.Syslog, and takes from out.Syslog and out.Tcp.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "node:net";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { textStage } from "#plugins/in/parts/testing.ts";
import { syslog as input } from "#plugins/in/syslog.ts";
import { syslog as output } from "#plugins/out/syslog.ts";
import { until } from "../cli/run-dure.ts";
import { rsyslogMissing, startRsyslog } from "../servers/rsyslog.ts";

const skip = rsyslogMissing ?? false;
const LINES = 5000;
const message = (number: number): string => `<13>1 2026-11-22T08:52:45.123456+09:00 host app ${number} - - 메시지 번호 ${number}`;

for (const [name, action] of [
  ["TCP with newlines", `protocol="tcp" TCP_Framing="traditional"`],
  ["TCP with counted octets", `protocol="tcp" TCP_Framing="octet-counted"`],
  ["UDP", `protocol="udp"`],
] as const) {
  test(`rsyslog sends over ${name}, in.Syslog takes every message`, { skip }, async () => {
    await using on = await textStage(input, { receive_buffer: "16MB" });
    const isUdp = name === "UDP";
    // Datagrams that come faster than this one thread reads are lost: fewer of them.
    const lines = isUdp ? 100 : LINES;
    await using rsyslog = await startRsyslog(`
      module(load="imtcp")
      template(name="raw" type="string" string="%rawmsg%")
      input(type="imtcp" port="0" address="127.0.0.1" listenPortFileName="{port}" ruleset="out")
      ruleset(name="out") { action(type="omfwd" target="127.0.0.1" port="${isUdp ? on.port.udp : on.port.tcp}" ${action} template="raw") }`);
    const sender = connect(await rsyslog.port(), "127.0.0.1");
    sender.end(Array.from({ length: lines }, (_, number) => `${message(number)}\n`).join(""));
    const got = await on.lines(lines);
    assert.deepEqual(got.toSorted(), Array.from({ length: lines }, (_, number) => message(number)).toSorted());
    if (!isUdp) assert.deepEqual(got, Array.from({ length: lines }, (_, number) => message(number)), "in order");
  });
}

for (const framing of ["newline", "octet_counting"] as const) {
  test(`out.Syslog sends with ${framing}, rsyslog takes every message and understands its fields`, { skip }, async () => {
    await using rsyslog = await startRsyslog(`
      module(load="imtcp")
      template(name="raw" type="string" string="%rawmsg%\\n")
      template(name="fields" type="string" string="%syslogseverity-text%|%syslogfacility-text%|%hostname%|%app-name%|%procid%|%msgid%|%timegenerated:::date-year%|%timereported:::date-rfc3339%|%msg%\\n")
      input(type="imtcp" port="0" address="127.0.0.1" listenPortFileName="{port}" ruleset="out")
      ruleset(name="out") {
        if $app-name == "app" then action(type="omfile" file="{dir}/raw.txt" template="raw")
        else action(type="omfile" file="{dir}/fields.txt" template="fields")
      }`);
    await using context = await testContext();
    const port = await rsyslog.port();
    const open = (options: Record<string, unknown>) => output.open(output.options.parse({ host: "127.0.0.1", port, framing, time_zone: "+09:00", hostname: "web", ...options }), context);
    const relay = await open({ format: "raw" });
    const lines = linesBatch(context.pool, Array.from({ length: LINES }, (_, number) => message(number)).join("\n"));
    await relay.write(lines, AbortSignal.timeout(60_000));
    lines.release();
    const wanted = Array.from({ length: LINES }, (_, number) => `${message(number)}\n`).join("");
    await until(async () => wanted.length <= (await rsyslog.text("raw.txt")).length, "all messages are written");
    assert.equal(await rsyslog.text("raw.txt"), wanted);

    const records = recordsBatch(context.pool, [{ severity: "err", facility: "local3", ident: "nginx", pid: 7, msgid: "REQ", message: "본문" }], { tag: "t", seconds: 1_790_000_000, nanoseconds: 5000 });
    for (const format of ["rfc5424", "rfc3164"]) {
      const writer = await open({ format });
      await writer.write(records, AbortSignal.timeout(60_000));
      await writer.close();
    }
    records.release();
    await until(async () => (await rsyslog.text("fields.txt")).split("\n").length === 3, "both records");
    const [newer = "", older = ""] = (await rsyslog.text("fields.txt")).split("\n").toSorted((left) => (left.includes("REQ") ? -1 : 1)).filter((line) => line !== "");
    assert.match(newer, /^err\|local3\|web\|nginx\|7\|REQ\|\d{4}\|2026-09-21T23:13:20\.000005\+09:00\|본문$/);
    assert.match(older, /^err\|local3\|web\|nginx\|7\|-\|\d{4}\|.*09-21T23:13:20.*\| 본문$/);
    await relay.close();
    assert.equal(context.pool.usedBytes, 0);
  });
}
