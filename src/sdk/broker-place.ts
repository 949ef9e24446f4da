// Where a broker of jobs is, and how it is spoken with: read of the config, kept by its queue.

export interface BrokerPlace {
  /** With user and password: never shown as they are. */
  readonly urls: readonly string[];
  /** `dure.jobs`: prefix of all names at the broker. */
  readonly name: string;
  /** `auto`: quorum where the server has them. */
  readonly kind: "auto" | "quorum" | "classic";
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string; readonly isVerified: boolean };
}
