// Listens for the Fluentd forward protocol: the peer of out.Fluentd, of Fluentd, Fluent Bit and the fluent-logger family.
// An ack that a client asks for is sent when everything of its frame is written (or in the dead letters) on our far side: a
// client that keeps what was not acked loses nothing. Acked chunks are remembered: one that comes again comes once.
// Clients that ask for no ack lose what was under way at a crash.
import { defineInput, z } from "#sdk/plugin.ts";
import { duration, size } from "#sdk/options.ts";
import { FORWARD_PORT } from "#dataplane/forward-port.ts";
import { Intake } from "./forward/intake.ts";
import { SeenChunks } from "./forward/seen-chunks.ts";
import { ForwardServer } from "./forward/server.ts";
import { serverTlsOption } from "./parts/tls-option.ts";

const options = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").meta({ description: "Address to listen on. The default takes clients of this machine only; 0.0.0.0 takes those of any network: set shared_key or tls then.", ko: "들을 주소. 기본값은 이 장비의 클라이언트만 받습니다. 0.0.0.0 은 모든 망에서 받으므로 shared_key 나 tls 를 함께 쓰세요." }),
    port: z.int().min(0).max(65_535).default(FORWARD_PORT).meta({ description: "TCP port to listen on; 0 lets the system choose.", ko: "들을 TCP 포트. 0 이면 시스템이 고릅니다." }),
    shared_key: z.string().min(1).optional().meta({ description: "Clients must know this key (Fluentd: security.shared_key).", ko: "클라이언트가 알아야 하는 키 (Fluentd 의 security.shared_key).", secret: true }),
    users: z
      .array(z.strictObject({ username: z.string().min(1).meta({ description: "Name of the user.", ko: "사용자 이름." }), password: z.string().min(1).meta({ description: "Password of the user.", ko: "사용자 비밀번호.", secret: true }) }))
      .default([])
      .meta({ description: "Besides the shared key, clients must give one of these names with its password.", ko: "공유 키에 더해, 클라이언트가 이 중 하나의 이름과 비밀번호를 대야 합니다." }),
    self_hostname: z.string().min(1).optional().meta({ description: "Name this server gives in the handshake; by default the machine's own.", ko: "핸드셰이크에서 이 서버가 대는 이름. 기본값은 장비 이름." }),
    tls: serverTlsOption().optional().meta({ description: "TLS; without it connections are plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
    tag: z.string().min(1).optional().meta({ description: "Tag for everything that comes in, instead of the client's own.", ko: "클라이언트의 태그 대신 모든 입력에 붙일 태그." }),
    tag_prefix: z.string().min(1).optional().meta({ description: "Put, with a dot, in front of the client's tags.", ko: "클라이언트의 태그 앞에 점과 함께 붙입니다." }),
    dedupe: z
      .union([
        z.literal(false),
        z.strictObject({
          max: z.int().min(1).max(1_000_000).default(10_000).meta({ description: "Most chunks that are remembered; some 60 bytes of the position file each.", ko: "기억할 최대 청크 수. 위치 파일에서 하나에 60바이트쯤 씁니다." }),
          ttl: duration().prefault("1h").meta({ description: "A chunk is forgotten after this time.", ko: "이 시간이 지나면 청크를 잊습니다." }),
        }),
      ])
      .prefault({})
      .meta({ description: "Chunks that were acked are remembered, over restarts: a client that lost the ack and sends its chunk again is acked, and nothing comes twice. false takes what comes again.", ko: "확인한 청크를 재시작한 뒤에도 기억합니다. 확인을 받지 못해 같은 청크를 다시 보낸 클라이언트에는 확인만 해 주고 중복해서 받지 않습니다. false 면 다시 온 것도 받습니다." }),
    max_chunk: size().prefault("64MB").meta({ description: "Largest frame that is taken, packed or unpacked; a client that sends more is cut off.", ko: "받는 프레임의 최대 크기(압축 전후 모두). 더 보내는 클라이언트는 끊습니다." }),
    max_connections: z.int().min(1).default(512).meta({ description: "Most clients at a time.", ko: "동시 클라이언트 수의 상한." }),
    stall_timeout: duration().prefault("60s").meta({ description: "A client that stops inside a frame or the handshake is cut off after this time; 0s waits for ever.", ko: "프레임이나 핸드셰이크 도중에 멈춘 클라이언트를 이 시간 뒤에 끊습니다. 0s 는 끝없이 기다립니다." }),
    idle_timeout: duration().prefault("0s").meta({ description: "A client that sends nothing for so long is cut off; 0s lets it stay.", ko: "이 시간 동안 아무것도 보내지 않은 클라이언트를 끊습니다. 0s 는 그대로 둡니다." }),
  })
  .refine((given) => given.tag === undefined || given.tag_prefix === undefined, { path: ["tag_prefix"], message: "give tag or tag_prefix, not both", params: { ko: "tag 와 tag_prefix 중 하나만 쓰세요" } })
  .refine((given) => given.users.length === 0 || given.shared_key !== undefined, { path: ["users"], message: "users need a shared_key: the protocol asks for both", params: { ko: "users 에는 shared_key 도 있어야 합니다. 프로토콜이 둘 다 요구합니다" } });

export type ForwardOptions = z.output<typeof options>;

export const forward = defineInput({
  name: "Forward",
  summary: { en: "Listens for the Fluentd forward protocol and acks what is written.", ko: "Fluentd forward 프로토콜로 받고, 다 쓴 것을 확인(ack)해 줍니다." },
  shorthand: "port",
  options,
  example: "in.Forward:\n  port: 24224",
  async open(given, context) {
    const seen = given.dedupe === false ? undefined : new SeenChunks(given.dedupe, context);
    const intake = new Intake(context.pool, seen);
    const server = await ForwardServer.listen(given, context, { intake, seen });
    return {
      async read(signal) {
        for (;;) {
          const delivery = signal.aborted ? undefined : intake.shift(context.clock.now());
          if (delivery !== undefined || signal.aborted) return delivery;
          // Under `dure test` the stream ends with its clients.
          if (context.mode === "test" && server.isLeft) return undefined;
          await intake.ready(signal);
        }
      },
      // Who asks for no ack cannot send again what was read from it, and who does is spared a repeat.
      async readRest() {
        intake.refuse();
        return intake.shift(context.clock.now());
      },
      async close() {
        intake.close();
        await server.close();
      },
    };
  },
});
