// Which user of this machine is at the other end of a connection over loopback. Linux tells it; elsewhere nobody does.
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

/** The user's number; undefined: the system does not tell, or the other end has gone. */
export async function peerUser({ remotePort, localPort, remoteFamily }: Pick<Socket, "remotePort" | "localPort" | "remoteFamily">, platform: NodeJS.Platform = process.platform): Promise<number | undefined> {
  if (platform !== "linux" || remotePort === undefined || localPort === undefined) return undefined;
  // A socket for both families speaks IPv4 and stands in the list of IPv6.
  for (const file of remoteFamily === "IPv6" ? ["/proc/self/net/tcp6", "/proc/self/net/tcp"] : ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    const found = userIn(await table(file), remotePort, localPort);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of each file, the look that is to begin when the one under way has ended: it serves all who came meanwhile. */
const next = new Map<string, Promise<string>>();
const underWay = new Map<string, Promise<string>>();

function table(file: string): Promise<string> {
  const waiting = next.get(file);
  if (waiting !== undefined) return waiting;
  const look = (underWay.get(file) ?? Promise.resolve("")).then(() => {
    next.delete(file);
    const read = readFile(file, "latin1").catch(() => "");
    underWay.set(file, read);
    return read;
  });
  next.set(file, look);
  return look;
}

/** Each line: number, local address, remote address, state, queues, timer, retransmits, user. Both ends are on loopback, where a pair of ports is one connection. */
export function userIn(lines: string, ownPort: number, otherPort: number): number | undefined {
  for (const line of lines.split("\n").slice(1)) {
    const [, local = "", remote = "", , , , , user = ""] = line.trim().split(/\s+/);
    if (!isLoopback(local) || !isLoopback(remote)) continue;
    if (portOf(local) === ownPort && portOf(remote) === otherPort) return Number(user);
  }
  return undefined;
}

/** In hexadecimal, the bytes of each word turned around: 127.x.y.z, ::1, ::ffff:127.x.y.z. */
function isLoopback(address: string): boolean {
  return /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/.test(address);
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16);
}
