// What MySQL's and MariaDB's refusals mean to the person who wrote `store:`.
import { systemCode } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { StoreFault } from "#sdk/store.ts";
import type { MysqlServer } from "./mysql-line.ts";

const LOST = new Set(["PROTOCOL_CONNECTION_LOST", "ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "ER_SERVER_SHUTDOWN", "ER_CONNECTION_KILLED", "ER_CLIENT_INTERACTION_TIMEOUT", "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR", "PROTOCOL_ENQUEUE_AFTER_QUIT", "ER_CON_COUNT_ERROR"]);

/** Whether nothing can be asked on that connection any more. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof StoreFailure && error.fault === "away";
}

export function mysqlFailure(error: unknown, server: MysqlServer): unknown {
  if (!(error instanceof Error) || error instanceof StoreFailure) return error;
  const code = systemCode(error) ?? "";
  const isClosed = "fatal" in error && error.fatal === true && !code.startsWith("ER_") && code !== "HANDSHAKE_NO_SSL_SUPPORT";
  const isTls = /certificate|SELF_SIGNED|ERR_TLS|UNABLE_TO_/i.test(`${code} ${error.message}`);
  const { fault, told } = isTls ? tls(server, error) : LOST.has(code) || isClosed || /closed state/.test(error.message) ? away(server, error, code) : known(code, server, error);
  return new StoreFailure(fault, told, error);
}

interface Outcome {
  readonly fault: StoreFault;
  readonly told: Told;
}

function whereOf({ host, port }: MysqlServer): string {
  return `${host}:${port}`;
}

function away(server: MysqlServer, error: Error, code: string): Outcome {
  const why = code === "" ? error.message : code;
  return {
    fault: "away",
    told: {
      message: `MySQL at ${whereOf(server)} does not answer (${why})`,
      hint: "Check that it runs and that `store.host` and `store.port` are right; the agent tries again by itself.",
      ko: { message: `${whereOf(server)} 의 MySQL이 응답하지 않습니다 (${why})`, hint: "서버가 실행 중인지, `store.host`와 `store.port`가 맞는지 확인하세요. 에이전트가 스스로 다시 시도합니다." },
    },
  };
}

function tls(server: MysqlServer, error: Error): Outcome {
  return {
    fault: "refused",
    told: {
      message: `the certificate of MySQL at ${whereOf(server)} is not accepted: ${error.message}`,
      hint: "Name the authority's certificate in `store.tls.ca`, and the server as the certificate does.",
      ko: { message: `${whereOf(server)} 의 MySQL 인증서를 받아들일 수 없습니다: ${error.message}`, hint: "`store.tls.ca`에 인증 기관의 인증서를 지정하고 `store.host`를 인증서에 있는 이름으로 쓰세요." },
    },
  };
}

function known(code: string, server: MysqlServer, error: Error): Outcome {
  const { user, database } = server;
  const where = whereOf(server);
  switch (code) {
    case "ER_DUP_ENTRY":
      return { fault: "duplicate", told: { message: "such a row is there already", ko: { message: "같은 항목이 이미 있습니다" } } };
    case "ER_ACCESS_DENIED_ERROR":
    case "ER_ACCESS_DENIED_NO_PASSWORD_ERROR":
    case "ER_HOST_NOT_PRIVILEGED":
      return {
        fault: "refused",
        told: { message: `MySQL at ${where} refuses user ${user}`, hint: "Check `store.user` and `store.password`, and from which hosts the user may come.", ko: { message: `${where} 의 MySQL이 사용자 ${user} 를 거부했습니다`, hint: "`store.user`와 `store.password`, 접속 허용 호스트를 확인하세요." } },
      };
    case "ER_BAD_DB_ERROR":
      return {
        fault: "refused",
        told: { message: `MySQL at ${where} has no database ${database}`, hint: `Run CREATE DATABASE ${database} CHARACTER SET utf8mb4, or check \`store.database\`.`, ko: { message: `${where} 의 MySQL에 데이터베이스 ${database} 가 없습니다`, hint: `CREATE DATABASE ${database} CHARACTER SET utf8mb4 명령을 실행하거나 \`store.database\`를 확인하세요.` } },
      };
    case "ER_DBACCESS_DENIED_ERROR":
    case "ER_TABLEACCESS_DENIED_ERROR":
    case "ER_COLUMNACCESS_DENIED_ERROR":
    case "ER_SPECIFIC_ACCESS_DENIED_ERROR":
      return {
        fault: "refused",
        told: { message: `user ${user} may not do all that it must in ${database}`, hint: `Run GRANT ALL ON ${database}.* TO that user.`, ko: { message: `사용자 ${user} 에게 ${database} 의 권한이 모자랍니다`, hint: `그 사용자에게 GRANT ALL ON ${database}.* 명령을 실행하세요.` } },
      };
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return { fault: "refused", told: { message: `MySQL at ${where} offers no TLS`, hint: "Take `store.tls` away, or switch TLS on in the server.", ko: { message: `${where} 의 MySQL은 TLS를 지원하지 않습니다`, hint: "`store.tls`를 빼거나 서버에서 TLS를 켜세요." } } };
    case "ER_RECORD_FILE_FULL":
    case "ER_DISK_FULL":
      return { fault: "full", told: { message: `MySQL at ${where} has no space left`, hint: "Make room on its disk; the agent tries again by itself.", ko: { message: `${where} 의 MySQL에 남은 공간이 없습니다`, hint: "그 서버의 디스크를 비우면 에이전트가 스스로 다시 시도합니다." } } };
    case "ER_OPTION_PREVENTS_STATEMENT":
    case "ER_READ_ONLY_MODE":
      return { fault: "read-only", told: { message: `MySQL at ${where} is read-only`, hint: "Name the server that may be written in `store.host`.", ko: { message: `${where} 의 MySQL은 읽기 전용입니다`, hint: "`store.host`에 쓸 수 있는 서버를 지정하세요." } } };
    case "ER_LOCK_DEADLOCK":
    case "ER_LOCK_WAIT_TIMEOUT":
      return { fault: "busy", told: { message: `somebody else holds what is needed in ${database}`, hint: "Try again.", ko: { message: `다른 쪽에서 ${database} 의 항목을 쓰고 있습니다`, hint: "다시 시도하세요." } } };
    default:
      return { fault: "wrong", told: { message: `MySQL at ${where}: ${error.message}`, ko: { message: `${where} 의 MySQL: ${error.message}` } } };
  }
}
