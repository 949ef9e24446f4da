// `dure test` runs a pipeline in the main thread so that a debugger can stop in a plugin: here one does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder } from "./run-dure.ts";

const PLUGIN = `export function parse(line: string) {
  const [name, n] = line.split("|");
  return { name, n: Number(n) };
}
`;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly scriptId?: string; readonly url?: string; readonly callFrames?: readonly { readonly functionName: string; readonly location: { readonly scriptId: string; readonly lineNumber: number } }[] };
}

test("test: a breakpoint in a plugin of one's own stops there, and the run goes on behind it", async () => {
  await using here = folder();
  here.write("plugins/MyLogParser.ts", PLUGIN);
  here.write("in.log", "a|1\nb|2\n");
  here.write("dure.yml", "pipelines:\n  mine: [in.FileTail: in.log, parse.MyLogParser, out.File: { path: out.json, time_key: '' }]\n");
  const debugged = here.spawn(["test", "dure.yml"], { env: { NODE_OPTIONS: "--inspect-brk=127.0.0.1:0" } });
  let said = "";
  debugged.child.stderr.on("data", (text: string) => (said += text));
  await debugged.printed(/ws:\/\/\S+/);
  const socket = new WebSocket(/ws:\/\/\S+/.exec(said)?.[0] ?? "");
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const stops: string[] = [];
  let plugin: string | undefined;
  let calls = 0;
  const send = (method: string, params: object = {}): void => socket.send(JSON.stringify({ id: (calls += 1), method, params }));
  socket.addEventListener("message", ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Message;
    if (method === "Debugger.scriptParsed" && params?.url?.endsWith("plugins/MyLogParser.ts") === true) plugin = params.scriptId;
    if (method !== "Debugger.paused") return;
    const [frame] = params?.callFrames ?? [];
    if (frame?.location.scriptId === plugin) stops.push(`${frame?.functionName}:${(frame?.location.lineNumber ?? 0) + 1}`);
    send("Debugger.resume");
  });
  send("Debugger.enable");
  send("Debugger.setBreakpointByUrl", { urlRegex: String.raw`MyLogParser\.ts$`, lineNumber: 2 });
  send("Runtime.runIfWaitingForDebugger");
  const closing = new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));
  void debugged.printed(/Waiting for the debugger to disconnect/).then(() => socket.close(), () => undefined);
  const { code, stderr } = await debugged.ended;
  await closing;
  assert.equal(code, 0, stderr);
  assert.deepEqual(stops, ["parse:3", "parse:3"]);
});
