// Schedules of a fleet under kill -9 of agents and of the database. `DURE_SECONDS=60 DURE_SEED=…` makes a long trial of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noMariaDb } from "../servers/mariadb.ts";
import { fleetTrial } from "./fleet-trial.ts";

const SECONDS = Number(process.env["DURE_SECONDS"] ?? 15);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(
  `fleet: three agents with ten schedules each second, killed with -9 at random, and the database with them, seed ${SEED}: no second is begun twice, none is lost`,
  { timeout: 300_000 + SECONDS * 5000, skip: noMariaDb || (process.platform === "win32" && "there are no signals") },
  async (context) => {
    const result = await fleetTrial({ agents: 3, schedules: 10, seconds: SECONDS, seed: SEED, isDatabaseKilled: true });
    context.diagnostic(JSON.stringify(result));
    const { missing, twice, kills, due } = result;
    assert.deepEqual({ missing, twice }, { missing: [], twice: [] });
    assert.ok(0 < kills.holder + kills.other + kills.itself && 0 < due);
  },
);
