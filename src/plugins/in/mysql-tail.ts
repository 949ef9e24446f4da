// Follows a table: rows that come (or change) become records. Where it stands is committed with what the outputs wrote, so
// a restart goes on at the next row: none is skipped, none comes twice that was committed.
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Connection } from "mysql2/promise";
import { backoffMs } from "#base/backoff.ts";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import { say } from "#base/lang.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { duration } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { connect, isAnswer, refusalOf, whereOf } from "#sdk/mysql-connection.ts";
import { followKey } from "./mysql-tail/follow-key.ts";
import { followUpdates } from "./mysql-tail/follow-updates.ts";
import type { Follower } from "./mysql-tail/follower.ts";
import { describeTable } from "./mysql-tail/table.ts";

const options = z.strictObject({
  ip: z.string().min(1).default("127.0.0.1").meta({ description: "Address of the server.", ko: "서버 주소." }),
  host: z.string().min(1).optional().meta({ description: "The same as ip: give one of the two.", ko: "ip와 같습니다. 둘 중 하나만 쓰세요." }),
  port: z.int().min(1).max(65_535).default(3306).meta({ description: "Port of the server.", ko: "서버 포트." }),
  socket: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Unix socket or named pipe, instead of address and port.", ko: "주소와 포트 대신 쓸 유닉스 소켓이나 네임드 파이프." }),
  user: z.string().default("root").meta({ description: "User; SELECT on the table is all it needs.", ko: "사용자. 테이블의 SELECT 권한이면 됩니다." }),
  password: z.string().default("").meta({
    description: "Password; write ${env:NAME} to keep it out of the file.",
    ko: "비밀번호. 파일에 남기지 않으려면 ${env:NAME} 으로 쓰세요.",
    secret: true,
  }),
  db: z.string().min(1).meta({ description: "Database.", ko: "데이터베이스." }),
  table: z.string().min(1).meta({ description: "Table to follow.", ko: "따라갈 테이블." }),
  key: z.string().min(1).optional().meta({
    description: "Unique integer column that grows with each new row; without it the primary key.",
    ko: "새 행마다 커지는 유니크 정수 열. 없으면 기본 키.",
  }),
  updated_at: z.string().min(1).optional().meta({
    description: "DATETIME or TIMESTAMP column that each write sets: then changed rows come again. Give it an index together with the key.",
    ko: "쓸 때마다 바뀌는 DATETIME이나 TIMESTAMP 열. 주면 바뀐 행도 다시 옵니다. 키와 함께 인덱스를 만드세요.",
  }),
  columns: z.array(z.string().min(1)).min(1).optional().meta({ description: "Columns of the record; without it all.", ko: "레코드에 넣을 열. 없으면 모두." }),
  poll: duration().prefault("1s").meta({ description: "How long to wait when there are no new rows.", ko: "새 행이 없을 때 기다리는 시간." }),
  batch_rows: z.int().min(1).max(100_000).default(1000).meta({ description: "Rows of one query at most.", ko: "한 번에 읽을 최대 행 수." }),
  start: z.enum(["beginning", "end"]).default("beginning").meta({ description: "Where the first run starts.", ko: "처음 실행할 때 시작할 곳." }),
  rescan: duration().prefault("10s").meta({
    description:
      "How long a key that was passed over is looked for again: a transaction may commit after one with a higher key. As long as your longest inserting transaction; 0 switches it off.",
    ko: "건너뛴 키를 다시 찾아보는 시간. 더 큰 키보다 늦게 커밋되는 트랜잭션이 있기 때문입니다. 가장 긴 삽입 트랜잭션만큼 주세요. 0이면 끕니다.",
  }),
  safety_lag: duration().prefault("1s").meta({
    description:
      "With updated_at: rows younger than this wait, so that those with the same time, or committed late, are not missed. As long as your longest writing transaction.",
    ko: "updated_at을 쓸 때, 이보다 최근의 행은 기다렸다 읽습니다. 같은 시각의 행이나 늦게 커밋된 행을 놓치지 않기 위해서입니다. 가장 긴 쓰기 트랜잭션만큼 주세요.",
  }),
  time_zone: z
    .string()
    .regex(/^([+-]\d\d:\d\d|utc|z)$/i, "write utc or an offset such as +09:00")
    .optional()
    .meta({
      description: "Offset that DATETIME values are meant in (utc, +09:00); without it the server's own.",
      ko: "DATETIME 값의 시간대 오프셋(utc, +09:00). 없으면 서버의 시간대.",
    }),
  tls: z
    .union([
      z.boolean(),
      z.strictObject({
        ca: z.string().optional().meta({ description: "File with the certificates to trust.", ko: "신뢰할 인증서 파일." }),
        verify: z.boolean().default(true).meta({ description: "Check the server's certificate.", ko: "서버 인증서를 확인합니다." }),
      }),
    ])
    .default(false)
    .meta({ description: "Encrypt the connection; true trusts the system's authorities.", ko: "연결을 암호화합니다. true면 시스템 인증 기관을 믿습니다." }),
  tag: z.string().min(1).optional().meta({ description: "Tag of the records; without it DB.TABLE.", ko: "레코드의 태그. 없으면 DB.TABLE." }),
}).refine((given) => given.host === undefined || given.ip === "127.0.0.1", { path: ["host"], message: "give host or ip, only one of them", params: { ko: "host와 ip 중 하나만 쓰세요" } });
type Options = z.output<typeof options>;

/** Wide rows make smaller batches. */
const BATCH_BYTES_AIM = 4 << 20;

export const mysqlTail = defineInput({
  name: "MySQLTail",
  summary: {
    en: "Follows a table of MySQL or MariaDB: new rows, or changed ones too, become records.",
    ko: "MySQL, MariaDB 테이블을 따라가며 새 행(또는 바뀐 행)을 레코드로 만듭니다.",
  },
  options,
  example: "- in.MySQLTail:\n    ip: 127.0.0.1\n    db: logdb\n    table: logtbl",
  checkEnvironment: async (given, { configDir, signal }) => {
    try {
      const { connection } = await openTable(given, configDir, signal);
      connection.destroy();
      return [];
    } catch (error) {
      return [problemOf(error, given)];
    }
  },
  async open(given, context) {
    const { pool, clock, log, mode, count, committed } = context;
    const positionKey = `mysql:${given.db}.${given.table}`;
    const tag = given.tag ?? `${given.db}.${given.table}`;
    const never = new AbortController().signal;
    let open: Open | undefined;
    let failures = 0;
    let rowsMax = given.batch_rows;
    /** Handed out, and committed or not: what the next connection goes on from. */
    let reached: JsonValue | undefined = committed(positionKey);

    async function connected(signal: AbortSignal): Promise<Open> {
      if (open !== undefined) return open;
      const { connection, table } = await openTable(given, context.configDir, signal);
      const parts = { table, rescanMs: given.rescan, lagMs: given.safety_lag, pollMs: given.poll, clock, count };
      reached ??= given.start === "end" ? await startNoted(context) : undefined;
      const follower = table.updatedAt === undefined ? followKey(parts, reached) : followUpdates(parts, reached);
      open = { connection, follower };
      if (reached === undefined && given.start === "end") await noteStart(context, (reached = await follower.start(connection, signal)));
      if (0 < failures) {
        log.info("connected to the database again", { table: tag, failures });
        count("reconnects_total");
      }
      failures = 0;
      return open;
    }
    function drop(): void {
      open?.connection.destroy();
      open = undefined;
    }

    try {
      await connected(never);
    } catch (error) {
      drop();
      const refusal = refusalOf(error, given);
      if (refusal !== undefined) throw new UsageError(say(refusal), { cause: error });
      if (error instanceof UsageError) throw error;
      failures = 1;
      log.warn("the database cannot be reached yet; trying until it can", { table: tag, error: toError(error) });
    }

    return {
      async read(signal) {
        while (!signal.aborted) {
          await pool.room(BATCH_BYTES_AIM, signal);
          try {
            const { connection, follower } = await connected(signal);
            const page = await follower.next(connection, rowsMax, signal);
            if (0 < page.records.length) {
              const now = clock.now();
              const batch = batchOfRecords(pool, page.records, { tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: tag });
              rowsMax = Math.max(1, Math.min(given.batch_rows, Math.floor(BATCH_BYTES_AIM / (batch.length / page.records.length))));
              reached = page.position;
              return { batch, positions: { [positionKey]: page.position } };
            }
            if (page.isAtEnd && mode === "test") return undefined;
            await clock.pause(given.poll, signal);
          } catch (error) {
            drop(); // The follower may have moved on over rows that were not handed out: the next one begins at `reached`.
            if (signal.aborted) break;
            failures += 1;
            const waitMs = backoffMs(failures);
            const refusal = refusalOf(error, given);
            if (refusal !== undefined || error instanceof UsageError || isAnswer(error))
              log.error("the database refuses to be read; trying until it does not", { table: tag, reason: refusal?.en, error: toError(error), waitMs });
            else if (failures === 1) log.warn("the connection to the database is lost; trying until it is back", { table: tag, error: toError(error), waitMs });
            await clock.pause(waitMs, signal);
          }
        }
        return undefined;
      },
      async close() {
        const closing = open?.connection;
        open = undefined;
        await closing?.end().catch(() => closing.destroy());
      },
    };
  },
});

interface Open {
  readonly connection: Connection;
  readonly follower: Follower;
}

async function openTable(given: Options, configDir: string, signal: AbortSignal) {
  const connection = await connect(given, configDir);
  try {
    return { connection, table: await describeTable(connection, given, signal) };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** With `start: end` the first start's end is kept: what comes before the first commit must not be passed over by a restart. */
function startFile({ dataDir, step }: PluginContext): string {
  return join(dataDir, `mysql-start-${step}.json`);
}

async function startNoted(context: PluginContext): Promise<JsonValue | undefined> {
  try {
    return JSON.parse(await readFile(startFile(context), "utf8")) as JsonValue;
  } catch {
    return undefined;
  }
}

async function noteStart(context: PluginContext, position: JsonValue): Promise<void> {
  const file = startFile(context);
  await writeFile(`${file}.new`, JSON.stringify(position));
  await rename(`${file}.new`, file);
}

function problemOf(error: unknown, given: Options): Text {
  const refusal = refusalOf(error, given);
  if (refusal !== undefined) return refusal;
  if (error instanceof UsageError) {
    const text = `${error.message}. ${error.hint ?? ""}`.trim();
    return { en: text, ko: text };
  }
  const where = whereOf(given);
  const reason = systemCode(error) ?? toError(error).message;
  return { en: `MySQL at ${where} does not answer (${reason})`, ko: `${where} 의 MySQL에 연결할 수 없습니다 (${reason})` };
}
