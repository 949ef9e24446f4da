// TLS as a client: the files of the options and the name the certificate must hold.
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { Socket, TcpNetConnectOpts } from "node:net";
import { resolve as resolvePath } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { toError } from "#base/errors.ts";
import { PeerError } from "./peer-error.ts";

export interface TlsFiles {
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
  readonly verify: boolean;
  readonly server_name?: string | undefined;
}

export interface TlsPeer {
  readonly host: string;
  readonly port: number;
  readonly configDir: string;
}

export async function tlsConnect(receiver: TlsPeer, files: TlsFiles): Promise<(where: TcpNetConnectOpts) => Socket> {
  const [{ connect }, options] = [await import("node:tls"), await tlsOptions(receiver, files)];
  return (where) => connect({ ...where, ...options });
}

/** Read at each connection: a renewed certificate is used without a restart. */
async function tlsOptions(receiver: TlsPeer, files: TlsFiles): Promise<ConnectionOptions> {
  const read = async (option: string, path: string | undefined): Promise<Buffer | undefined> => {
    if (path === undefined) return undefined;
    try {
      return await readFile(resolvePath(receiver.configDir, path));
    } catch (error) {
      throw new PeerError("tls", `${receiver.host}:${receiver.port}: cannot read tls.${option}: ${toError(error).message}`, { cause: error, hint: "Give the path of a PEM file that the agent may read." });
    }
  };
  const [ca, cert, key] = [await read("ca_file", files.ca_file), await read("cert_file", files.cert_file), await read("key_file", files.key_file)];
  const serverName = files.server_name ?? (isIP(receiver.host) === 0 ? receiver.host : undefined);
  return {
    rejectUnauthorized: files.verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}
