// What a bundle for a bug report is called where nobody gave it a name: the command line and the agent call it alike.

/** `dure-report-20261122T120000.zip`, in UTC. */
export function bundleName(atMs: number): string {
  return `dure-report-${new Date(atMs).toISOString().replaceAll(/[-:]|\..*/g, "")}.zip`;
}
