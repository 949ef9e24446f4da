// The other end of the link: gives what processes print to pipelines, and what pipelines give to processes.
import type { MessagePort } from "node:worker_threads";
import { toldOf } from "#base/errors.ts";
import { Bell } from "#base/bell.ts";
import type { Flows } from "#capabilities/processes/flows/flows.ts";
import type { FromProcesses, ToProcesses } from "./link-messages.ts";

/** Of one reader, given out and not acked. */
const OUTSTANDING_MAX = 4;

interface Reading {
  readonly leaving: AbortController;
  readonly acks: (() => void)[];
  readonly bell: Bell;
}

/** `whenKnown`: a reload may give us the pipeline before its process. */
export function serveLink(port: MessagePort, flows: Flows, whenKnown: (process: string, signal: AbortSignal) => Promise<void>): void {
  const tell = (message: FromProcesses): void => port.postMessage(message);
  const readings = new Map<number, Reading>();
  const producing = new Map<number, AbortController>();

  const read = async (id: number, process: string, consumer: string, { leaving, acks, bell }: Reading): Promise<void> => {
    await whenKnown(process, leaving.signal);
    if (leaving.signal.aborted) return;
    for await (const { lines, count, ack } of flows.consume(process, consumer, leaving.signal)) {
      acks.push(ack);
      tell({ type: "lines", id, lines, count });
      while (OUTSTANDING_MAX <= acks.length && !leaving.signal.aborted) await bell.rung(leaving.signal);
    }
  };
  const produce = async (id: number, process: string, lines: Uint8Array): Promise<void> => {
    const leaving = new AbortController();
    producing.set(id, leaving);
    try {
      await whenKnown(process, leaving.signal);
      await flows.produce(process, Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength), leaving.signal);
      tell({ type: "produced", id });
    } catch (thrown) {
      tell({ type: "refused", id, told: toldOf(thrown) });
    } finally {
      producing.delete(id);
    }
  };
  const close = (id: number): void => {
    readings.get(id)?.leaving.abort();
    readings.delete(id);
  };

  port.on("message", (message: ToProcesses) => {
    if (message.type === "open") {
      const reading: Reading = { leaving: new AbortController(), acks: [], bell: new Bell() };
      readings.set(message.id, reading);
      void read(message.id, message.process, message.consumer, reading);
    } else if (message.type === "ack") {
      const reading = readings.get(message.id);
      reading?.acks.shift()?.();
      reading?.bell.ring();
    } else if (message.type === "close") close(message.id);
    else if (message.type === "produce") void produce(message.id, message.process, message.lines);
    else producing.get(message.id)?.abort();
  });
  port.unref(); // It keeps no thread whose processes have ended.
  port.on("close", () => {
    for (const id of readings.keys()) close(id);
    for (const leaving of producing.values()) leaving.abort();
  });
}
