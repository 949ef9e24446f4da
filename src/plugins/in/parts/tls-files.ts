// The files of a server's TLS, read when it begins to listen.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { TlsOptions } from "node:tls";
import { toError, UsageError } from "#base/errors.ts";
import type { ServerTls } from "./tls-option.ts";

export async function tlsFiles({ cert_file: cert, key_file: key, ca_file: ca }: Omit<ServerTls, "enabled">, configDir: string): Promise<TlsOptions> {
  const read = async (option: string, path: string): Promise<Buffer> => {
    try {
      return await readFile(resolve(configDir, path));
    } catch (error) {
      throw new UsageError(`cannot read tls.${option}: ${toError(error).message}`, { cause: error, hint: "Give the path of a PEM file that the agent may read." });
    }
  };
  const shown = { cert: await read("cert_file", cert), key: await read("key_file", key) };
  return ca === undefined ? shown : { ...shown, ca: await read("ca_file", ca), requestCert: true, rejectUnauthorized: true };
}
