// Sends syslog messages: RFC 5424, RFC 3164, or lines that are messages already. Written means that the system has taken every byte: syslog
// has no ack, so what was on its way when the receiver dies is lost; a batch that a broken connection cut is sent again as a whole.
import { hostname } from "node:os";
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { size } from "#sdk/options.ts";
import { clientTlsOption, streamOptions } from "./parts/connection-options.ts";
import { payloadOf } from "./parts/payload.ts";
import { timeOptions } from "./parts/time-style.ts";
import { facilityOf, severityOf } from "./syslog/codes.ts";

const PORT = 514;
/** RFC 5425. */
const TLS_PORT = 6514;
/** What rsyslog takes by default. */
const DATAGRAM_BYTES = 8192;
const DATAGRAM_BYTES_MAX = 65_507;

const key = (name: string, en: string, ko: string) => z.string().default(name).meta({ description: `Field that holds ${en}; empty looks at none.`, ko: `${ko} 필드 이름. 비우면 보지 않습니다.` });

const options = z
  .strictObject({
    host: z.string().min(1).meta({ description: "Name or address of the receiver.", ko: "수신 서버의 이름이나 주소." }),
    port: z.int().min(1).max(65_535).optional().meta({ description: "Port of the receiver; by default 514, with TLS 6514.", ko: "수신 서버의 포트. 기본값은 514, TLS 는 6514." }),
    protocol: z.enum(["tcp", "udp"]).default("tcp").meta({ description: "tcp, or udp with one datagram a message, which promises nothing.", ko: "tcp, 또는 메시지마다 데이터그램 하나를 보내는 udp. udp 는 아무것도 보장하지 않습니다." }),
    tls: clientTlsOption().optional().meta({ description: "TLS; without it the connection is plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
    framing: z.enum(["newline", "octet_counting", "nul"]).optional().meta({ description: "How messages are told apart over tcp; by default newline, with TLS octet_counting (RFC 5425).", ko: "tcp 에서 메시지를 나누는 법. 기본값은 줄바꿈(newline), TLS 는 길이(octet_counting, RFC 5425)." }),
    format: z.enum(["rfc5424", "rfc3164", "raw"]).default("rfc5424").meta({ description: "raw: lines are syslog messages already (from in.Syslog) and go on as they are.", ko: "raw: 이미 syslog 메시지인 줄(in.Syslog 에서 온 것)을 그대로 보냅니다." }),
    severity: z.string().default("info").refine((name) => severityOf(name) !== undefined, { message: "write a severity such as err, warning, info or a number from 0 to 7", params: { ko: "err, warning, info 같은 심각도나 0 부터 7 사이의 숫자를 쓰세요" } }).meta({ description: "Severity of records that name none.", ko: "심각도가 없는 레코드의 심각도." }),
    facility: z.string().default("user").refine((name) => facilityOf(name) !== undefined, { message: "write a facility such as user, daemon, local0 or a number from 0 to 23", params: { ko: "user, daemon, local0 같은 기능(facility)이나 0 부터 23 사이의 숫자를 쓰세요" } }).meta({ description: "Facility of records that name none.", ko: "facility 필드가 없는 레코드의 facility." }),
    hostname: z.string().min(1).optional().meta({ description: "Host of records that name none; by default this machine.", ko: "호스트가 없는 레코드의 호스트. 기본값은 이 장비." }),
    ident: z.string().min(1).default("dure").meta({ description: "Program of records that name none.", ko: "프로그램 이름이 없는 레코드의 프로그램 이름." }),
    severity_key: key("severity", "the severity, as a name or a number", "심각도(이름이나 숫자)"),
    facility_key: key("facility", "the facility, as a name or a number", "facility(이름이나 숫자)"),
    host_key: key("host", "the host", "호스트"),
    ident_key: key("ident", "the program", "프로그램 이름"),
    pid_key: key("pid", "the process id", "프로세스 번호"),
    msgid_key: key("msgid", "the kind of message (RFC 5424)", "메시지 종류(RFC 5424)"),
    message_key: z.string().default("message").meta({ description: "Field that holds the text. A record without it goes out as JSON.", ko: "본문 필드 이름. 이 필드가 없는 레코드는 JSON 으로 나갑니다." }),
    time_zone: timeOptions({ zone: "local" }).time_zone,
    max_message: size().refine((bytes) => 480 <= bytes, { message: "write a size of at least 480: every receiver takes that", params: { ko: "480 이상의 크기를 쓰세요. 모든 수신 서버가 그만큼은 받습니다" } }).optional().meta({ description: "A longer message is cut here and counted; by default 8k over udp, and no bound over tcp.", ko: "이보다 긴 메시지는 여기서 자르고 수를 셉니다. 기본값은 udp 에서 8k, tcp 에서는 제한 없음." }),
    ...streamOptions(),
  })
  .superRefine((given, check) => {
    if (given.protocol !== "udp") return;
    if (given.tls !== undefined) check.addIssue({ code: "custom", path: ["tls"], message: "TLS needs protocol tcp", params: { ko: "TLS 는 프로토콜 tcp 에서만 씁니다" } });
    if (given.framing !== undefined) check.addIssue({ code: "custom", path: ["framing"], message: "a datagram is one message: framing is for protocol tcp", params: { ko: "데이터그램은 메시지 하나입니다. framing 은 프로토콜 tcp 에서만 씁니다" } });
    if (given.max_message !== undefined && DATAGRAM_BYTES_MAX < given.max_message) check.addIssue({ code: "custom", path: ["max_message"], message: `a datagram holds ${DATAGRAM_BYTES_MAX} bytes at most`, params: { ko: `데이터그램에는 ${DATAGRAM_BYTES_MAX} 바이트까지 들어갑니다` } });
  });
type Options = z.output<typeof options>;

const hasTls = ({ tls }: Options): boolean => tls?.enabled === true;
const portOf = (given: Options): number => given.port ?? (hasTls(given) ? TLS_PORT : PORT);

function peerOf(given: Options, configDir: string) {
  return { host: given.host, port: portOf(given), tls: hasTls(given) ? given.tls : undefined, configDir, connectTimeoutMs: given.connect_timeout, writeTimeoutMs: given.write_timeout, isKept: given.keepalive };
}

export const syslog = defineOutput({
  name: "Syslog",
  summary: { en: "Sends syslog over TCP, TLS or UDP. There is no ack: what was on its way when the receiver dies is lost.", ko: "TCP, TLS, UDP 로 syslog 를 보냅니다. 확인(ack)이 없어, 수신 서버가 죽을 때 가는 중이던 것은 잃습니다." },
  shorthand: "host",
  options,
  example: "out.Syslog:\n  host: 192.168.0.1\n  format: rfc5424",
  address: ({ host }) => host,
  async checkEnvironment(given, { configDir, signal }) {
    if (given.protocol === "udp") return [];
    const { checkPeer } = await import("./parts/byte-stream.ts");
    return checkPeer("out.Syslog", peerOf(given, configDir), signal);
  },
  async open(given, context): Promise<Output> {
    const { framedLines, spannedLines, textOf } = await import("./syslog/frames.ts");
    const { MessageWriter } = await import("./syslog/message-writer.ts");
    const { pool, log, count } = context;
    const { format, severity_key, facility_key, host_key, ident_key, pid_key, msgid_key, message_key } = given;
    const keys = { severity: severity_key, facility: facility_key, host: host_key, ident: ident_key, pid: pid_key, msgid: msgid_key, message: message_key };
    const writer = format === "raw" ? undefined : new MessageWriter({ format, severity: severityOf(given.severity) ?? 6, facility: facilityOf(given.facility) ?? 1, host: given.hostname ?? hostname(), ident: given.ident, timeZone: given.time_zone, keys });
    const bytesMax = given.max_message ?? (given.protocol === "udp" ? DATAGRAM_BYTES : Number.MAX_SAFE_INTEGER);
    let hasSaidCut = false;
    const noteCut = (cut: number): void => {
      if (cut === 0) return;
      count("messages_cut_total", cut);
      if (!hasSaidCut) log.warn("a message is longer than max_message and was cut; more are only counted", { bytesMax });
      hasSaidCut = true;
    };
    const nothing = Buffer.alloc(0);
    /** The messages, one a line, and what stands in front of each. */
    const linesOf = (batch: Parameters<Output["write"]>[0]) => {
      if (writer === undefined) return { lines: payloadOf(batch, "lines", { key: "", offsetMinutes: 0, digits: 0 }), prefix: nothing };
      if (batch.form === "lines") return { lines: batch.text(), prefix: writer.prefix(batch) };
      return { lines: textOf(pool, writer.messages(batch)), prefix: nothing };
    };

    if (given.protocol === "udp") {
      const { DatagramSender } = await import("./syslog/datagram-sender.ts");
      const sender = new DatagramSender(given.host, portOf(given));
      return {
        async write(batch, signal) {
          if (batch.count === 0) return { bytes: 0 };
          const { lines, prefix } = linesOf(batch);
          const spanned = spannedLines(pool, lines, prefix, bytesMax);
          const bytes = spanned.slice.length;
          await sender.write(spanned, signal);
          noteCut(spanned.cut);
          return { bytes };
        },
        close: () => sender.close(),
      };
    }
    const { ByteStream } = await import("./parts/byte-stream.ts");
    const stream = new ByteStream(peerOf(given, context.configDir), context);
    const framing = given.framing ?? (hasTls(given) ? "octet_counting" : "newline");
    return {
      async write(batch, signal) {
        if (batch.count === 0) return { bytes: 0 };
        const { lines, prefix } = linesOf(batch);
        const { slice, cut } = framedLines(pool, lines, prefix, framing, bytesMax);
        const bytes = slice.length;
        await stream.write(slice, signal);
        noteCut(cut);
        return { bytes };
      },
      healthy: (signal) => stream.healthy(signal),
      close: () => stream.close(),
    };
  },
});
