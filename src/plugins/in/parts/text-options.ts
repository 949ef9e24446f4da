// The options that the inputs that listen for text have in common.
import { encoding, plainEncoding } from "#sdk/encoding-option.ts";
import { duration, size } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";

const LINE_BYTES_MIN = 16;
const LINE_BYTES_MAX = 16 << 20;

export function textOptions({ tag, host, lineBytes }: { readonly tag: string; readonly host: string; readonly lineBytes: string }) {
  return {
    host: z.string().min(1).default(host).meta({ description: "Address to listen on: 127.0.0.1 takes senders of this machine only, 0.0.0.0 those of any network.", ko: "들을 주소. 127.0.0.1 은 이 장비에서 보내는 것만, 0.0.0.0 은 모든 망에서 받습니다." }),
    tag: z.string().min(1).default(tag).meta({ description: "Tag of the lines.", ko: "줄의 태그." }),
    encoding: encoding()
      .refine((name) => !/^(utf|ucs)(16|32|2$|4)/.test(plainEncoding(name)), { message: "text from a network is cut at bytes: UTF-16 and UTF-32 cannot be; write for example utf-8, cp949 or latin1", params: { ko: "네트워크에서 오는 글은 바이트로 나누므로 UTF-16, UTF-32 는 쓸 수 없습니다. 예: utf-8, cp949, latin1" } })
      .meta({ description: "Encoding of what comes in; lines are UTF-8 inside.", ko: "들어오는 글의 인코딩. 안에서는 UTF-8입니다." }),
    max_line: size()
      .prefault(lineBytes)
      .refine((bytes) => LINE_BYTES_MIN <= bytes && bytes <= LINE_BYTES_MAX, { message: "write a size from 16 to 16MB", params: { ko: "16 부터 16MB 사이의 크기를 쓰세요" } })
      .meta({ description: "A longer line is cut here; the rest of it is skipped and counted.", ko: "이보다 긴 줄은 여기서 자르고 나머지는 버리며 수를 셉니다." }),
  };
}

export function connectionOptions() {
  return {
    max_connections: z.int().min(1).default(512).meta({ description: "Most clients at a time. Each that has to wait holds up to 100 kB.", ko: "동시 클라이언트 수의 상한. 기다리게 된 클라이언트는 하나당 100kB 까지 차지합니다." }),
    idle_timeout: duration()
      .refine((ms) => ms < 2 ** 31, { message: "write a time of less than 24d", params: { ko: "24d 보다 짧은 시간을 쓰세요" } })
      .prefault("0s")
      .meta({ description: "A client that sends nothing for so long is cut off; 0s lets it stay.", ko: "이 시간 동안 아무것도 보내지 않은 클라이언트를 끊습니다. 0s 는 그대로 둡니다." }),
  };
}

export function receiveBufferOption() {
  return size().refine((bytes) => 4096 <= bytes && bytes <= 1 << 30, { message: "write a size from 4k to 1GB", params: { ko: "4k 부터 1GB 사이의 크기를 쓰세요" } }).optional().meta({
    description: "Receive buffer of the UDP socket: what comes in a burst waits there. By default 4MB, or what the system allows (net.core.rmem_max).",
    ko: "UDP 소켓의 수신 버퍼. 한꺼번에 몰려온 것이 여기서 기다립니다. 기본값은 4MB 또는 시스템이 허락하는 만큼(net.core.rmem_max).",
  });
}
