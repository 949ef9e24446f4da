// What is valid and probably not meant: the rules of `dure lint`, as the table of codes has them.
import type { Text } from "#base/lang.ts";

function rule(title: Text, explanation: Text) {
  return { level: "lint", severity: "warning", title, explanation } as const;
}

export const lintCodes = {
  DURE601: rule(
    { en: "A network output stands alone", ko: "네트워크 출력 하나뿐입니다" },
    {
      en: "While the peer is down the pipeline stands still, and what an input without positions would have brought meanwhile is not read. Put a buffer with `storage: disk` before the output, or a `failover` with a second one.",
      ko: "상대가 멈추면 파이프라인도 멈추고, 그동안 읽은 위치가 없는 입력은 받지 못합니다. 출력 앞에 `storage: disk` 버퍼를 두거나 `failover`로 두 번째 출력을 두세요.",
    },
  ),
  DURE602: rule(
    { en: "A memory buffer behind an input that cannot read again", ko: "다시 읽을 수 없는 입력 뒤의 메모리 버퍼" },
    {
      en: "What a listener, a program or the standard input brought is nowhere else: a crash loses what waits in a memory buffer. Write `storage: disk`.",
      ko: "네트워크, 프로그램, 표준 입력에서 받은 것은 다른 곳에 없어서, 갑자기 죽으면 메모리 버퍼에 있던 것을 잃습니다. `storage: disk`로 쓰세요.",
    },
  ),
  DURE603: rule(
    { en: "Acknowledgements are switched off", ko: "수신 확인을 껐습니다" },
    {
      en: "With `ack: false` written only means sent: what is on its way when the peer dies is lost. Leave it out unless the peer cannot acknowledge.",
      ko: "`ack: false`이면 보내기만 하고 받았는지는 모르므로, 상대가 죽을 때 보내던 것을 잃습니다. 상대가 수신 확인을 못 하는 경우가 아니면 빼세요.",
    },
  ),
  DURE604: rule(
    { en: "Two pipelines bring the same files to the same output", ko: "두 파이프라인이 같은 파일을 같은 출력으로 보냅니다" },
    {
      en: "Each follows the files with positions of its own, so every line arrives twice. Remove one, or give one of them another path or output.",
      ko: "저마다 읽은 위치를 따로 두므로 모든 줄이 두 번 도착합니다. 하나를 지우거나 경로나 출력을 다르게 쓰세요.",
    },
  ),
  DURE605: rule(
    { en: "A field that the parser before does not make", ko: "앞의 파서가 만들지 않는 필드" },
    {
      en: "The pattern or the columns of the parser name all fields that a record can have here, and this is none of them: the expression sees undefined.",
      ko: "이 자리의 레코드에는 파서의 패턴이나 columns에 적힌 필드만 있는데 여기에 없는 이름입니다. 식에서는 undefined가 됩니다.",
    },
  ),
  DURE606: rule(
    { en: "A file that grows for ever", ko: "끝없이 커지는 파일" },
    {
      en: "The path has no time code and nothing rotates the file. Write a code such as `%Y%m%d` into the path, or `rotate: { size: 100MB, keep: 10 }`.",
      ko: "경로에 시간 코드가 없고 파일을 교체하지도 않습니다. 경로에 `%Y%m%d` 같은 코드를 넣거나 `rotate: { size: 100MB, keep: 10 }`을 쓰세요.",
    },
  ),
  DURE607: rule(
    { en: "A secret stands in the config", ko: "설정에 비밀 값이 적혀 있습니다" },
    {
      en: "Configs are copied, committed and mailed. Write `${env:NAME}` or `${file:/run/secrets/name}` in its place.",
      ko: "설정 파일은 복사되고 커밋되고 메일로 보내집니다. 그 자리에 `${env:이름}`이나 `${file:/run/secrets/이름}`을 쓰세요.",
    },
  ),
  DURE608: rule(
    { en: "A pattern that may take for ever", ko: "끝나지 않을 수 있는 패턴" },
    {
      en: "A repetition of a repetition, as in `(a+)*`, can be tried in exponentially many ways on a line that does not match. Repeat once, or begin the group with something fixed.",
      ko: "`(a+)*`처럼 반복을 다시 반복하면 맞지 않는 줄에서 시도할 경우가 기하급수로 늘어납니다. 한 번만 반복하거나 그룹을 정해진 글자로 시작하세요.",
    },
  ),
  DURE609: rule(
    { en: "A listener that is open to everybody", ko: "누구에게나 열린 리스너" },
    {
      en: "It takes records from any network, and asks for neither a key nor a certificate; or it is the dashboard, without TLS. Listen on one address, or set what there is of `shared_key`, `password`, `bearer_token` and `tls`.",
      ko: "키도 인증서도 묻지 않고 모든 망에서 레코드를 받거나, 대시보드를 TLS 없이 보여 줍니다. 한 주소에서만 듣거나 `shared_key`, `password`, `bearer_token`, `tls` 가운데 쓸 수 있는 것을 쓰세요.",
    },
  ),
  DURE610: rule(
    { en: "An input reads what the agent writes", ko: "에이전트가 쓰는 파일을 다시 읽는 입력" },
    {
      en: "The path of the input fits a file that this pipeline, or the agent's log, is written to: each line makes another one, without end. Write to another folder, or name the file under `exclude`.",
      ko: "입력의 경로에 이 파이프라인이나 에이전트 로그가 쓰는 파일이 들어갑니다. 한 줄이 또 한 줄을 만들어 끝이 없습니다. 다른 폴더에 쓰거나 `exclude`에 그 파일을 적으세요.",
    },
  ),
  DURE611: rule(
    { en: "A parser has nothing to parse", ko: "파싱할 것이 없는 파서" },
    {
      en: "The parser before it takes the field apart, and makes no field of that name: this one gets only what did not fit there. Name the field with `key`, or leave one of them out.",
      ko: "앞의 파서가 그 필드를 나누고 같은 이름의 필드를 만들지 않아, 여기에는 맞지 않은 레코드만 옵니다. `key`로 필드를 정하거나 하나를 빼세요.",
    },
  ),
  DURE612: rule(
    { en: "A variable that nothing uses", ko: "쓰이지 않는 변수" },
    {
      en: "Nothing in the file says `${var:NAME}` with this name. Remove it, or look for a typo where it was meant to be used.",
      ko: "파일 어디에도 이 이름의 `${var:이름}`이 없습니다. 지우거나, 쓰려던 곳에 오타가 없는지 보세요.",
    },
  ),
  DURE613: rule(
    { en: "A file that is not UTF-8 is read as UTF-8", ko: "UTF-8이 아닌 파일을 UTF-8로 읽습니다" },
    {
      en: "The file as it is on this machine is not UTF-8, and the input names no encoding. Korean files are often `encoding: cp949`.",
      ko: "이 컴퓨터에 있는 파일이 UTF-8이 아닌데 입력에 인코딩이 없습니다. 한국어 파일은 흔히 `encoding: cp949`입니다.",
    },
  ),
} as const;

export const lintIds = Object.keys(lintCodes) as (keyof typeof lintCodes)[];
