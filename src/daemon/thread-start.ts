// Where a data-plane thread begins.
import { importQuickly } from "#kernel/lean-imports.ts";

importQuickly();
await import("./thread.ts"); // Only now: what it imports is what the hook is about.
