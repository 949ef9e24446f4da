// Sends batches to a server of the Fluentd forward protocol, one frame each. With `ack` (the default) written means that the
// server has acknowledged the batch; a connection that breaks before brings the batch again: delivery is at least once.
import { FORWARD_PORT } from "#dataplane/forward-port.ts";
import { duration } from "#sdk/options.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { clientTlsOption, waitingTime } from "./parts/connection-options.ts";

const options = z
  .strictObject({
    host: z.string().min(1).optional().meta({ description: "Name or address of the server.", ko: "서버의 이름이나 주소." }),
    ip: z.string().min(1).optional().meta({ description: "The same as host: give one of the two.", ko: "host 와 같습니다. 둘 중 하나만 쓰세요." }),
    port: z.int().min(1).max(65_535).default(FORWARD_PORT).meta({ description: "TCP port of the server.", ko: "서버의 TCP 포트." }),
    tag: z.string().min(1).optional().meta({ description: "Tag of everything sent; by default the batch's own.", ko: "보내는 모든 것의 태그. 기본값은 배치의 태그." }),
    time_as_integer: z.boolean().default(false).meta({ description: "Send whole seconds, for servers older than Fluentd 0.14.", ko: "초 단위 정수 시간으로 보냅니다. 0.14 보다 오래된 Fluentd 용." }),
    ack: z.boolean().default(true).meta({ description: "Ask the server to acknowledge each batch (require_ack_response). Without it, written only means sent: what is on its way when a server dies is lost.", ko: "배치마다 서버의 확인을 받습니다(require_ack_response). 끄면 '보냈다'만 뜻하므로 서버가 죽을 때 가는 중이던 것은 잃습니다." }),
    ack_timeout: waitingTime().prefault("30s").meta({ description: "Without an ack, or without a byte taken, for so long, the batch is sent again over a new connection.", ko: "이 시간 동안 확인이 없거나 한 바이트도 받아 가지 않으면 새 연결로 다시 보냅니다." }),
    compress: z.enum(["none", "gzip", "zstd"]).default("none").meta({ description: "Compression on the wire. gzip is understood by all servers and slow; zstd is five times as fast and needs Fluentd 1.19 or newer.", ko: "전송 압축. gzip 은 모든 서버가 알지만 느립니다. zstd 는 다섯 배쯤 빠르며 Fluentd 1.19 이상이 필요합니다." }),
    shared_key: z.string().min(1).optional().meta({ description: "The key that the server has too (Fluentd: security.shared_key).", ko: "서버와 같이 아는 키 (Fluentd 의 security.shared_key).", secret: true }),
    username: z.string().min(1).optional().meta({ description: "User, where the server asks for one; needs shared_key.", ko: "서버가 요구할 때의 사용자. shared_key 가 필요합니다." }),
    password: z.string().min(1).optional().meta({ description: "Password of the user.", ko: "사용자 비밀번호.", secret: true }),
    self_hostname: z.string().min(1).optional().meta({ description: "Name this agent gives in the handshake; by default the machine's own.", ko: "핸드셰이크에서 이 에이전트가 대는 이름. 기본값은 장비 이름." }),
    tls: clientTlsOption().optional().meta({ description: "TLS; without it the connection is plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
    connect_timeout: waitingTime().prefault("10s").meta({ description: "Longest wait for a connection with its handshakes.", ko: "핸드셰이크까지 포함한 연결 대기의 상한." }),
    keepalive: z.boolean().default(true).meta({ description: "Keep the connection for the next batch.", ko: "다음 배치를 위해 연결을 유지합니다." }),
    keepalive_timeout: duration().refine((ms) => ms < 2 ** 31, { message: "write a time of less than 24d", params: { ko: "24d 보다 짧은 시간을 쓰세요" } }).prefault("0s").meta({ description: "Close the connection when nothing was sent for so long; 0s keeps it.", ko: "이 시간 동안 보낸 것이 없으면 연결을 닫습니다. 0s 는 유지합니다." }),
    max_in_flight: z.int().min(1).max(64).default(3).meta({ description: "Batches sent before their acks came. More are worth their memory (some 4 MB each) where acks take long: over a long line.", ko: "확인을 기다리며 앞서 보내는 배치 수. 먼 회선처럼 확인이 늦게 오는 곳에서는 늘리세요(개당 메모리 약 4MB)." }),
  })
  .refine((given) => (given.ip === undefined) !== (given.host === undefined), { path: ["host"], message: "give host (or ip), and only one of them", params: { ko: "host (또는 ip) 를 하나만 쓰세요" } })
  .refine((given) => given.username === undefined || given.shared_key !== undefined, { path: ["username"], message: "username needs shared_key: the protocol sends both together", params: { ko: "username 에는 shared_key 도 필요합니다. 프로토콜이 둘을 함께 보냅니다" } });

export type FluentdOptions = z.output<typeof options>;

export const fluentd = defineOutput({
  name: "Fluentd",
  summary: { en: "Sends to Fluentd, Fluent Bit or another Dure by the forward protocol.", ko: "forward 프로토콜로 Fluentd, Fluent Bit, 다른 두레에 보냅니다." },
  shorthand: "host",
  options,
  example: "out.Fluentd:\n  ip: 192.168.0.1",
  address: ({ host, ip }) => host ?? ip ?? "",
  async checkEnvironment(given, { configDir, signal }) {
    const { checkReceiver } = await import("./fluentd/sender.ts");
    return checkReceiver(given, configDir, signal);
  },
  async open(given, context): Promise<Output> {
    const { Sender } = await import("./fluentd/sender.ts");
    const sender = new Sender(given, context);
    return {
      concurrency: given.max_in_flight,
      write: (batch, signal) => sender.write(batch, signal),
      healthy: (signal) => sender.healthy(signal),
      close: () => sender.close(),
    };
  },
});
