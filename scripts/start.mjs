// `npm start`: the quickstart. Runs examples/quickstart/dure.yml and says what there is to see; `npm start -- --for 10s` ends by itself.
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { childEnvironment, isKorean, ourNode, root, run } from "./project.mjs";

const config = join("examples", "quickstart", "dure.yml");
const folder = join(".dure", "quickstart");
const dure = process.platform === "win32" ? "dure" : "./dure";
const args = process.argv.slice(2);
const say = (en, ko) => console.log(isKorean(args) ? ko : en);

mkdirSync(join(root, folder), { recursive: true });
say(
  `Dure runs ${config}:
  web-server  writes made-up requests to ${join(folder, "access.log")}, which grows while you look
  errors      tails that file, parses each line, keeps status 500 and up as JSON in ${join(folder, "errors.ndjson")}
  on-screen   tails those errors and prints them here
Look at it in a browser: in another terminal, ${dure} open -c ${config}
${args.some((word) => word.startsWith("--for")) ? "" : "Ctrl-C ends it.\n"}`,
  `두레가 ${config} 설정을 실행합니다:
  web-server  가짜 요청을 ${join(folder, "access.log")} 에 씁니다 (보는 동안 계속 늘어납니다)
  errors      그 파일을 테일링하고 한 줄씩 파싱해 상태 500 이상만 ${join(folder, "errors.ndjson")} 에 JSON으로 남깁니다
  on-screen   그 오류를 다시 테일링해 여기에 출력합니다
브라우저로 보려면 다른 터미널에서: ${dure} open -c ${config}
${args.some((word) => word.startsWith("--for")) ? "" : "Ctrl-C로 끝냅니다.\n"}`,
);

let child;
// Ctrl-C reaches the child by itself: we only wait for its end. Other requests are passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child?.kill(signal));
const { code } = await run(ourNode(), [join(root, "src", "main.ts"), "run", config, ...args], { env: childEnvironment(), onSpawn: (started) => (child = started) });

// Ended by Ctrl-C is how it is meant to end; npm would print a page about any other code than 0.
process.exitCode = code === 130 || code === 143 ? 0 : code;
if (process.exitCode === 0) {
  say(
    `\nNext:
  ${dure} try 'in.FakeData --type people --locale ko --count 0 | filter.Where "r.age > 30" | out.Stdout' --limit 5
  ${dure} list                     the plugins;  ${dure} desc in.FileTail  explains one
  ${dure} validate ${relative(".", config)}   shows what is wrong with a config, and how to fix it
  ${dure} start | status | stop ${relative(".", config)}   in the background
  ${dure} open -c ${relative(".", config)}   its dashboard, while it runs
  README.md                       where to go from here`,
    `\n다음:
  ${dure} try 'in.FakeData --type people --locale ko --count 0 | filter.Where "r.age > 30" | out.Stdout' --limit 5
  ${dure} list                     플러그인 목록;  ${dure} desc in.FileTail  하나를 설명
  ${dure} validate ${relative(".", config)}   설정의 문제와 고치는 법
  ${dure} start | status | stop ${relative(".", config)}   백그라운드로 실행
  ${dure} open -c ${relative(".", config)}   실행 중일 때 대시보드 열기
  README.md                       더 알아보기`,
  );
}
