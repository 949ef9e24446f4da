// What stands in `jobs:`.
import { duration, size } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import { listenAddress } from "./listen-address.ts";

const word = () => z.union([z.string(), z.number(), z.boolean()]);

/** `10/s`, `100/m`, `1000/h`. */
export const RATE = /^\s*([1-9]\d{0,6})\s*\/\s*([smh])\s*$/;

const amqpUrl = () =>
  z.string().refine((text) => URL.canParse(text) && /^amqps?:$/.test(new URL(text).protocol), { error: "write an address that begins with amqp:// or amqps://", params: { ko: "amqp:// 나 amqps:// 로 시작하는 주소를 쓰세요" } });

const brokerOptions = z.strictObject({
  url: z.union([amqpUrl(), z.array(amqpUrl()).min(1)]).meta({ secret: true, description: "RabbitMQ: `amqp://user:password@host:5672/vhost`; several are tried in turn.", ko: "RabbitMQ 주소: `amqp://사용자:비밀번호@호스트:5672/vhost`. 여럿이면 차례로 시도한다." }),
  name: z.string().refine((text) => /^[\w.-]{1,100}$/.test(text), { error: "write letters, digits, `.`, `-` and `_`", params: { ko: "영문자, 숫자, `.`, `-`, `_`만 쓰세요" } }).default("dure.jobs").meta({ description: "What the queues at the broker begin with; agents with the same name share the work.", ko: "브로커의 큐 이름이 이것으로 시작한다. 이름이 같은 에이전트끼리 일을 나눈다." }),
  kind: z.enum(["auto", "quorum", "classic"]).default("auto").meta({ description: "`auto`: quorum queues where the broker has them.", ko: "`auto`: 브로커가 지원하면 quorum 큐." }),
  heartbeat: duration().prefault("15s").meta({ unit: "duration", description: "A connection that says nothing for twice as long is given up.", ko: "이 시간의 두 배 동안 아무 말이 없으면 연결을 포기한다." }),
  connect_timeout: duration().prefault("5s").meta({ unit: "duration", description: "So long for a connection.", ko: "연결할 때까지 기다리는 시간." }),
  tls: z
    .strictObject({
      ca_file: z.string().min(1).optional().meta({ description: "Certificates to trust, relative to the config file.", ko: "신뢰할 인증서 파일. 설정 파일 기준의 상대 경로." }),
      cert_file: z.string().min(1).optional().meta({ description: "Our certificate.", ko: "클라이언트 인증서." }),
      key_file: z.string().min(1).optional().meta({ description: "Its key.", ko: "인증서의 키." }),
      verify: z.boolean().default(true).meta({ description: "Check the broker's certificate.", ko: "브로커의 인증서를 확인한다." }),
    })
    .optional()
    .meta({ description: "With `amqps://`.", ko: "`amqps://`와 함께 쓴다." }),
});

const queueName = (usual: string, en: string, ko: string) => z.string().min(1).max(255).default(usual).meta({ description: en, ko });

const operatorOptions = z.strictObject({
  queues: z
    .union([
      z.boolean(),
      z.strictObject({
        message_in: queueName("ITSBOX.D.MSG_IN", "Where task messages come from.", "처리 메시지를 받는 큐."),
        message_out: queueName("ITSBOX.D.MSG_OUT", "Where their replies go.", "처리 메시지의 응답을 보내는 큐."),
        management_in: queueName("ITSBOX.D.MGMT_IN", "Where management messages come from.", "관리 메시지를 받는 큐."),
        management_out: queueName("ITSBOX.D.MGMT_OUT", "Where their replies go.", "관리 메시지의 응답을 보내는 큐."),
      }),
    ])
    .default(true)
    .meta({ description: "The old queues at the broker of `queue:`; they are taken as they are and never emptied.", ko: "`queue:`의 브로커에 있는 예전 큐. 있는 그대로 쓰고 비우지 않는다." }),
  websocket: z
    .union([
      z.literal(false),
      listenAddress(),
      z.strictObject({
        listen: listenAddress().prefault(8081).meta({ description: "Port, or address and port.", ko: "포트, 또는 주소와 포트." }),
        open: z.boolean().default(false).meta({ description: "Old pages without a login; on loopback only.", ko: "로그인 없이 예전 페이지를 쓴다. 루프백에서만." }),
        origins: z.array(z.string()).default([]).meta({ description: "Pages of other addresses that may connect.", ko: "연결을 허용할 다른 주소의 페이지." }),
      }),
    ])
    .optional()
    .meta({ description: "The old WebSocket `/operator/mgmt`; nowhere unless given.", ko: "예전 WebSocket `/operator/mgmt`. 쓰지 않으면 열지 않는다." }),
  logs: z
    .strictObject({
      dir: z.string().min(1).default("logs").meta({ description: "Folder, relative to the config file.", ko: "폴더. 설정 파일 기준의 상대 경로." }),
      prefix: z.string().min(1).default("operator").meta({ description: "What file names begin with.", ko: "파일 이름의 앞부분." }),
      level: z.enum(["NOTSET", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]).default("DEBUG").meta({ description: "Lines of this level and more.", ko: "이 수준 이상의 줄을 쓴다." }),
      rotation: z.boolean().default(false).meta({ description: "Begin a new file when one is full.", ko: "파일이 다 차면 새 파일을 시작한다." }),
      max_bytes: size().prefault("10MiB").meta({ unit: "size", description: "A file is full then.", ko: "파일의 최대 크기." }),
      max_count: z.int().min(1).max(1000).default(10).meta({ description: "Old files kept.", ko: "보관할 이전 파일 수." }),
      all_in_one: z.boolean().default(false).meta({ description: "One file for engine, access and errors.", ko: "엔진, 액세스, 오류를 한 파일에 쓴다." }),
    })
    .optional()
    .meta({ description: "Engine, access and error logs in the old formats; none unless given.", ko: "예전 형식의 엔진·액세스·오류 로그. 쓰지 않으면 남기지 않는다." }),
  module_base: z.string().refine((text) => /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(text), { error: "write names with dots between", params: { ko: "점으로 이은 이름을 쓰세요" } }).default("itsbox.operator").meta({ description: "By what Python rules may import each other.", ko: "파이썬 규칙이 서로 가져올 때 쓰는 패키지 이름." }),
  request_timeout: duration().prefault("3s").meta({ unit: "duration", description: "How long a worker may take to say how it is.", ko: "워커가 상태를 답할 때까지 기다리는 시간." }),
});

export const jobsOptions = z
  .strictObject({
    rules: z.string().min(1).meta({ description: "Folder of rules, relative to the config file.", ko: "규칙 폴더. 설정 파일 기준의 상대 경로." }),
    queue: z.union([z.literal("embedded"), amqpUrl(), z.array(amqpUrl()).min(1), brokerOptions]).default("embedded").meta({ secret: true, description: "`embedded`: a file in the data folder; or a RabbitMQ, which many agents share.", ko: "`embedded`: 데이터 폴더의 파일. 또는 여러 에이전트가 함께 쓰는 RabbitMQ." }),
    workers: z.int().min(0).max(1000).default(2).meta({ description: "Worker processes at the start.", ko: "시작할 때의 워커 프로세스 수." }),
    slots: z.int().min(1).max(1000).default(5).meta({ description: "Jobs that each runs at a time.", ko: "워커 하나가 동시에 실행하는 작업 수." }),
    timeout: z.union([duration(), z.literal("never")]).prefault("10m").meta({ unit: "duration", description: "Of rules that say nothing else; `never`: as long as they like.", ko: "따로 정하지 않은 규칙의 제한 시간. `never`이면 제한하지 않는다." }),
    kill_after: duration().prefault("5s").meta({ unit: "duration", description: "A rule whose time is over has so long to end, then its worker is ended.", ko: "제한 시간이 지난 규칙이 스스로 끝나기를 기다리는 시간. 지나면 워커를 강제로 끝낸다." }),
    attempts: z.int().min(1).max(1000).default(1).meta({ description: "Of rules that say nothing else; 1: what fails is not tried again.", ko: "따로 정하지 않은 규칙의 시도 횟수. 1이면 다시 시도하지 않는다." }),
    backoff: z.strictObject({ first: duration().prefault("1s").meta({ unit: "duration", description: "Before the second attempt; it doubles from there.", ko: "두 번째 시도 전에 기다리는 시간. 그 뒤로 두 배씩 늘어난다." }), most: duration().prefault("5m").meta({ unit: "duration", description: "The longest wait.", ko: "가장 오래 기다리는 시간." }) }).prefault({}),
    poison_after: z.int().min(1).max(100).default(3).meta({ description: "So many workers may die or hang over one job before it is given up.", ko: "한 작업 때문에 워커가 이만큼 죽으면 그 작업을 포기한다." }),
    concurrency: z.int().min(1).optional().meta({ description: "Jobs at a time on this agent; as many as there are slots unless given.", ko: "이 에이전트에서 동시에 실행할 작업 수. 쓰지 않으면 슬롯 수만큼." }),
    rate: z.string().refine((text) => RATE.test(text), { error: "write 100/s, 100/m or 100/h", params: { ko: "100/s, 100/m, 100/h처럼 쓰세요" } }).optional().meta({ description: "So often a job begins at most: `100/s`.", ko: "작업을 시작하는 최대 빈도: `100/s`." }),
    limits: z
      .strictObject({
        workers: z.int().min(1).max(10_000).default(100).meta({ description: "Worker processes at most.", ko: "워커 프로세스의 최대 수." }),
        slots: z.int().min(1).max(10_000).default(100).meta({ description: "Slots of one worker at most.", ko: "워커 하나의 최대 슬롯 수." }),
        queued: z.int().min(1).default(1_000_000).meta({ description: "Jobs that wait; more are refused.", ko: "기다리는 작업의 최대 수. 넘으면 받지 않는다." }),
        data: size().prefault("1MiB").meta({ unit: "size", description: "Arguments of one job.", ko: "작업 하나의 인자 크기." }),
        result: size().prefault("1MiB").meta({ unit: "size", description: "What one job gives back.", ko: "작업 하나의 결과 크기." }),
      })
      .prefault({}),
    watcher: z.strictObject({ on: z.boolean().default(true).meta({ description: "Workers that die are replaced.", ko: "죽은 워커를 다시 시작한다." }), interval: duration().prefault("5s").meta({ unit: "duration", description: "How often they are looked at.", ko: "살펴보는 간격." }) }).prefault({}),
    recycle: z.strictObject({ jobs: z.int().min(1).optional().meta({ description: "A worker is replaced after so many jobs.", ko: "이만큼 실행한 워커를 새것으로 바꾼다." }), memory: size().optional().meta({ unit: "size", description: "A worker that holds more is replaced when it has done what it runs.", ko: "메모리를 이보다 많이 쓰는 워커는 하던 작업을 마친 뒤 바꾼다." }) }).prefault({}),
    keep: duration().prefault("7d").meta({ unit: "duration", description: "How long jobs that have ended are kept.", ko: "끝난 작업을 보관하는 기간." }),
    keep_max: z.int().min(0).default(1_000_000).meta({ description: "How many of them at most.", ko: "끝난 작업을 보관하는 최대 수." }),
    python: z.string().min(1).default(process.platform === "win32" ? "python" : "python3").meta({ description: "The Python that runs rules in Python.", ko: "파이썬 규칙을 실행할 파이썬." }),
    env: z.record(z.string(), word()).default({}).meta({ description: "Variables of the workers, beside the agent's own.", ko: "에이전트의 환경 변수에 더해 워커에 줄 변수." }),
    operator: z.union([z.boolean(), operatorOptions]).default(false).meta({ description: "ItsBox Operator's queues, WebSocket and logs; `true`: its queues under their old names.", ko: "ItsBox Operator의 큐, WebSocket, 로그. `true`이면 예전 이름의 큐를 쓴다." }),
  })
  .superRefine(({ slots, workers, limits }, context) => {
    if (limits.slots < slots) context.addIssue({ code: "custom", path: ["slots"], message: `is more than \`limits: slots\` (${limits.slots})`, params: { ko: `\`limits: slots\`(${limits.slots})보다 많습니다` } });
    if (limits.workers < workers) context.addIssue({ code: "custom", path: ["workers"], message: `is more than \`limits: workers\` (${limits.workers})`, params: { ko: `\`limits: workers\`(${limits.workers})보다 많습니다` } });
  });

export type JobsOptions = z.output<typeof jobsOptions>;
export { operatorOptions };
