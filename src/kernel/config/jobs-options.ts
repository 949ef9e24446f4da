// What stands in `jobs:` of a config.
import { duration, size } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import { operatorOptions } from "./operator-options.ts";
import { eachRate, wait } from "./jobs-quantities.ts";
import { queueOptions } from "./queue-options.ts";

const count = (most: number) => z.int().min(1).max(most);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const oneMiB = "1MiB";
/** More arguments than this would stand in the way of all other jobs on one line to a worker. */
const BYTES_MAX = 256 << 20;
const bytes = () => size().refine((given) => 1 <= given && given <= BYTES_MAX, { error: "give at most 256MiB", params: { ko: "256MiB 이하로 쓰세요" } }).prefault(oneMiB);

const backoff = z
  .strictObject({
    first: wait().prefault("1s").meta({ unit: "duration", description: "Wait before the second attempt; it doubles from there, and each wait is drawn a little longer or shorter.", ko: "두 번째 시도까지 기다리는 시간. 그 뒤로 두 배씩 늘고, 그때마다 조금씩 길거나 짧게 정합니다." }),
    most: wait().prefault("1m").meta({ unit: "duration", description: "The longest wait between two attempts.", ko: "시도 사이에 가장 오래 기다리는 시간." }),
  })
  .refine(({ first, most }) => first <= most, { path: ["most"], error: "must not be shorter than `first`", params: { ko: "`first`보다 짧을 수 없습니다" } });

const limits = z.strictObject({
  workers: count(1000).default(100).meta({ description: "Worker processes that `start worker` may start in all.", ko: "`start worker`로 띄울 수 있는 워커 프로세스의 최대 개수." }),
  slots: count(1000).default(100).meta({ description: "Jobs that one worker may run at a time.", ko: "워커 하나가 동시에 실행할 수 있는 작업의 최대 개수." }),
  queued: count(100_000_000).default(1_000_000).meta({ description: "Jobs that may wait in the embedded queue: when it is full, new ones are refused.", ko: "내장 큐에서 기다릴 수 있는 작업 수. 가득 차면 새 작업을 거절합니다." }),
  data: bytes().meta({ unit: "size", description: "Arguments of one job.", ko: "작업 하나의 인수 크기." }),
  result: bytes().meta({ unit: "size", description: "Result of one job; a greater one fails, and is not tried again.", ko: "작업 하나의 결과 크기. 더 크면 실패로 끝나고 다시 시도하지 않습니다." }),
});

const watcher = z.strictObject({
  on: z.boolean().default(true).meta({ description: "Replace workers that died.", ko: "죽은 워커를 다시 띄웁니다." }),
  interval: wait().prefault("5s").meta({ unit: "duration", description: "How often it is looked whether one has done or holds enough to be replaced (`recycle`). One that died is replaced at once, with a back-off when it dies again and again.", ko: "`recycle`에 따라 교체할 워커가 있는지 확인하는 간격. 죽은 워커는 바로 다시 띄우고, 거듭 죽으면 간격을 늘려 가며 다시 띄웁니다." }),
});

const recycle = z.strictObject({
  jobs: count(1_000_000_000).optional().meta({ description: "A worker is drained and replaced after so many jobs.", ko: "작업을 이만큼 처리한 워커는 하던 일을 마치고 교체합니다." }),
  memory: size().optional().meta({ unit: "size", description: "A worker is drained and replaced when it takes so much memory.", ko: "메모리를 이만큼 쓰는 워커는 하던 일을 마치고 교체합니다." }),
});

export const jobsOptions = z
  .strictObject({
    rules: z.string().min(1).default("./rules").meta({ description: "Folder with the rules: files whose functions can be called (`.ts`, `.js`, `.py`) and programs; relative to the config file.", ko: "규칙 폴더. 부를 수 있는 함수가 든 파일(`.ts`, `.js`, `.py`)과 프로그램을 둡니다. 설정 파일 기준의 상대 경로." }),
    queue: queueOptions.default("embedded").meta({ description: "`embedded`: a file of the agent, nothing to install. `amqp://user:password@host:5672/vhost`, a list of such addresses (one after the other is tried), or a map: RabbitMQ, whose jobs any number of agents share.", ko: "`embedded`: 에이전트의 파일(따로 설치할 것 없음). `amqp://user:password@host:5672/vhost`나 그 목록(차례로 시도), 또는 맵: RabbitMQ. 여러 에이전트가 작업을 나눠 맡습니다." }),
    workers: z.int().min(0).max(1000).default(2).meta({ description: "Worker processes at the start; 0 starts none until `start worker`.", ko: "시작할 때 띄울 워커 프로세스 수. 0이면 `start worker` 전까지 띄우지 않습니다." }),
    slots: count(1000).default(5).meta({ description: "Jobs that each worker runs at a time.", ko: "워커 하나가 동시에 실행하는 작업 수." }),
    timeout: z.union([z.string(), z.number()]).pipe(z.union([z.literal("none"), wait()])).default(600_000).meta({ description: "How long a rule may take that does not say it itself: `10m`; `none`: for ever.", ko: "따로 쓰지 않은 규칙의 제한 시간: `10m`. `none`이면 제한이 없습니다." }),
    kill_after: wait().prefault("5s").meta({ unit: "duration", description: "After its time is over a rule has so long to end before its worker is ended with all it started.", ko: "제한 시간이 지난 규칙이 이 시간 안에 끝나지 않으면, 그 워커를 거기서 띄운 것까지 모두 끝냅니다." }),
    load_timeout: wait().prefault("30s").meta({ unit: "duration", description: "How long one file of the rules folder may take to be imported; one that takes longer is left out, and shown as a problem.", ko: "규칙 파일 하나를 불러오는 데 걸려도 되는 시간. 넘으면 그 파일을 빼고 문제로 보여 줍니다." }),
    attempts: count(1000).default(1).meta({ description: "How often a failing rule is tried that does not say it itself.", ko: "따로 쓰지 않은 규칙이 실패할 때 모두 몇 번까지 시도할지." }),
    backoff: backoff.prefault({}).meta({ description: "How long to wait between attempts.", ko: "시도 사이에 기다리는 시간." }),
    poison_after: count(1000).default(3).meta({ description: "Workers that died or hung over a job before it becomes a dead letter of kind `POISON`.", ko: "한 작업 때문에 죽거나 멈춘 워커가 이만큼이면 그 작업을 `POISON` 데드레터로 옮깁니다." }),
    concurrency: count(1_000_000).optional().meta({ description: "Jobs of all rules together that run at a time on this agent; as many as there are slots unless given.", ko: "이 에이전트에서 동시에 실행할 작업 수(모든 규칙을 합쳐). 없으면 슬롯 수만큼." }),
    rate: eachRate().optional().meta({ description: "Jobs of all rules together that are begun in a time: `100/s`, `1000/5m`.", ko: "정한 시간에 시작할 작업 수(모든 규칙을 합쳐): `100/s`, `1000/5m`." }),
    limits: limits.prefault({}).meta({ description: "Upper bounds.", ko: "상한." }),
    watcher: watcher.prefault({}).meta({ description: "What looks after the workers.", ko: "워커를 지켜보는 감시자." }),
    recycle: recycle.prefault({}).meta({ description: "When a worker is replaced although it is well.", ko: "멀쩡한 워커도 교체할 때." }),
    keep: duration().prefault("7d").meta({ description: "How long jobs that have ended, and dead letters, are kept.", ko: "끝난 작업과 데드레터를 보관할 기간." }),
    keep_max: z.int().min(0).max(100_000_000).default(1_000_000).meta({ description: "How many of them are kept at most; the oldest go first.", ko: "최대 몇 개까지 보관할지. 오래된 것부터 지웁니다." }),
    python: z.string().min(1).default(process.platform === "win32" ? "python" : "python3").meta({ default: "python3", description: "Program that runs `.py` rules: `python3`, or that of a virtual environment, relative to the config file where it has a slash (`python` on Windows).", ko: "`.py` 규칙을 실행할 프로그램: `python3` 또는 가상 환경의 파이썬. 경로로 쓰면 설정 파일 기준(Windows는 `python`)." }),
    env: z.record(z.string().regex(/^[^=\0\s]+$/, { error: "is the name of a variable" }), scalar).default({}).meta({ description: "Variables of the workers beside the agent's own.", ko: "에이전트의 환경 변수에 더할 워커의 환경 변수." }),
    operator: z.union([z.boolean(), operatorOptions]).optional().meta({ description: "The queues, the WebSocket and the logs of the ItsBox Operator: `true`, or a map.", ko: "ItsBox Operator의 큐, 웹소켓, 로그: `true` 또는 맵." }),
  })
  .superRefine((given, context) => {
    for (const name of ["workers", "slots"] as const)
      if (given.limits[name] < given[name])
        context.addIssue({ code: "custom", path: [name], message: `is more than \`limits: ${name}\` allows (${given.limits[name]})`, params: { ko: `\`limits: ${name}\`(${given.limits[name]})보다 많습니다` } });
    const { operator, queue } = given;
    if (queue === "embedded" && typeof operator === "object" && operator.queues !== undefined && operator.queues !== false)
      context.addIssue({ code: "custom", path: ["operator", "queues"], message: "needs a broker: write `queue: amqp://…` beside it", params: { ko: "브로커가 필요합니다. `jobs` 아래에 `queue: amqp://…`를 쓰세요" } });
  });

export type JobsOptions = z.output<typeof jobsOptions>;
