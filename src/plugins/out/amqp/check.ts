// Whether a broker answers, lets this user in and has what is published to.
import { toError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import type { AmqpOptions } from "../amqp.ts";
import { openChannel } from "./channel.ts";

const PROBE_MS = 3000;

/** Problems of each host; nothing when all can be used. */
export async function checkBroker(given: AmqpOptions, configDir: string, signal: AbortSignal): Promise<Text[]> {
  const problems: Text[] = [];
  for (const host of given.hosts) {
    if (signal.aborted) break;
    try {
      const channel = await openChannel({ ...given, connect_timeout: Math.min(PROBE_MS, given.connect_timeout) }, host, configDir, () => {});
      try {
        const probe = await channel.model.createChannel();
        probe.on("error", () => {}); // The question below says so.
        const name = given.queue ?? given.exchange ?? "";
        if (name.includes("${") || name === "") continue;
        if (given.queue === undefined) await probe.checkExchange(name);
        else await probe.checkQueue(name);
      } finally {
        await channel.close();
      }
    } catch (error) {
      const { message } = toError(error);
      problems.push({ en: `out.Amqp cannot publish at ${host}: ${message}`, ko: `out.Amqp: ${host} 에 보낼 수 없습니다 (${message})` });
    }
  }
  return problems;
}
