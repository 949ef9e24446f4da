// Where the thread of the jobs begins.
import { importQuickly, skipSchemas } from "#kernel/lean-imports.ts";

importQuickly();
skipSchemas();
await import("./jobs-thread.ts"); // Only now: what it imports is what the hooks are about.
