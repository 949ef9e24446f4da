// What can go wrong with the file of the queue, and the queue itself, in words of ours.
import { QueueFailure } from "#sdk/queue.ts";
import { StoreFailure } from "#sdk/store.ts";
import { sqliteFailure } from "../../stores/sqlite-failures.ts";

export function unusable(file: string, why: "foreign" | "newer"): StoreFailure {
  if (why === "newer") return new StoreFailure("newer", { message: `${file} was written by a newer version`, ko: { message: `${file}: 더 새로운 버전이 만든 것입니다` } });
  return new StoreFailure("wrong", { message: `${file} is another program's`, hint: "Move it away, or give the agent another data folder.", ko: { message: `${file}: 다른 프로그램의 파일입니다`, hint: "파일을 옮기거나 데이터 폴더를 바꾸세요." } });
}

export function told(error: Error, file: string): Error {
  const failure = sqliteFailure(error, file);
  return failure instanceof Error ? failure : error;
}

/** Otherwise what was asked is at fault. */
export function isMedium(error: Error, file: string): boolean {
  const failure = sqliteFailure(error, file);
  return failure instanceof StoreFailure && failure.fault !== "duplicate" && failure.fault !== "wrong";
}

export function closed(): QueueFailure {
  return new QueueFailure("closed", { message: "the queue is closed", ko: { message: "큐가 닫혔습니다" } });
}

export function full(max: number): QueueFailure {
  return new QueueFailure("full", { message: `the queue is full: ${max} jobs wait`, hint: "Start more workers, or raise `jobs: limits: queued`.", ko: { message: `큐가 가득 찼습니다. 작업 ${max}개가 기다립니다`, hint: "워커를 더 시작하거나 `jobs: limits: queued`를 늘리세요." } });
}
