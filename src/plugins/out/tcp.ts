// Sends lines, or records as JSON lines, over one TCP connection. Written means that the system has taken every byte: TCP has no ack that a
// program could see, so what was on its way when the receiver dies is lost; a batch that a broken connection cut is sent again as a whole.
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { clientTlsOption, streamOptions } from "./parts/connection-options.ts";
import { payloadOf } from "./parts/payload.ts";
import { timeOptions, timeStyles } from "./parts/time-style.ts";

const options = z.strictObject({
  host: z.string().min(1).meta({ description: "Name or address of the receiver.", ko: "수신 서버의 이름이나 주소." }),
  port: z.int().min(1).max(65_535).meta({ description: "TCP port of the receiver.", ko: "수신 서버의 TCP 포트." }),
  format: z.enum(["auto", "lines", "json"]).default("auto").meta({ description: "What is sent. auto: text lines as they are, records as JSON lines.", ko: "보내는 것. auto: 줄은 그대로, 레코드는 JSON 한 줄씩." }),
  delimiter: z.enum(["newline", "crlf", "nul"]).default("newline").meta({ description: "What ends each line: newline, carriage return and newline, or a NUL byte.", ko: "줄의 끝: 줄바꿈(newline), CR LF(crlf), NUL 바이트(nul)." }),
  tls: clientTlsOption().optional().meta({ description: "TLS; without it the connection is plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
  ...streamOptions(),
  ...timeOptions({ zone: "utc" }),
});
type Options = z.output<typeof options>;

function peerOf({ host, port, tls, connect_timeout: connectTimeoutMs, write_timeout: writeTimeoutMs, keepalive: isKept }: Options, configDir: string) {
  return { host, port, tls: tls?.enabled === true ? tls : undefined, configDir, connectTimeoutMs, writeTimeoutMs, isKept };
}

export const tcp = defineOutput({
  name: "Tcp",
  summary: { en: "Sends lines or JSON lines over TCP. There is no ack: what was on its way when the receiver dies is lost.", ko: "줄이나 JSON 줄을 TCP 로 보냅니다. 확인(ack)이 없어, 수신 서버가 죽을 때 가는 중이던 것은 잃습니다." },
  options,
  example: "out.Tcp:\n  host: 192.168.0.1\n  port: 5170",
  address: ({ host }) => host,
  async checkEnvironment(given, { configDir, signal }) {
    const { checkPeer } = await import("./parts/byte-stream.ts");
    return checkPeer("out.Tcp", peerOf(given, configDir), signal);
  },
  async open(given, context): Promise<Output> {
    const [{ ByteStream }, { delimited }] = [await import("./parts/byte-stream.ts"), await import("./tcp/delimit.ts")];
    const stream = new ByteStream(peerOf(given, context.configDir), context);
    const styleAt = timeStyles(given);
    return {
      async write(batch, signal) {
        if (batch.count === 0) return { bytes: 0 };
        const slice = delimited(context.pool, payloadOf(batch, given.format, styleAt(batch.facts.seconds)), given.delimiter);
        const bytes = slice.length;
        await stream.write(slice, signal);
        return { bytes };
      },
      healthy: (signal) => stream.healthy(signal),
      close: () => stream.close(),
    };
  },
});
