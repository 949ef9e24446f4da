// What stands in the way of writing, said before the agent starts or when it does.
import { systemCode, toError, UsageError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { say } from "#base/lang.ts";
import { refusalOf, rowsOf, whereOf } from "#sdk/mysql-connection.ts";
import type { MysqlOptions } from "../mysql.ts";
import { openSession, serverOf } from "./session.ts";
import { describeTable } from "./table.ts";

export async function checkTable(given: MysqlOptions, configDir: string, signal: AbortSignal): Promise<Text[]> {
  try {
    const session = await openSession(given, configDir, signal);
    try {
      if (given.table.includes("${tag}")) return [];
      const { columns, time } = await describeTable(session.connection, given, given.table, signal);
      const names = [...columns, ...(time === undefined ? [] : [time])].map(({ name }) => `\`${name.replaceAll("`", "``")}\``);
      // An INSERT of nothing asks for the right and writes no row.
      const into = `\`${given.db.replaceAll("`", "``")}\`.\`${given.table.replaceAll("`", "``")}\` (${names.join(",")})`;
      await rowsOf(session.connection, `INSERT INTO ${into} SELECT ${names.map(() => "NULL").join(",")} FROM DUAL WHERE FALSE`, [], signal);
      return [];
    } finally {
      session.connection.destroy();
    }
  } catch (error) {
    return [problemOf(error, given)];
  }
}

/** In the language of the agent: what a person has to change; undefined for failures that pass. */
export function refusalFor(error: unknown, given: MysqlOptions): string | undefined {
  const refusal = refusalOf(error, serverOf(given));
  return refusal === undefined ? undefined : say(refusal);
}

function problemOf(error: unknown, given: MysqlOptions): Text {
  const refusal = refusalOf(error, serverOf(given));
  if (refusal !== undefined) return refusal;
  if (error instanceof UsageError) {
    const text = `${error.message}. ${error.hint ?? ""}`.trim();
    return { en: text, ko: text };
  }
  const where = whereOf(given);
  const reason = systemCode(error) ?? toError(error).message;
  return { en: `MySQL at ${where} does not answer (${reason})`, ko: `${where} 의 MySQL에 연결할 수 없습니다 (${reason})` };
}
