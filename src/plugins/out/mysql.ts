// Writes records into a table of MySQL or MariaDB: a batch is one transaction of multi-row INSERTs. A row the server will never
// take goes to the dead letters alone, the rest is written.
//
// With `exactly_once` the transaction is prepared by the server (XA PREPARE) before the batch counts as written, its name is
// committed with the positions of the input, and only then it is committed; what a crash leaves prepared is committed or rolled
// back by what the positions say.
import { UsageError } from "#base/errors.ts";
import { expression } from "#sdk/expression-option.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { isZone } from "#dataplane/time-zone.ts";

const name = () => z.string().min(1).max(64);

const options = z
  .strictObject({
    ip: z.string().min(1).default("127.0.0.1").meta({ description: "Address of the server.", ko: "서버 주소." }),
    host: z.string().min(1).optional().meta({ description: "The same as ip: give one of the two.", ko: "ip와 같습니다. 둘 중 하나만 쓰세요." }),
    port: z.int().min(1).max(65_535).default(3306).meta({ description: "Port of the server.", ko: "서버 포트." }),
    socket: z.string().min(1).optional().meta({ description: "Unix socket or named pipe, instead of address and port.", ko: "주소와 포트 대신 쓸 유닉스 소켓이나 네임드 파이프." }),
    user: z.string().default("root").meta({ description: "User; it needs INSERT on the table, and UPDATE for `mode: update` and `ignore`, DELETE for `replace`.", ko: "사용자. 테이블의 INSERT 권한이 필요하고, mode 가 update 나 ignore 면 UPDATE, replace 면 DELETE 도 필요합니다." }),
    password: z.string().default("").meta({ description: "Password; write ${env:NAME} to keep it out of the file.", ko: "비밀번호. 파일에 남기지 않으려면 ${env:NAME} 으로 쓰세요.", secret: true }),
    db: name().meta({ description: "Database.", ko: "데이터베이스." }),
    table: name().meta({ description: "Table to write to. ${tag} stands for the batch's tag; a batch whose tag has other letters than A-Z, a-z, 0-9, _ and - goes to the dead letters then.", ko: "쓸 테이블. ${tag}는 배치의 태그로 바뀝니다. 이때 태그에 영문자, 숫자, _, - 이외의 글자가 있는 배치는 데드레터로 갑니다." }),
    columns: z
      .union([z.array(name()).min(1), z.record(name(), expression()).refine((columns) => 0 < Object.keys(columns).length, { message: "give at least one column", params: { ko: "열을 하나 이상 쓰세요" } })])
      .optional()
      .meta({ description: "Columns to write: a list takes the fields of the same names, a map gives each column an expression: `{ path: r.url, slow: r.ms > 500 }`. Without it, all columns of the table that a record has a field for. A missing field leaves the column its default.", ko: "쓸 열. 목록이면 같은 이름의 필드를, 맵이면 열마다 식의 값을 씁니다: `{ path: r.url, slow: r.ms > 500 }`. 없으면 레코드에 같은 이름의 필드가 있는 열을 모두 씁니다. 필드가 없는 열에는 기본값이 들어갑니다." }),
    time_column: name().optional().meta({ description: "Column that gets the event time: DATETIME or TIMESTAMP.", ko: "이벤트 시각을 쓸 열(DATETIME 이나 TIMESTAMP)." }),
    time_zone: z
      .string()
      .default("local")
      .refine(isZone, { message: "write utc, local, an offset such as +09:00, or a zone such as Asia/Seoul", params: { ko: "utc, local, +09:00 같은 오프셋, Asia/Seoul 같은 시간대 이름을 쓰세요" } })
      .meta({ description: "Zone that times in DATETIME columns are written in: utc, local, +09:00 or Asia/Seoul. TIMESTAMP columns need none.", ko: "DATETIME 열에 쓰는 시각의 시간대: utc, local, +09:00, Asia/Seoul. TIMESTAMP 열과는 상관없습니다." }),
    mode: z.enum(["insert", "ignore", "replace", "update"]).default("insert").meta({ description: "What becomes of a row whose unique key is there: insert sends it to the dead letters, ignore keeps the old row, replace puts the new one in its place, update sets the written columns of the old one.", ko: "같은 유니크 키의 행이 이미 있을 때: insert 는 데드레터로 보내고, ignore 는 옛 행을 두고, replace 는 새 행으로 바꾸고, update 는 옛 행에서 쓰는 열만 고칩니다." }),
    exactly_once: z.boolean().default(false).meta({ description: "Write each record once, also when the agent or the server is killed: by prepared transactions, which show up in the table when the input's position is saved. Needs InnoDB, MySQL 5.7 or MariaDB 10.5 and, on MySQL 8, the right XA_RECOVER_ADMIN. For tables without a unique key over what is written; with one, `mode: ignore` or `update` bears a repeat anyway.", ko: "에이전트나 서버가 강제 종료되어도 레코드를 한 번씩만 씁니다. 준비된 트랜잭션(XA)으로 쓰고, 입력 위치가 저장되면 테이블에 나타납니다. InnoDB 와 MySQL 5.7 또는 MariaDB 10.5 이상이 필요하고, MySQL 8 에서는 XA_RECOVER_ADMIN 권한도 필요합니다. 쓰는 열에 유니크 키가 없는 테이블에 씁니다. 유니크 키가 있으면 mode: ignore 나 update 로도 중복이 생기지 않습니다." }),
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
  })
  .refine((given) => given.host === undefined || given.ip === "127.0.0.1", { path: ["host"], message: "give host or ip, only one of them", params: { ko: "host와 ip 중 하나만 쓰세요" } })
  .refine((given) => !given.exactly_once || given.mode === "insert", { path: ["exactly_once"], message: "exactly_once goes with `mode: insert`; the other modes bear a repeat, for they find the row by its unique key", params: { ko: "exactly_once 는 mode: insert 와 함께 씁니다. 다른 mode 는 유니크 키로 행을 찾으므로 다시 써도 중복이 생기지 않습니다" } });

export type MysqlOptions = z.output<typeof options>;

export const mysql = defineOutput({
  name: "MySQL",
  summary: { en: "Writes records into a table of MySQL or MariaDB, exactly once if asked to.", ko: "MySQL, MariaDB 테이블에 레코드를 씁니다. 원하면 정확히 한 번씩 씁니다." },
  options,
  example: "out.MySQL:\n  db: logdb\n  table: access\n  columns: [host, path, status]\n  time_column: at",
  address: ({ host, ip, socket }) => socket ?? host ?? ip,
  async checkEnvironment(given, { configDir, signal }) {
    const { checkTable } = await import("./mysql/check.ts");
    return checkTable(given, configDir, signal);
  },
  async open(given, context) {
    const { refusalFor } = await import("./mysql/check.ts");
    const { MysqlWriter } = await import("./mysql/writer.ts");
    const writer = new MysqlWriter(given, context);
    try {
      await writer.begin();
    } catch (error) {
      const refusal = refusalFor(error, given);
      if (refusal !== undefined || error instanceof UsageError) {
        await writer.close();
        throw refusal === undefined ? error : new UsageError(refusal, { cause: error });
      }
      context.log.warn("the database cannot be reached yet; batches wait until it can", { error });
    }
    return {
      write: (batch, signal) => writer.write(batch, signal),
      healthy: (signal) => writer.healthy(signal),
      committed: () => writer.committed(),
      close: () => writer.close(),
    };
  },
});
