// `store:` of a config: where users, audit, events, kept log lines and revisions go. `store: sqlite` is a file in the data folder.
import { join, resolve } from "node:path";
import { duration } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import { checkOptions } from "./options.ts";
import type { StorePlan } from "./plan.ts";
import type { Problems } from "./problem.ts";
import { spanOf } from "./tree.ts";
import type { MapEntry, TreeNode } from "./tree.ts";

const MYSQL_PORT = 3306;
/** A `365s` for `365d` must not take the audit away. */
const AUDIT_KEEP_MS_MIN = 30 * 86_400_000;
const MYSQL_ONLY = ["host", "port", "user", "password", "database", "tls"] as const;

export const storeOptions = z
  .strictObject({
    type: z.enum(["sqlite", "mysql"]).default("sqlite").meta({
      description: "`sqlite`: the file `dure.db` in the data folder. `mysql`: MySQL or MariaDB, which several agents may share: then they have the same users and audit.",
      ko: "`sqlite`: 데이터 폴더의 `dure.db` 파일. `mysql`: MySQL 또는 MariaDB. 여러 에이전트가 함께 쓰면 사용자와 감사 기록을 공유한다.",
    }),
    host: z.string().min(1).optional().meta({ description: "Of mysql: the server; 127.0.0.1 unless given.", ko: "mysql: 서버. 없으면 127.0.0.1." }),
    port: z.int().min(1).max(65_535).optional().meta({ description: `Of mysql: its port; ${MYSQL_PORT} unless given.`, ko: `mysql: 포트. 없으면 ${MYSQL_PORT}.` }),
    user: z.string().min(1).optional().meta({ description: "Of mysql: a user who may create and change tables in the database.", ko: "mysql: 데이터베이스에서 테이블을 만들고 바꿀 수 있는 사용자." }),
    password: z.string().optional().meta({ secret: true, description: "Of mysql: the user's password, best as `${env:NAME}` or `${file:PATH}`.", ko: "mysql: 사용자의 비밀번호. `${env:NAME}`이나 `${file:PATH}`로 쓰는 것이 좋다." }),
    database: z.string().regex(/^[\p{L}\p{N}_$-]{1,64}$/u, { error: "write the name of a database" }).optional().meta({ description: "Of mysql: the database, which must be there and should hold nothing else.", ko: "mysql: 데이터베이스. 미리 만들어 두고 두레만 쓰는 것이 좋다." }),
    tls: z
      .union([
        z.boolean(),
        z.strictObject({
          ca: z.string().min(1).optional().meta({ description: "File with the certificates to trust; relative to the config file.", ko: "신뢰할 인증서 파일. 설정 파일 기준의 상대 경로." }),
          verify: z.boolean().default(true).meta({ description: "Check the server's certificate.", ko: "서버 인증서를 확인한다." }),
        }),
      ])
      .optional()
      .meta({ description: "Of mysql: encrypt the connection; true trusts the system's authorities.", ko: "mysql: 연결을 암호화한다. true면 시스템 인증 기관을 믿는다." }),
    log_lines: z.int().min(0).max(10_000_000).default(200_000).meta({
      description: "How many lines of the agent's own log are kept here to be searched; 0 keeps none. The log file is another matter.",
      ko: "검색할 수 있게 저장할 에이전트 로그의 줄 수. 0이면 저장하지 않는다. 로그 파일과는 별개다.",
    }),
    audit_keep: duration()
      .prefault("1095d")
      .refine((ms) => AUDIT_KEEP_MS_MIN <= ms, { error: "keep the audit for 30d at least", params: { ko: "감사 기록은 30d 이상 보관하세요" } })
      .meta({
        unit: "duration",
        description: "How long rows of the audit are kept, at least 30d. Older ones are cut off the end of the chain, which says so and still proves the rest; export them before.",
        ko: "감사 기록을 보관할 기간, 30d 이상. 더 오래된 기록은 사슬의 앞에서 잘라 내며, 잘라 낸 사실은 기록에 남고 나머지는 계속 검증된다. 필요하면 먼저 내보낸다.",
      }),
  })
  .superRefine((given, context) => {
    if (given.type === "mysql") {
      for (const name of ["user", "database"] as const)
        if (given[name] === undefined) context.addIssue({ code: "custom", path: [name], message: "is needed with `type: mysql`", params: { ko: "`type: mysql`에는 꼭 써야 합니다" } });
      return;
    }
    for (const name of MYSQL_ONLY)
      if (given[name] !== undefined) context.addIssue({ code: "custom", path: [name], message: "is only for `type: mysql`", params: { ko: "`type: mysql`에서만 쓸 수 있습니다" } });
  });

type StoreOptions = z.output<typeof storeOptions>;

/** What the section says; undefined when something is wrong with it, which has been said. */
export async function checkStore(entry: MapEntry | undefined, configDir: string, problems: Problems): Promise<StoreOptions | undefined> {
  const nameSpan = entry?.keySpan ?? { start: 0, end: 1 };
  const node: TreeNode = entry?.value ?? { type: "map", ...nameSpan, entries: [] };
  if (node.type === "list") {
    problems.add("DURE201", spanOf(node, nameSpan), { text: { en: "`store:` takes `sqlite` or a map of options", ko: "`store:`에는 `sqlite`나 옵션의 맵을 씁니다" } });
    return undefined;
  }
  return (await checkOptions(node, { name: "store", nameSpan, schema: storeOptions, shorthand: "type" }, problems)) as StoreOptions | undefined;
}

export function storePlan({ type, host, port, user, password, database, tls, log_lines: logLinesMax, audit_keep: auditKeepMs }: StoreOptions, dataDir: string, configDir: string): StorePlan {
  if (type === "sqlite") return { type, file: join(dataDir, "dure.db"), logLinesMax, auditKeepMs };
  const { ca, verify } = typeof tls === "object" ? tls : { ca: undefined, verify: true };
  return {
    type,
    host: host ?? "127.0.0.1",
    port: port ?? MYSQL_PORT,
    user: user ?? "",
    ...(password === undefined ? {} : { password }),
    database: database ?? "",
    ...(tls === undefined || tls === false ? {} : { tls: { isVerified: verify, ...(ca === undefined ? {} : { caFile: resolve(configDir, ca) }) } }),
    logLinesMax,
    auditKeepMs,
  };
}
