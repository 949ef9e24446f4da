// The settings that are not plugins: `agent:`, a pipeline's `retry:`, `failover:` and `sleep:`.
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { expression } from "#sdk/expression-option.ts";
import { duration, size } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import { lintIds } from "./lint-codes.ts";
import { listenAddress } from "./listen-address.ts";
import type { AgentPlan, RetryPlan } from "./plan.ts";

const MEMORY_BYTES_MIN = 8 << 20;
const MEMORY_BYTES_MAX = 2 ** 31;

export const agentOptions = z.strictObject({
  data_dir: z.string().min(1).default("./.dure").meta({
    description: "Folder for positions, buffers and dead letters; relative to the config file.",
    ko: "읽은 위치, 버퍼, 데드레터(보내지 못한 레코드)를 두는 폴더. 설정 파일 기준의 상대 경로.",
  }),
  pid_file: z.string().min(1).optional().meta({
    description: "File with the process id of the daemon; `dure.pid` in the data folder unless given.",
    ko: "데몬의 프로세스 번호를 적는 파일. 없으면 데이터 폴더의 `dure.pid`.",
  }),
  log: z
    .strictObject({
      file: z.string().min(1).optional().meta({
        description: "File for the agent's own log; without it the log goes to the console, and a daemon's to `dure.log` in the data folder.",
        ko: "에이전트 자신의 로그 파일. 없으면 콘솔에, 데몬은 데이터 폴더의 `dure.log`에 남긴다.",
      }),
      level: z
        .enum(["debug", "info", "warn", "error"])
        .default("info")
        .meta({ description: "The least important messages that are kept.", ko: "남길 메시지의 가장 낮은 단계." }),
      rotate_size: size().prefault("10MB").meta({ description: "Size at which a new log file is begun.", ko: "새 로그 파일을 시작하는 크기." }),
      rotate_files: z.int().min(1).max(1000).default(10).meta({ description: "How many log files are kept.", ko: "보관할 로그 파일 수." }),
    })
    .prefault({})
    .meta({ description: "The agent's own log.", ko: "에이전트 자신의 로그." }),
  threads: z.int().min(1).max(256).optional().meta({
    description: "Data-plane threads; as many as there are pipelines, but not more than processors less one, unless given.",
    ko: "데이터 처리 스레드 수. 없으면 파이프라인 수만큼, 다만 프로세서 수보다 하나 적게까지.",
  }),
  memory_max: size()
    .refine((bytes) => MEMORY_BYTES_MIN <= bytes && bytes <= MEMORY_BYTES_MAX, {
      message: "give at least 8MB and at most 2GB",
      params: { ko: "8MB 이상 2GB 이하로 쓰세요" },
    })
    .prefault("64MB")
    .meta({
      description: "Chunk memory of each thread, rounded down to a power of two, and raised to 6MB for each of its pipelines where it is less: when it is full, inputs wait.",
      ko: "스레드마다 쓰는 청크 메모리(2의 거듭제곱으로 내림). 파이프라인 하나당 6MB보다 적으면 그만큼 늘린다. 가득 차면 입력이 기다린다.",
    }),
  metrics: z
    .union([listenAddress(), z.strictObject({ listen: listenAddress().prefault("127.0.0.1:9598").meta({ description: "Port, or address and port, to listen on; a port alone is of this machine only.", ko: "들을 포트 또는 주소와 포트. 포트만 쓰면 이 컴퓨터에서만 볼 수 있다." }) })])
    .optional()
    .meta({
      description: "Shows the agent's metrics to Prometheus, over HTTP at the path `/metrics`; `metrics: 9598` is short for `metrics: { listen: 127.0.0.1:9598 }`. Nobody is asked who they are: name another address only where that is safe.",
      ko: "에이전트의 지표를 HTTP의 `/metrics` 경로로 Prometheus에 보여 준다. `metrics: 9598`은 `metrics: { listen: 127.0.0.1:9598 }`의 줄임. 인증이 없으니 다른 주소는 안전한 곳에서만 쓴다.",
    }),
  drain_timeout: duration()
    .prefault("30s")
    .meta({ description: "How long a stop waits for what is in hand to be written.", ko: "멈출 때 처리 중인 레코드가 쓰이기를 기다리는 시간." }),
  watch: z.boolean().default(false).meta({
    description: "Reload by itself when this file, a file in `plugins/` or what it imports, or a file named by `${file:…}` changes, as `dure run --watch` does; while there is an error in it, the config before runs on.",
    ko: "이 파일, `plugins/`의 파일과 거기서 가져오는 파일, `${file:…}`로 가리킨 파일이 바뀌면 스스로 다시 읽습니다(`dure run --watch`와 같음). 오류가 있는 동안에는 이전 설정이 계속 실행됩니다.",
  }),
  lint: z
    .strictObject({
      ignore: z.array(z.enum(lintIds)).default([]).meta({ description: "Rules of `dure lint` that this config is not held to: `[DURE601]`. A comment `# dure-ignore: DURE601` does it for one line.", ko: "이 설정에 적용하지 않을 `dure lint` 규칙: `[DURE601]`. 한 줄만이면 `# dure-ignore: DURE601` 주석." }),
    })
    .prefault({})
    .meta({ description: "What `dure lint` leaves out.", ko: "`dure lint`에서 뺄 것." }),
});

const retryOptions = z
  .strictObject({
    first: duration()
      .prefault("200ms")
      .meta({ description: "Wait before the second attempt; it doubles from there.", ko: "두 번째 시도까지 기다리는 시간. 그 뒤로 두 배씩 늘어난다." }),
    most: duration().prefault("30s").meta({ description: "The longest wait between two attempts.", ko: "시도 사이에 가장 오래 기다리는 시간." }),
    attempts: z
      .union([z.int().min(1), z.literal("forever")])
      .default("forever")
      .meta({ description: "Attempts before a batch goes to the dead letters.", ko: "데드레터로 옮기기 전까지 시도하는 횟수." }),
  })
  .refine(({ first, most }) => first <= most, { path: ["most"], message: "must not be shorter than `first`", params: { ko: "`first`보다 짧을 수 없습니다" } });

export const pipelineOptions = z.strictObject({
  steps: z.unknown().optional().meta({ holds: "steps", description: "The steps, in order.", ko: "차례대로 쓴 단계." }),
  retry: retryOptions.prefault({}).meta({ description: "How a failed write is tried again.", ko: "쓰기에 실패했을 때 다시 시도하는 방법." }),
});

export const failoverOptions = z.strictObject({
  outputs: z
    .unknown()
    .optional()
    .meta({ holds: "outputs", description: "Outputs, of which one is used until it fails.", ko: "하나를 쓰다가 실패하면 다른 것으로 바꾸는 출력들." }),
  last: z.unknown().optional().meta({ holds: "output", description: "Output for when all of them fail.", ko: "모두 실패했을 때 쓰는 출력." }),
  start_by: z.enum(["ip", "tag", "random", "ordered"]).default("random").meta({
    description: "How the first output is chosen: by a hash of this machine's address or of the tag, at random, or always the first of the list.",
    ko: "처음 쓸 출력을 고르는 방법: 이 컴퓨터의 주소나 태그의 해시, 임의, 또는 목록의 처음.",
  }),
  recheck: duration()
    .prefault("10s")
    .meta({ description: "How often a preferred output that failed is tried again.", ko: "실패한 우선 출력을 다시 확인하는 간격." }),
});

export const branchOptions = z.strictObject({
  when: expression().optional().meta({
    description: 'Which records go this way: an expression over the record `r`, its `time` and `tag`: `r.status >= 500`. Without it all do that came so far.',
    ko: "이 갈래로 갈 레코드: 레코드 `r`, 시각 `time`, `tag`에 대한 식(`r.status >= 500`). 없으면 여기까지 온 레코드가 모두 갑니다.",
  }),
  continue: z.boolean().default(false).meta({
    description: "What goes this way goes on as well: to the branches below that it fits, and to the next step.",
    ko: "이 갈래로 간 레코드를 아래 갈래와 다음 단계로도 보냅니다.",
  }),
  steps: z.unknown().optional().meta({ holds: "steps", description: "Steps of this branch, with an output at their end; a buffer in it keeps a slow output from holding up the others.", ko: "이 갈래의 단계. 출력으로 끝납니다. 버퍼를 넣으면 느린 출력이 다른 갈래를 붙잡지 않습니다." }),
});

export const sleepOptions = z.strictObject({
  seconds: z
    .number()
    .min(0)
    .max(31_536_000)
    .meta({ description: "How long to wait before the pipeline starts again from its first step.", ko: "첫 단계부터 다시 시작하기 전에 쉬는 시간(초)." }),
});

/** What `agent:` says, with its defaults, as the plan has it. */
export function agentPlan(
  options: z.output<typeof agentOptions>,
  configFile: string,
  configDir: string,
  pipelineCount: number,
): Omit<AgentPlan, "http" | "store" | "pipelines" | "processes" | "pluginFiles" | "filesRead"> {
  const dataDir = resolve(configDir, options.data_dir);
  return {
    configFile,
    configDir,
    dataDir,
    pidFile: options.pid_file === undefined ? resolve(dataDir, "dure.pid") : resolve(configDir, options.pid_file),
    log: {
      file: options.log.file === undefined ? null : resolve(configDir, options.log.file),
      level: options.log.level,
      fileBytesMax: options.log.rotate_size,
      filesMax: options.log.rotate_files,
    },
    threads: options.threads ?? Math.max(1, Math.min(pipelineCount, availableParallelism() - 1)),
    memoryBytesMax: 2 ** Math.floor(Math.log2(options.memory_max)),
    drainMs: options.drain_timeout,
    isWatched: options.watch,
    ...(options.metrics === undefined ? {} : { metrics: "listen" in options.metrics ? options.metrics.listen : options.metrics }),
  };
}

export function retryPlan({ first, most, attempts }: z.output<typeof retryOptions>): RetryPlan {
  return { firstMs: first, mostMs: most, attemptsMax: attempts === "forever" ? null : attempts };
}
