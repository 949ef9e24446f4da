// Stands in until the flows are there: lines go nowhere.
import type { Flows, FlowsParts } from "./flows.ts";
export async function openFlows(_parts: FlowsParts): Promise<Flows> {
  return {
    async prepare() { return { stdio: ["pipe", "pipe", "pipe"], attach(child) { const err: string[] = []; child.stdout?.resume(); child.stderr?.on("data", (t: Buffer) => void err.push(String(t))); return { async died() {}, async drain() {}, lastStderr: () => err, closeInput: () => child.stdin?.end() }; }, drop() {} }; },
    async apply() {}, async send() {}, async clear() { return 0; }, queues: () => [], movements: () => [], lines: () => [], watchLines: () => () => {},
    async *consume() {}, async produce() {}, async salvage() { return { async finish() {} }; }, async saveQueues() { return 0; }, async loadQueues() { return 0; }, async close() {},
  };
}
