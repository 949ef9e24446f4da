// The settings of EventFlow by their old names, and where each stands in a config.
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { JsonValue } from "#base/json.ts";
import type { ConfigChange } from "#kernel/config/config-change.ts";
import type { ProcessesPlan, ProcessSettings } from "#kernel/config/process-plan.ts";

export interface OldSetting {
  readonly name: string;
  readonly value: string;
  readonly isChangeable: boolean;
  /** `process_settings.kill_wait`. */
  readonly configKey: string;
}

export interface Folders {
  readonly dataDir: string;
  readonly dumpDir: string;
}

interface Known {
  readonly key: string;
  readonly isChangeable?: false;
  value(settings: ProcessSettings, plan: ProcessesPlan, folders: Folders): string;
  /** How its text is written in the config. */
  written?(text: string): JsonValue;
}

const flag = (isOn: boolean): string => (isOn ? "True" : "False");
const asFlag = (text: string): JsonValue => text.toLowerCase() === "true"; // EventFlow: TRUE, or not TRUE.
const asCount = (text: string): JsonValue => {
  if (!/^\d{1,9}$/.test(text.trim())) throw notANumber(text);
  return Number(text);
};
const asSeconds = (text: string): JsonValue => `${String(asCount(text))}s`;
const seconds = (ms: number): string => String(ms / 1000);

const known: Readonly<Record<string, Known>> = {
  "event flow home": { key: "agent.data_dir", isChangeable: false, value: (_settings, _plan, { dataDir }) => dataDir },
  "console connect address": { key: "console.host", isChangeable: false, value: (_, { console }) => console?.host ?? "-" },
  "console connect port": { key: "console.port", isChangeable: false, value: (_, { console }) => String(console?.port ?? "-") },
  "dump dir": { key: "agent.data_dir", isChangeable: false, value: (_settings, _plan, { dumpDir }) => dumpDir },
  "work directory": { key: "process_settings.work_dir", value: ({ workDir }) => workDir, written: (text) => text },
  "max cmd queue size": { key: "process_settings.queue_max", value: ({ defaults }) => String(defaults.queueEventsMax), written: asCount },
  "max monitoring deque size": { key: "process_settings.events_kept", value: ({ eventsKept }) => String(eventsKept), written: asCount },
  "max save deque size": { key: "process_settings.events_saved", value: ({ eventsSaved }) => String(eventsSaved), written: asCount },
  "error data file skip": { key: "process_settings.skip_failed_event", value: ({ defaults }) => flag(defaults.isFailedSkipped), written: asFlag },
  "kill wait time": { key: "process_settings.kill_wait", value: ({ defaults }) => seconds(defaults.stopWaitMs), written: asSeconds },
  "event save file": { key: "process_settings.event_file", value: ({ eventFile }) => eventFile ?? "/dev/null", written: (text) => (text === "/dev/null" ? null : text) },
  "scheduler run": { key: "process_settings.schedules", value: ({ areSchedulesRun }) => flag(areSchedulesRun), written: asFlag },
  "flask run": { key: "process_settings.old_api.on", value: ({ oldApi }) => flag(oldApi.isOn), written: asFlag },
  "flask port": { key: "process_settings.old_api.port", value: ({ oldApi }) => String(oldApi.port), written: asCount },
  "resource monitor size": { key: "process_settings.resource_samples", value: ({ resourceSamples }) => String(resourceSamples), written: asCount },
  "result monitor size": { key: "process_settings.result_samples", value: ({ resultSamples }) => String(resultSamples), written: asCount },
  "announcer run": { key: "process_settings.announcer.on", value: ({ announcer }) => flag(announcer.isOn), written: asFlag },
  "announcer dst address": { key: "process_settings.announcer.host", value: ({ announcer }) => announcer.host, written: (text) => text },
  "announcer dst port": { key: "process_settings.announcer.port", value: ({ announcer }) => String(announcer.port), written: asCount },
  "announcer result api": { key: "process_settings.announcer.result_path", value: ({ announcer }) => announcer.resultPath, written: (text) => text },
  "announcer resource api": { key: "process_settings.announcer.resource_path", value: ({ announcer }) => announcer.resourcePath, written: (text) => text },
  "announcer alert api": { key: "process_settings.announcer.alert_path", value: ({ announcer }) => announcer.alertPath, written: (text) => text },
  "recovery time out": { key: "process_settings.recovery.timeout", value: ({ recovery }) => seconds(recovery.timeoutMs), written: asSeconds },
  "recovery delete time": { key: "process_settings.recovery.keep", value: ({ recovery }) => seconds(recovery.keepMs), written: asSeconds },
};

export function oldSettings(plan: ProcessesPlan, folders: Folders): OldSetting[] {
  return Object.entries(known).map(([name, { key, isChangeable = true, value }]) => ({ name, value: value(plan.settings, plan, folders), isChangeable, configKey: key }));
}

/** What `set conf name:value` writes into the config. */
export function readOldSetting(name: string, text: string): ConfigChange {
  const { key, written = (value: string): JsonValue => value } = known[name] ?? { key: name };
  return { path: key.split("."), value: written(text) };
}

function notANumber(text: string): CommandFailure {
  return new CommandFailure("INVALID", { message: `'${text}' is no number`, hint: "Give a whole number.", ko: { message: `'${text}': 숫자가 아닙니다`, hint: "정수를 쓰세요." } }, { issues: [{ path: "value", message: "is no number" }] });
}
