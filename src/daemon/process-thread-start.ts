// Where the thread of the processes begins.
import { importQuickly, skipSchemas } from "#kernel/lean-imports.ts";

importQuickly();
skipSchemas();
await import("./process-thread.ts"); // Only now: what it imports is what the hooks are about.
