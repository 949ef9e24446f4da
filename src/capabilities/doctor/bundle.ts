// What a bug report needs, in one zip: no secret, no record of a user. What the schemas call secret is taken out of the config and the plan,
// and its values wherever else they stand.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { arch, cpus, release, totalmem, type, uptime } from "node:os";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { findSecrets, secretNames } from "#kernel/config/secrets/find-secrets.ts";
import { mask, withoutSecrets } from "#kernel/config/secrets/masked-text.ts";
import { redacted } from "#kernel/redact.ts";
import type { Registry } from "#kernel/registry.ts";
import type { Finding, Patient } from "./check.ts";
import { logFileOf } from "./data-checks.ts";

const LOG_BYTES_MAX = 512 << 10;
const FILES_MAX = 2000;

/** A zip file. */
export async function bundleOf(patient: Patient, findings: readonly Finding[], registry: Registry): Promise<Uint8Array> {
  const { configFile, dataDir, version } = patient;
  const names = await secretNames(registry);
  const asked = async (command: string): Promise<unknown> => {
    try {
      return await patient.ask(command);
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
  const parts: Record<string, unknown> = {
    "doctor.json": findings,
    "machine.json": { version, node: process.versions, system: { type: type(), release: release(), arch: arch() }, processors: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), uptimeSeconds: Math.round(uptime()) },
    "problems.json": patient.problems,
    "plan.json": without(patient.plan, names),
    "agent.json": await asked("agent.show"),
    "pipelines.json": await asked("pipelines.list"),
    "files.json": filesBelow(dataDir),
  };
  const text = existsSync(configFile) ? readFileSync(configFile, "utf8") : undefined;
  const config = text === undefined ? undefined : mask(text, await findSecrets({ text, registry, configDir: dirname(configFile), names }), () => "secret");
  const files: Record<string, Uint8Array> = {};
  const put = (name: string, words: string): void => void (files[name] = strToU8(withoutSecrets(words, config?.hidden ?? [])));
  for (const [name, value] of Object.entries(parts)) put(name, `${JSON.stringify(redacted(value ?? null, -20), null, 2)}\n`);
  if (config !== undefined) put("config.yml", config.text);
  const log = logFileOf(patient);
  if (existsSync(log)) put("dure.log", readFileSync(log).subarray(-LOG_BYTES_MAX).toString("utf8"));
  return zipSync(files, { level: 6 });
}

/** Secrets of a plan are where the file or the environment put them: only their names tell. */
function without(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, names.has(name) ? "[hidden]" : without(field, names)]));
}

/** Names and sizes, nothing of what they hold. */
function filesBelow(folder: string): { readonly file: string; readonly bytes: number }[] {
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).slice(0, FILES_MAX);
  return found.map((entry) => ({ file: join(entry.parentPath, entry.name), bytes: statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0 }));
}
