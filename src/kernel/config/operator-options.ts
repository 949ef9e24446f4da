// `jobs: operator:` of a config: where an old Communicator, test page and log reader find what they knew.
import { isLoopback } from "#base/loopback.ts";
import { size } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import { wait } from "./jobs-quantities.ts";

const PORT = 8081;
const PACKAGE = /^(?:[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*)?$/u;
const LOOPBACK = "127.0.0.1";
const port = () => z.int().min(1).max(65_535);
const queueName = (usual: string, en: string, ko: string) => z.string().min(1).max(200).default(usual).meta({ description: en, ko });

const queues = z
  .strictObject({
    message_in: queueName("ITSBOX.D.MSG_IN", "Queue of task messages.", "처리(task) 메시지를 받는 큐."),
    message_out: queueName("ITSBOX.D.MSG_OUT", "Queue of their replies.", "그 응답을 보내는 큐."),
    management_in: queueName("ITSBOX.D.MGMT_IN", "Queue of management messages.", "관리 메시지를 받는 큐."),
    management_out: queueName("ITSBOX.D.MGMT_OUT", "Queue of their replies.", "그 응답을 보내는 큐."),
  })
  .superRefine((names, context) => {
    const met = new Set<string>();
    for (const [key, name] of Object.entries(names)) {
      if (met.has(name)) context.addIssue({ code: "custom", path: [key], message: "is the name of another one: replies would come back as messages", params: { ko: "다른 큐와 이름이 같습니다. 응답이 메시지로 되돌아옵니다" } });
      met.add(name);
    }
  });

const websocket = z
  .strictObject({
    host: z.string().regex(/^[^\s/]+$/, { error: "write a name or an address" }).default(LOOPBACK).meta({ description: "Address to listen on. Any but one of this machine only needs `insecure: true`.", ko: "들을 주소. 이 컴퓨터 밖에서도 보이는 주소에는 `insecure: true`가 있어야 합니다." }),
    port: port().default(PORT).meta({ description: "Port to listen on.", ko: "들을 포트." }),
    open: z.boolean().default(false).meta({ description: "Let old pages in without a login; of this machine only.", ko: "옛 페이지가 로그인 없이 접속하게 합니다. 이 컴퓨터에서만 됩니다." }),
    origins: z.array(z.string().min(1)).max(100).default([]).meta({ description: "Where pages may come from that use it, besides the agent itself: `[http://10.0.0.5:8080]`; `null` is a page opened from a file.", ko: "에이전트 자신 말고 이 서버를 쓸 수 있는 페이지의 출처: `[http://10.0.0.5:8080]`. `null`은 파일로 연 페이지." }),
    insecure: z.boolean().default(false).meta({ description: "Listen beyond this machine although it speaks no TLS: only in a network that is yours alone.", ko: "TLS가 없어도 이 컴퓨터 밖에서 듣습니다. 혼자 쓰는 망에서만 쓰세요." }),
  })
  .superRefine(({ host, open, insecure }, context) => {
    if (isLoopback(host)) return;
    if (open) context.addIssue({ code: "custom", path: ["open"], message: "is for an address of this machine only: elsewhere everybody could start and stop workers", params: { ko: "이 컴퓨터의 주소에서만 쓸 수 있습니다. 아니면 누구나 워커를 띄우고 멈출 수 있습니다" } });
    else if (!insecure) context.addIssue({ code: "custom", path: ["host"], message: "beyond this machine passwords would pass the network in plain text: set `insecure: true` where that is safe", params: { ko: "이 컴퓨터 밖에서는 비밀번호가 암호화되지 않고 오갑니다. 안전한 곳이면 `insecure: true`를 쓰세요" } });
  });

const logs = z.strictObject({
  dir: z.string().min(1).default("./logs").meta({ meant: ["log_file_dir"], description: "Folder, made when it is missing; relative to the config file.", ko: "폴더. 없으면 만듭니다. 설정 파일 기준의 상대 경로." }),
  prefix: z.string().regex(/^[^\0]{1,200}$/, { error: "is the beginning of a file's name" }).default("operator").meta({ description: "Beginning of the files' names: `operator_engine.log`, `operator_access.log`, `operator_error.log`. It may hold folders.", ko: "파일 이름의 앞부분: `operator_engine.log`, `operator_access.log`, `operator_error.log`. 폴더를 포함할 수 있습니다." }),
  level: z.enum(["NOTSET", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]).default("DEBUG").meta({ description: "The least important lines that are written.", ko: "남길 로그의 가장 낮은 단계." }),
  rotate: z.boolean().default(false).meta({ description: "Begin a new file when one has reached its size.", ko: "파일이 정한 크기가 되면 새 파일을 시작합니다." }),
  rotate_size: size().prefault("10MiB").meta({ description: "That size.", ko: "그 크기." }),
  rotate_files: z.int().min(0).max(1000).default(10).meta({ description: "How many older files are kept.", ko: "보관할 이전 파일 수." }),
  all_in_one: z.boolean().default(false).meta({ description: "Write all of it into one file, `operator_all.log`.", ko: "모두 한 파일(`operator_all.log`)에 씁니다." }),
});

export const operatorOptions = z.strictObject({
  queues: z.union([z.boolean(), queues]).optional().meta({ description: "The four queues at the broker, by their old names unless given; `false`: none. They are never purged.", ko: "브로커의 큐 네 개. 쓰지 않으면 예전 이름을 씁니다. `false`이면 쓰지 않습니다. 비우지 않습니다." }),
  websocket: z.union([z.boolean(), port(), websocket]).optional().meta({ description: "Management over a WebSocket at `/operator/mgmt`: a port, `true` or a map; `false`: none.", ko: "`/operator/mgmt`의 웹소켓 관리 서버: 포트, `true` 또는 맵. `false`이면 쓰지 않습니다." }),
  logs: z.union([z.boolean(), logs]).optional().meta({ description: "Log files in the old forms; `false`: none.", ko: "예전 형식의 로그 파일. `false`이면 쓰지 않습니다." }),
  module_base: z.string().refine((text) => PACKAGE.test(text), { error: "is a Python package, such as itsbox.operator", params: { ko: "itsbox.operator 같은 Python 패키지 이름을 쓰세요" } }).default("itsbox.operator").meta({ meant: ["rule_module_base"], description: "Package by whose name Python rules may import one another.", ko: "Python 규칙이 서로를 import할 때 쓰는 패키지 이름." }),
  request_timeout: wait().prefault("3s").meta({ unit: "duration", description: "How long a worker may take to say how it is before it is shown as `Unknown`.", ko: "워커가 상태를 답하기까지 기다리는 시간. 넘으면 `Unknown`으로 표시합니다." }),
});

export const operatorParts = { queues, websocket, logs };
export type OperatorOptions = z.output<typeof operatorOptions>;
