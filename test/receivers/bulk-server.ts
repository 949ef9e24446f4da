// Speaks the bulk protocol of Elasticsearch and OpenSearch, and strictly: it refuses what those refuse (a body without a last newline, actions it
// does not know, indexes with capital letters, ids that are too long, data streams written by anything but create), and fails by item as told.
import { startHttpReceiver } from "./http-receiver.ts";
import type { HttpReceiver, Received, Reply } from "./http-receiver.ts";

export interface ItemFault {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

export interface BulkServer extends AsyncDisposable {
  readonly web: HttpReceiver;
  /** Documents by index and id. */
  readonly indexes: Map<string, Map<string, Record<string, unknown>>>;
  /** All documents. */
  all(): Record<string, unknown>[];
}

class Malformed extends Error {}

/** `fault`: of one item. `afterwards`: of the whole request, after it was done. Indexes that begin with `ds-` are data streams. */
export async function startBulkServer({ fault = () => undefined, afterwards = () => undefined }: { fault?: (document: Record<string, unknown>) => ItemFault | undefined; afterwards?: () => Reply | undefined } = {}): Promise<BulkServer> {
  const indexes: BulkServer["indexes"] = new Map();
  const web = await startHttpReceiver({
    otherwise(request) {
      const url = new URL(request.path, "http://server");
      if (request.method === "HEAD") return {};
      if (request.method !== "POST" || !url.pathname.endsWith("/_bulk")) return { status: 405, body: '{"error":"Incorrect HTTP method"}' };
      try {
        const items = bulk(request);
        const answer = { took: 1, errors: items.some(({ status }) => 300 <= status), items: items.map(({ op, ...rest }) => ({ [op]: rest })) };
        const isFiltered = url.searchParams.get("filter_path") !== null;
        return afterwards() ?? { headers: { "content-type": "application/json" }, body: JSON.stringify(isFiltered ? { errors: answer.errors, items: answer.items } : answer) };
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        return { status: 400, body: JSON.stringify({ error: { type: "illegal_argument_exception", reason: error.message }, status: 400 }) };
      }
    },
  });

  function bulk({ headers, body }: Received) {
    if (headers["content-type"] !== "application/x-ndjson" && headers["content-type"] !== "application/json") throw new Malformed(`Content-Type header [${headers["content-type"]}] is not supported`);
    if (!body.endsWith("\n")) throw new Malformed("The bulk request must be terminated by a newline [\\n]");
    const lines = body.slice(0, -1).split("\n");
    if (lines.length % 2 !== 0) throw new Malformed("an action without a source");
    const todo: { op: "create" | "index"; index: string; id: string; document: Record<string, unknown> }[] = [];
    for (let at = 0; at < lines.length; at += 2) {
      const action = objectOf(lines[at] ?? "");
      const [op, ...more] = Object.keys(action);
      if ((op !== "create" && op !== "index") || more.length > 0) throw new Malformed(`Malformed action/metadata line [${at + 1}]`);
      const { _index: index, _id: id, ...unknown } = action[op] as Record<string, unknown>;
      if (Object.keys(unknown).length > 0) throw new Malformed(`Action/metadata line [${at + 1}] contains an unknown parameter`);
      if (typeof index !== "string" || typeof id !== "string") throw new Malformed("index and id are texts");
      if (512 < Buffer.byteLength(id)) throw new Malformed("id is too long, must be no longer than 512 bytes");
      todo.push({ op, index, id, document: objectOf(lines[at + 1] ?? "") });
    }
    return todo.map(({ op, index, id, document }) => ({ op, _index: index, _id: id, ...put(op, index, id, document) }));
  }

  function put(op: "create" | "index", index: string, id: string, document: Record<string, unknown>): { status: number; error?: { type: string; reason: string } } {
    const failed = ({ status, type, reason }: ItemFault) => ({ status, error: { type, reason } });
    if (/[A-Z\\/*?"<>| ,#:]|^[-_+]/.test(index)) return failed({ status: 400, type: "invalid_index_name_exception", reason: `Invalid index name [${index}]` });
    if (index.startsWith("ds-") && op !== "create") return failed({ status: 400, type: "illegal_argument_exception", reason: "only write ops with an op_type of create are allowed in data streams" });
    if (index.startsWith("ds-") && document["@timestamp"] === undefined) return failed({ status: 400, type: "document_parsing_exception", reason: "data stream timestamp field [@timestamp] is missing" });
    const wrong = fault(document);
    if (wrong !== undefined) return failed(wrong);
    let documents = indexes.get(index);
    if (documents === undefined) indexes.set(index, (documents = new Map()));
    const isThere = documents.has(id);
    if (op === "create" && isThere) return failed({ status: 409, type: "version_conflict_engine_exception", reason: `[${id}]: version conflict, document already exists` });
    documents.set(id, document);
    return { status: isThere ? 200 : 201 };
  }

  return {
    web,
    indexes,
    all: () => [...indexes.values()].flatMap((documents) => [...documents.values()]),
    [Symbol.asyncDispose]: () => web[Symbol.asyncDispose](),
  };
}

function objectOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Malformed(`not an object: ${line.slice(0, 80)}`);
}
