// How the set-ups of docs/cookbook.md are run: each with the peers it names, real ones where the machine has them.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectAmqp } from "amqplib";
import { startBulkServer } from "#test/receivers/bulk-server.ts";
import { startForwardReceiver } from "#test/receivers/forward-receiver.ts";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import { streamReceiver } from "#test/receivers/stream-receiver.ts";
import { freePort } from "#test/servers/free-port.ts";
import { startMariaDb } from "#test/servers/mariadb.ts";
import { startRabbitMq } from "#test/servers/rabbitmq.ts";
import { linesOf, read, recordsOf } from "./example.ts";
import type { Example } from "./example.ts";

export const cookbookRuns: Record<string, (example: Example) => Promise<void>> = {
  async "nginx-to-elasticsearch"({ config, file, runUntil, dure, start }) {
    const written = linesOf(read(file("logs/access.log"))).filter((line) => !line.includes("bot"));
    // As an index does whose mapping is strict.
    let isStrict = true;
    const refusal = { status: 400, type: "strict_dynamic_mapping_exception", reason: "mapping set to strict, dynamic introduction of [message] within [_doc] is not allowed" };
    await using server = await startBulkServer({ fault: (document) => (isStrict && "message" in document ? refusal : undefined) });
    const env = { ES_URL: server.web.url };
    const list = async () => (await dure("dead-letters", "list", config)).stdout;
    await runUntil(async () => server.all().length === written.length - 1 && (await list()) !== "", env);
    assert.match(await list(), /web +4:out\.Elasticsearch +1 .*strict_dynamic_mapping_exception/);
    assert.deepEqual([...server.indexes.keys()], ["web-2026.01.01"]);
    assert.ok(server.all().every((document) => typeof document["status"] === "number" && document["@timestamp"] !== undefined));
    isStrict = false;
    const replayed = await start(["dead-letters", "replay", config], env).ended;
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.ok(server.all().some((document) => document["message"] === "worker process 7 exited on signal 11"));
  },

  async "mysql-to-mysql"({ file, runUntil }) {
    await using server = await startMariaDb();
    await server.query("DROP DATABASE logdb"); // The server comes with one; this is about schema.sql.
    await server.query(`${read(file("schema.sql"))} GRANT INSERT, UPDATE ON logdb.suspects TO '${server.user}'@'127.0.0.1'`);
    const env = { MYSQL_PORT: String(server.port), MYSQL_USER: server.user, MYSQL_PASSWORD: server.password };
    const found = () => server.query("SELECT trade_id, player, reason FROM logdb.suspects ORDER BY trade_id");
    await runUntil(async () => (await found()).length > 0, env);
    assert.deepEqual(await found(), [2, 4].map((id) => ({ trade_id: id, player: "이도윤", reason: "120000 in one batch" })));
    await server.query("INSERT INTO logdb.trades (player, gold) VALUES ('Grendel', 100001)");
    await runUntil(async () => (await found()).length > 2, env);
    assert.deepEqual((await found()).map(({ player }) => player), ["이도윤", "이도윤", "Grendel"]);
  },

  async "syslog-relay"({ file, runUntil }) {
    await using central = await streamReceiver();
    const port = await freePort();
    const archive = () => (existsSync(file("out")) ? readdirSync(file("out")) : []).flatMap((name) => recordsOf(read(file(`out/${name}`))));
    const device = createSocket("udp4");
    let isSent = false;
    try {
      await runUntil(
        async () => {
          if (!isSent && (isSent = await sendsOver(port, "<27>Nov 22 10:00:00 web1 nginx[12]: upstream 응답 없음\n<30>Nov 22 10:00:01 web1 cron[7]: 시작\n"))) device.send("<0>Nov 22 10:00:02 switch1 kernel: 전원 이상", port, "127.0.0.1");
          return archive().length === 3 && central.received().toString().includes("전원 이상") && central.received().toString().includes("응답 없음");
        },
        { SYSLOG_PORT: String(port), CENTRAL_PORT: String(central.port) },
      );
    } finally {
      device.close();
    }
    assert.deepEqual(archive().map(({ severity }) => String(severity)).toSorted(), ["emerg", "err", "info"]);
    const urgent = linesOf(central.received().toString());
    assert.equal(urgent.length, 2);
    assert.match(urgent.join("\n"), /^<27>1 2026-11-22T\S+ web1 nginx 12 - - (?:\uFEFF)?upstream 응답 없음$/m);
  },

  async "kubernetes-cri"({ file, runUntil }) {
    // As on a node: what lies in the folder are links to the pods' files, and the kubelet renames those.
    mkdirSync(file("pods"));
    const links = readdirSync(file("containers")).map((name) => file(`containers/${name}`));
    for (const [index, link] of links.entries()) {
      renameSync(link, file(`pods/${index}.log`));
      symlinkSync(file(`pods/${index}.log`), link);
    }
    const ours = file(`pods/${links.findIndex((link) => link.includes("shop-0"))}.log`);
    await using collector = await startHttpReceiver();
    const records = () => collector.received.flatMap(({ body }) => recordsOf(body));
    let isRotated = false;
    await runUntil(
      () => {
        if (!isRotated && records().length === 4) {
          renameSync(ours, `${ours}.20261122-100000`);
          writeFileSync(ours, '2026-11-22T01:00:03Z stdout F {"level":"info","event":"after the rotation"}\n');
          isRotated = true;
        }
        return records().length === 5;
      },
      { COLLECTOR: `${collector.url}/k8s` },
    );
    assert.equal(links.length, 2, "one is of kube-system, and left out");
    const [start, order, rotated] = records().filter(({ event }) => event !== undefined);
    // stderr of the container waits for the rest of its trace while stdout goes on.
    const trace = records().find(({ stream }) => stream === "stderr");
    const plain = records().find(({ event, stream }) => event === undefined && stream === "stdout");
    assert.deepEqual(start, { time: "2026-11-22T01:00:00.100Z", level: "info", event: "start", stream: "stdout", pod: "shop-0", namespace: "prod", container: "app" });
    assert.deepEqual([rotated?.["event"], rotated?.["pod"]], ["after the rotation", "shop-0"]);
    assert.deepEqual([order?.["item"], order?.["id"]], ["나무 칼", 7]);
    assert.match(String(trace?.["message"]), /^java\.lang\.IllegalStateException: 재고 없음\n\tat [^]*\nCaused by: [^]*Db\.java:90\)$/);
    assert.deepEqual([plain?.["message"], collector.received[0]?.headers["content-encoding"]], ["plain text", "gzip"]);
  },

  async "java-stack-traces"({ file, runUntil }) {
    const traces = read(file("logs/server.log")).match(/IllegalStateException/g)?.length ?? 0;
    await using receiver = await startForwardReceiver();
    const messages = () => receiver.entries.map(({ record }) => String(record["message"]));
    await runUntil(() => messages().some((text) => text === "서버 점검 끝"), { FLUENTD_PORT: String(receiver.port) });
    const failures = receiver.entries.filter(({ record }) => record["exception"] === "java.lang.IllegalStateException");
    assert.ok(5 <= failures.length && failures.length < traces, `${failures.length} of ${traces}`);
    assert.equal(messages().length, failures.length + 2, "what is not repeated is not held back");
    for (const { record } of failures) assert.match(String(record["message"]), /^주문 실패 user=\*\*\* phone=\*\*\*\njava\.lang[^]*\n\t\.\.\. 2 more$/);
  },

  async "csv-handover"({ file, runUntil }) {
    const sales = () => recordsOf(read(file("out/sales.ndjson")));
    await runUntil(() => sales().length === 4 && existsSync(file("done")) && readdirSync(file("done")).length === 2);
    assert.deepEqual(readdirSync(file("incoming")), []);
    assert.deepEqual(sales().map(({ shop, item, amount, name, region }) => [shop, item, amount, name, region]), [
      ["S01", "나무 칼", 12_900, "강남점", "서울"],
      ["S02", "칼, 큰 것", 99_000, "해운대점", "부산"],
      ["S99", "똠방각하", 5000, "모르는 상점", "?"],
      ["S02", "방패", 45_000, "해운대점", "부산"],
    ]);
    assert.equal(sales()[0]?.["time"], "2026-11-21T01:00:00.000Z");
  },

  async webhook({ runUntil }) {
    await using target = await startHttpReceiver();
    const port = await freePort();
    const post = async (record: Record<string, string>, token = "a token", path = "/alerts") => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      return (await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body: JSON.stringify(record) }).catch(() => undefined))?.status;
    };
    await runUntil(
      async () => {
        if ((await post({ level: "info", text: "시작" })) === undefined) return false; // It does not listen yet.
        assert.deepEqual([await post({ level: "critical", text: "x" }, "wrong"), await post({ level: "critical", text: "x" }, "a token", "/others")], [401, 404]);
        assert.equal(await post({ level: "critical", text: "결제 실패" }), 200);
        return true;
      },
      { HOOK_PORT: String(port), TARGET_URL: `${target.url}/hooks` },
    );
    // The answer came after the other side had it.
    assert.deepEqual(target.received.map(({ path, body }) => [path, (JSON.parse(body) as Record<string, unknown>)["text"]]), [["/hooks", "결제 실패"]]);
    const [sent] = target.received;
    const [, seconds = "", signature] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(sent?.headers["x-dure-signature"])) ?? [];
    assert.equal(signature, createHmac("sha256", "비밀").update(`${seconds}.${sent?.body}`).digest("hex"));
  },

  async "host-metrics"({ file, runUntil }) {
    const minutes = () => recordsOf(read(file("out/host.ndjson")));
    await runUntil(() => minutes().length > 1, { SAMPLE_EVERY: "200ms", WRITE_EVERY: "1s" });
    const { cpu_avg: average, cpu_most: most, memory_most: memory } = minutes()[1] ?? {};
    assert.ok(0 <= Number(average) && Number(average) <= Number(most) && Number(most) <= 100, JSON.stringify(minutes()));
    assert.ok(0 < Number(memory) && Number(memory) <= 100);
  },

  async "json-to-rabbitmq"({ config, runUntil, dure }) {
    await using rabbit = await startRabbitMq();
    const connection = await connectAmqp(`amqp://127.0.0.1:${rabbit.port}`);
    try {
      const channel = await connection.createChannel();
      await channel.assertExchange("orders", "topic", { durable: true });
      for (const region of ["seoul", "busan"]) {
        await channel.assertQueue(region, { durable: true });
        await channel.bindQueue(region, "orders", `shop.${region}`);
      }
      const waiting = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
      const list = async () => (await dure("dead-letters", "list", config)).stdout;
      await runUntil(async () => (await waiting("seoul")) === 1 && (await waiting("busan")) === 1 && (await list()) !== "", { AMQP_HOST: `127.0.0.1:${rabbit.port}` });
      const message = await channel.get("seoul", { noAck: true });
      assert.deepEqual(message && JSON.parse(message.content.toString()), { time: "2026-11-22T01:00:00.000Z", id: 1, region: "seoul", user: "김서연" });
      assert.match(await list(), /orders +3:out\.Amqp +1 /, "nobody has bound shop.jeju");
    } finally {
      await connection.close();
    }
  },
};

/** Over TCP; false while nobody listens. */
async function sendsOver(port: number, text: string): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
  } catch {
    return false;
  }
  socket.end(text);
  await once(socket.resume(), "close");
  return true;
}
