// `http:` of a config: where the API and the dashboard listen. `http: 8600` is short for its port, `http: false` for nowhere.
import { resolve } from "node:path";
import { isLoopback } from "#base/loopback.ts";
import { z } from "#sdk/plugin.ts";
import { checkOptions } from "./options.ts";
import type { HttpPlan } from "./plan.ts";
import type { Problems } from "./problem.ts";
import { spanOf } from "./tree.ts";
import type { MapEntry, TreeNode } from "./tree.ts";

const PORT = 8600;
const LOOPBACK = "127.0.0.1";
/** A name or an address, with or without a port; no scheme, no path. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

export const httpOptions = z
  .strictObject({
    host: z.string().min(1).default(LOOPBACK).meta({
      description: "Address to listen on. Any but one of this machine only needs `tls`, or `insecure: true`, and a user who can log in.",
      ko: "들을 주소. 이 컴퓨터 밖에서도 보이는 주소에는 `tls`나 `insecure: true`, 그리고 로그인할 사용자가 있어야 합니다.",
    }),
    port: z.int().min(0).max(65_535).optional().meta({
      description: `Port to listen on. When it is taken, the agent does not start. Without it ${PORT}, or the next one that is free; 0 is any that is free. The log says which.`,
      ko: `들을 포트. 다른 프로그램이 쓰고 있으면 에이전트가 시작하지 않습니다. 쓰지 않으면 ${PORT} 또는 그다음 빈 포트, 0이면 아무 빈 포트를 쓰며 로그에 남깁니다.`,
    }),
    tls: z
      .strictObject({
        cert: z.string().min(1).meta({ description: "PEM file with the certificate and its chain; relative to the config file.", ko: "인증서와 그 체인의 PEM 파일. 설정 파일 기준의 상대 경로." }),
        key: z.string().min(1).meta({ description: "PEM file with the key of the certificate.", ko: "인증서 키의 PEM 파일." }),
      })
      .optional()
      .meta({ description: "Speak HTTPS.", ko: "HTTPS로 말합니다." }),
    insecure: z.boolean().default(false).meta({
      description: "Listen beyond this machine without TLS, or before there is a user: only where something in front of it does TLS, or the network is yours alone.",
      ko: "TLS 없이, 또는 사용자가 아직 없어도 이 컴퓨터 밖에서 듣습니다. 앞에서 TLS를 처리하거나 혼자 쓰는 망에서만 쓰세요.",
    }),
    allowed_hosts: z.array(z.string().regex(HOST, { error: "write a name or an address, such as dure.example.com" })).max(100).default([]).meta({
      description: "Names by which browsers may call it besides its own address, as behind a reverse proxy: `[dure.example.com]`.",
      ko: "자신의 주소 말고 브라우저가 부를 수 있는 이름. 리버스 프록시 뒤에 둘 때 씁니다: `[dure.example.com]`.",
    }),
    metrics: z.enum(["open", "login"]).optional().meta({
      description: "Who may see `/metrics`: everybody who reaches it (`open`), or who logs in or has a token (`login`). By default `open` on this machine only, else `login`.",
      ko: "`/metrics`를 볼 수 있는 사람: 닿을 수 있으면 누구나(`open`), 로그인했거나 토큰이 있는 사람만(`login`). 기본은 이 컴퓨터에서만 들을 때 `open`, 아니면 `login`.",
    }),
  })
  .superRefine(({ host, tls, insecure }, context) => {
    if (isLoopback(host) || tls !== undefined || insecure) return;
    context.addIssue({
      code: "custom",
      path: ["host"],
      message: "beyond this machine passwords would pass the network in plain text: set `tls: { cert, key }`, or `insecure: true` where something in front does TLS",
      params: { ko: "이 컴퓨터 밖에서는 비밀번호가 암호화되지 않고 오갑니다. `tls: { cert, key }`를 쓰거나, 앞에서 TLS를 처리하는 곳이면 `insecure: true`를 쓰세요" },
    });
  });

type HttpOptions = z.output<typeof httpOptions>;

/** What the section says; undefined when something is wrong with it, which has been said. */
export async function checkHttp(entry: MapEntry | undefined, configDir: string, problems: Problems): Promise<HttpPlan | null | undefined> {
  const nameSpan = entry?.keySpan ?? { start: 0, end: 1 };
  const written = entry?.value;
  if (written?.type === "scalar" && written.value === false) return null;
  const node: TreeNode = written === undefined || (written.type === "scalar" && written.value === true) ? { type: "map", ...nameSpan, entries: [] } : written;
  if (node.type === "list") {
    problems.add("DURE201", spanOf(node, nameSpan), { text: { en: "`http:` takes a port, `false` or a map of options", ko: "`http:`에는 포트나 `false`, 또는 옵션의 맵을 씁니다" } });
    return undefined;
  }
  const options = (await checkOptions(node, { name: "http", nameSpan, schema: httpOptions, shorthand: "port" }, problems)) as HttpOptions | undefined;
  return options === undefined ? undefined : httpPlan(options, configDir);
}

function httpPlan({ host, port, tls, insecure, allowed_hosts: allowedHosts, metrics }: HttpOptions, configDir: string): HttpPlan {
  return {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: port ?? PORT,
    isPortGiven: port !== undefined,
    ...(tls === undefined ? {} : { tls: { certFile: resolve(configDir, tls.cert), keyFile: resolve(configDir, tls.key) } }),
    isInsecure: insecure,
    allowedHosts,
    areMetricsOpen: metrics === undefined ? isLoopback(host) : metrics === "open",
  };
}
