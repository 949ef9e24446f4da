// An agent whose dashboard nobody opens costs what it cost without one: what its main thread loads until it ends is listed here, and
// nothing else is loaded before somebody asks. A new name in the list has to be worth its memory in every agent, for months: 1 MB for
// some 150 kB of source, since Node keeps the text and V8 what it made of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { ROOT, folder } from "#test/cli/run-dure.ts";

const LIST = `
  base/alive.ts base/backoff.ts base/early-gc.ts base/errors.ts base/json.ts base/lang.ts base/loopback.ts base/network-of.ts base/on-demand.ts base/quantities.ts base/sha256.ts base/signals.ts base/similar.ts base/text.ts base/turns.ts base/unique-id.ts base/within.ts
  capabilities/config/config-worker.ts capabilities/config/config.ts capabilities/config/revision-tables.ts
  capabilities/pipelines/history.ts capabilities/pipelines/look.ts capabilities/pipelines/pipeline-events.ts capabilities/pipelines/pipeline-failures.ts capabilities/pipelines/stats.ts capabilities/pipelines/told-reports.ts
  daemon.ts main.ts
  daemon/control-door.ts daemon/control-plane.ts daemon/event-outbox.ts daemon/jobs.ts daemon/part.ts daemon/process-worker.ts daemon/processes.ts daemon/store-backend.ts daemon/this-run.ts
  edges/cli/agent-log.ts edges/cli/arguments.ts edges/cli/cli.ts edges/cli/command.ts edges/cli/commands.ts edges/cli/config-path.ts edges/cli/exit-codes.ts edges/cli/failure.ts edges/cli/find-command.ts edges/cli/noun-aliases.ts edges/cli/other-config.ts edges/cli/plan-at-start.ts edges/cli/reload-agent.ts edges/cli/run-plan.ts edges/cli/summary.ts edges/cli/terminal.ts edges/cli/units.ts edges/cli/version-line.ts
  edges/cli/commands/run.ts
  edges/cli/specs/explaining.ts edges/cli/specs/for-option.ts edges/cli/specs/keeping.ts edges/cli/specs/looking.ts edges/cli/specs/processing.ts edges/cli/specs/running.ts edges/cli/specs/trying.ts edges/cli/specs/writing.ts
  edges/http/door.ts
  edges/metrics/shown-metrics.ts
  kernel/access/access-tables.ts
  kernel/audit/audit-tables.ts
  kernel/background.ts kernel/control-socket.ts kernel/lean-imports.ts kernel/log-console.ts kernel/log-file.ts kernel/log.ts kernel/pid-file.ts base/process-identity.ts kernel/recent-log.ts kernel/redact.ts kernel/repetition.ts kernel/status-file.ts kernel/stop-request.ts
  kernel/commands/failure.ts
  kernel/config/cells.ts kernel/config/notifiers-plan.ts kernel/config/plan-difference.ts kernel/config/step-changes.ts
  kernel/events/event-hub.ts kernel/events/event-log.ts
  kernel/fleet/fleet-tables.ts
  kernel/log-store/log-line.ts kernel/log-store/log-store.ts kernel/log-store/log-tables.ts
  kernel/outbox/outbox-tables.ts
  kernel/store/agent-id.ts kernel/store/insert-rows.ts kernel/store/kept-ids.ts kernel/store/migrate.ts kernel/store/open-store.ts kernel/store/write-behind.ts
  node:child_process node:fs/promises node:net node:os node:path node:sqlite node:url node:util node:v8
  plugins/stores/sqlite-changes.ts plugins/stores/sqlite-failures.ts plugins/stores/sqlite.ts
  sdk/store.ts
`.trim().split(/\s+/);

test("an agent that nobody asks loads what it needs and nothing else", async () => {
  await using dir = folder();
  dir.write("dure.yml", "agent:\n  data_dir: data\nhttp:\n  port: 0\npipelines:\n  idle:\n    - in.FakeData: { rate: 10, count: 0 }\n    - out.Null: {}\n");
  const file = dir.file("modules.json");
  const noting = pathToFileURL(join(ROOT, "test/control/note-modules.ts")).href;
  const { code, stderr } = await dir.dure(["run", "--for", "1s"], { env: { NODE_OPTIONS: `--import=${noting}`, MODULES_FILE: file } });
  assert.equal(code, 0, stderr);
  const source = pathToFileURL(join(ROOT, "src/")).href;
  const loaded = (JSON.parse(readFileSync(file, "utf8")) as string[]).map((url) => (url.startsWith(source) ? url.slice(source.length) : url));
  assert.deepEqual(loaded.toSorted(), LIST.toSorted(), "edit the list where the change is meant");
});
