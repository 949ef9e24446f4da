// An option that says where to listen: `9598`, `0.0.0.0:9598`, `[::1]:9598`. A port alone is of this machine only.
import { z } from "#sdk/plugin.ts";

const LOOPBACK = "127.0.0.1";
const PORT_MAX = 65_535;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export function listenAddress() {
  return z.union([z.int(), z.string()]).transform((written, context): ListenAddress => {
    const address = readAddress(String(written).trim());
    if (address !== undefined) return address;
    context.addIssue({ code: "custom", message: "write a port, or an address and a port, such as 9598 or 127.0.0.1:9598", params: { ko: "포트, 또는 주소와 포트를 쓰세요: 9598, 127.0.0.1:9598" } });
    return z.NEVER;
  });
}

function readAddress(text: string): ListenAddress | undefined {
  const [, inBrackets, name, digits = ""] = /^(?:(?:\[([^\]]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || PORT_MAX < port || (inBrackets !== undefined && !URL.canParse(`http://[${inBrackets}]`))) return undefined;
  return { host: inBrackets ?? name ?? LOOPBACK, port };
}
