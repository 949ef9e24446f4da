// A real agent with a dashboard, for trials in a real browser: started as a user starts it.
import { request } from "node:http";
import type { Folder, RunningDure } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";

export const PASSWORD = "correct horse battery";

export interface RealAgent {
  readonly url: string;
  readonly dure: RunningDure;
  /** The link that makes the first user. */
  setUpLink(): Promise<string>;
  /** Makes the first user without a browser; gives the cookie of his login. */
  cookie(name?: string): Promise<{ readonly name: string; readonly value: string; readonly url: string }>;
}

/** `pipelines`: YAML below `pipelines:`. The folder ends it. */
export async function realAgent(here: Folder, pipelines: string): Promise<RealAgent> {
  const port = await freePort();
  here.write("dure.yml", `agent: { data_dir: ./data }\nhttp: { host: 127.0.0.1, port: ${port} }\npipelines:\n${pipelines}`);
  const dure = here.spawn(["run", "dure.yml", "--lang", "en"]);
  await dure.printed(/the dashboard and the API are here/);
  const url = `http://127.0.0.1:${port}`;
  const setUpLink = async (): Promise<string> => {
    const { stdout, stderr } = await here.dure(["open", "--print", "-c", "dure.yml"]);
    const link = /http\S+\/setup#\S+/.exec(stdout)?.[0];
    if (link === undefined) throw new Error(`no link was printed: ${stdout}${stderr}`);
    return link;
  };
  return {
    url,
    dure,
    setUpLink,
    async cookie(name = "hong") {
      const token = (await setUpLink()).split("#")[1];
      const header = await post(`${url}/api/setup`, { token, name, password: PASSWORD, language: "en" });
      const [pair = ""] = header.split(";");
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url };
    },
  };
}

function post(url: string, body: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", headers: { "content-type": "application/json" } }, (answer) => {
      const cookie = answer.headers["set-cookie"]?.[0];
      answer.resume();
      if (cookie === undefined) reject(new Error(`${url} answered ${answer.statusCode} without a cookie`));
      else resolve(cookie);
    });
    asked.on("error", reject);
    asked.end(JSON.stringify(body));
  });
}
