// All the checks of the doctor, those of the machine first.
import { agentChecks } from "./agent-checks.ts";
import { examine } from "./check.ts";
import type { Finding, Patient } from "./check.ts";
import { configChecks } from "./config-checks.ts";
import { dataChecks } from "./data-checks.ts";
import { jobChecks } from "./job-checks.ts";
import { machineChecks } from "./machine-checks.ts";

export const checks = [...machineChecks, ...configChecks, ...dataChecks, ...agentChecks, ...jobChecks];

export function examineAll(patient: Patient): Promise<Finding[]> {
  return examine(patient, checks);
}
