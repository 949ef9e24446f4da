// How the agent is, for those who watch over it: `/health` (it answers), `/ready` (each part by its name; 503 while one is not), `/metrics`.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { mayCall } from "#kernel/access/caller.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { Scraped } from "../metrics/scrape.ts";
import { nobody, sendFailure, sendJson } from "./answers.ts";
import type { Who } from "./visitor.ts";

export interface ReadyPart {
  /** `store`, `pipelines`. */
  readonly name: string;
  readonly isReady: boolean;
  /** What a person can begin with. */
  readonly reason?: string;
}

export interface ConditionParts {
  readonly table: CommandTable;
  readonly areMetricsOpen: boolean;
  scrape(accept: string | undefined): Promise<Scraped | undefined>;
  ready(): Promise<readonly ReadyPart[]>;
  readonly who: Who;
}

const METHOD = ["GET", "HEAD"] as const;

export function addCondition(server: FastifyInstance, { table, areMetricsOpen, scrape, ready, who }: ConditionParts): void {
  /** Whether what metrics say may be said to whoever asks. */
  const maySee = async (request: FastifyRequest): Promise<"yes" | "unknown" | "forbidden"> => {
    if (areMetricsOpen) return "yes";
    const caller = await who(request);
    const command = table.find("metrics.list");
    return caller === undefined ? "unknown" : command !== undefined && mayCall(caller, command) ? "yes" : "forbidden";
  };

  server.route({ method: [...METHOD], url: "/health", handler: (_, reply) => sendJson(reply, '{"status":"ok"}') });

  server.route({
    method: [...METHOD],
    url: "/ready",
    async handler(request, reply) {
      const parts = await ready();
      const isReady = parts.every((part) => part.isReady);
      // A stranger learns which part is not ready, and not why: reasons name pipelines and hosts.
      const may = await maySee(request).catch(() => "unknown"); // While the store is away, which is what is to be said here.
      const shown = may === "yes" ? parts : parts.map(({ name, isReady: isOne }) => ({ name, isReady: isOne }));
      return sendJson(reply, JSON.stringify({ isReady, parts: shown }), isReady ? 200 : 503);
    },
  });

  server.route({
    method: [...METHOD],
    url: "/metrics",
    async handler(request, reply): Promise<FastifyReply> {
      const may = await maySee(request);
      if (may === "unknown") return sendFailure(reply, new CommandFailure("UNAUTHENTICATED", nobody));
      if (may === "forbidden") return sendFailure(reply, new CommandFailure("FORBIDDEN", { message: "this token is not for `metrics.list`", ko: { message: "이 토큰의 범위에 `metrics.list` 명령이 없습니다" } }));
      const scraped = await scrape(request.headers.accept);
      if (scraped === undefined) return sendFailure(reply, new CommandFailure("UNAVAILABLE", { message: "a data-plane thread does not answer", ko: { message: "데이터 처리 스레드가 응답하지 않습니다" } }));
      return reply.header("content-type", scraped.contentType).header("cache-control", "no-store").header("vary", "accept").send(scraped.text);
    },
  });
}
