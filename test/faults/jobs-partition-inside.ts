// Runs in a network of its own: agent's queue and broker, between which the network goes away and comes back. Says in one line of JSON what came of the jobs.
import { execFileSync } from "node:child_process";
import { openRabbitMqQueue } from "#plugins/queues/rabbitmq.ts";
import { until } from "../cli/run-dure.ts";
import { startRabbitMq } from "../servers/rabbitmq.ts";

const JOBS = 300;
const network = (state: "up" | "down"): void => void execFileSync("sh", ["-c", `ip link set lo ${state}`]);
const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

network("up");
await using server = await startRabbitMq();
const queue = openRabbitMqQueue({ urls: [`amqp://guest:guest@127.0.0.1:${server.port}/`], name: "hurt", kind: "quorum", heartbeatMs: 2000, connectTimeoutMs: 3000, agentId: "test" });
const settled = new Map<string, number>();
const seen: string[] = [];
queue.onState(({ is }) => void seen.push(is));
queue.consume({
  slots: 20,
  name: "test",
  take: (delivery) => void pause(5).then(() => delivery.settle({ type: "succeeded", result: "1" })).then((isOurs) => isOurs && settled.set(delivery.job.data, (settled.get(delivery.job.data) ?? 0) + 1)),
  lost: () => {},
});
const publish = (n: number): Promise<void> => until(() => queue.publish([{ id: `job-${n}`, rule: "a:b", data: String(n), from: "test" }]).then(() => true, () => false), `${n} is accepted`);
for (let n = 0; n < JOBS / 3; n += 1) await publish(n);
network("down");
const publishing = (async () => {
  for (let n = JOBS / 3; n < JOBS; n += 1) await publish(n);
})();
await until(() => queue.state.is === "away", "it is away");
const settledWhenAway = settled.size;
network("up");
await publishing;
await until(() => settled.size === JOBS, `${settled.size} of ${JOBS} are settled`);
await until(() => queue.state.is === "open", "it is open");
process.stdout.write(`${JSON.stringify({ settled: settled.size, settledWhenAway, twice: [...settled.values()].filter((count) => 1 < count).length, seen })}\n`);
await queue.close();
