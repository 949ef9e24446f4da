// A pipeline may be called as a verb is, or with letters that paths and shells take for something else: each edge reaches it, and never another.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allCommands } from "#edges/all-commands.ts";
import { folder } from "#test/cli/run-dure.ts";
import type { Folder } from "#test/cli/run-dure.ts";
import { commandLine, controlSocket, http, webSocket } from "./each-edge.ts";
import type { AgentPlace, EdgeClient, Outcome } from "./each-edge.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const VERBS = allCommands.flatMap(({ name }) => (name.startsWith("pipelines.") ? [name.slice("pipelines.".length)] : []));
const NAMES = [...VERBS, "pipelines", "api", "true", "7", "1.5", "null", "a b", "a.b", "A_b-c", "웹 로그", "é"];
let here: Folder;
let place: AgentPlace;
let edges: Readonly<Record<string, EdgeClient>>;

before(async () => {
  here = folder();
  if (skip !== false) return;
  here.write("dure.yml", `http: { port: 0 }\npipelines:\n${NAMES.map((name) => `  ${JSON.stringify(name)}: [in.FileTail: nothing.log, out.Null]\n`).join("")}`);
  const started = await here.dure(["start", "--json"]);
  const { address } = JSON.parse(started.stdout) as { address: string };
  const { result } = JSON.parse((await here.dure(["tokens", "create", "names", "--role", "admin", "--json"])).stdout) as { result: { token: string } };
  here.write("token", result.token);
  place = { dir: here.path, address, token: result.token };
  edges = { socket: controlSocket(place), http: http(place), websocket: await webSocket(place), cli: commandLine(place) };
});

after(async () => {
  for (const edge of Object.values(edges ?? {})) edge.close();
  if (skip === false) await here.dure(["stop"]);
  await here[Symbol.asyncDispose]();
});

async function asked(edge: EdgeClient | undefined, verb: string, name: string): Promise<Outcome | undefined> {
  const command = allCommands.find((each) => each.name === `pipelines.${verb}`);
  return command === undefined ? undefined : edge?.call(command, { name });
}

for (const edge of ["socket", "http", "websocket", "cli"]) {
  test(`names: each pipeline is shown, paused and resumed through ${edge} by its own name`, { skip }, async () => {
    for (const name of NAMES) {
      for (const verb of ["show", "pause", "resume"]) {
        const outcome = await asked(edges[edge], verb, name);
        assert.ok(outcome !== undefined && "result" in outcome, `${verb} ${name}: ${JSON.stringify(outcome)}`);
        const told = outcome.result as { readonly name?: string; readonly state?: string; readonly status?: { readonly name: string } };
        assert.equal(told.status?.name ?? told.name, name, verb);
      }
    }
  });
}

test("names: the short verbs of the command line reach them, here and with --url", { skip }, async () => {
  const there = ["--url", place.address, "--token-file", here.file("token")];
  for (const name of ["watch", "history", "웹 로그"])
    for (const where of [[], there]) {
      const { code, stdout, stderr } = await here.dure(["ls", name, "--json", ...where]);
      assert.deepEqual([code, (JSON.parse(stdout) as { pipelines?: { name: string }[] }).pipelines?.map((each) => each.name)], [0, [name]], stderr);
      const shown = await here.dure(["pipelines", "show", name, "--json", ...where]);
      assert.equal((JSON.parse(shown.stdout) as { result?: { status: { name: string } } }).result?.status.name, name, shown.stdout);
    }
});
