// Whether an address is of this machine only.

/** By the words of a config, or a socket's own: `127.0.0.1`, `::1`, `[::1]`, `::ffff:127.0.0.1`, `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare === "::1" || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(bare);
}
