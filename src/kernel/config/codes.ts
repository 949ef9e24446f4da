// Every problem a config can have: the one table of codes. `dure explain DURE101` reads from here.
//   0xx syntax   1xx structure and names   2xx options   301–309 and 320–339 topology   310–319 environment   4xx old spellings   5xx plugins of the user's own   6xx what `dure lint` finds
import type { Text } from "#base/lang.ts";
import { lintCodes } from "./lint-codes.ts";
import { processCodes } from "./process-codes.ts";

interface CodeEntry {
  readonly level: "syntax" | "schema" | "topology" | "environment" | "lint";
  /** What it is unless the place says otherwise (an unreachable output behind a failover is a warning). */
  readonly severity: "error" | "warning";
  readonly title: Text;
  readonly explanation: Text;
}

function entry(level: CodeEntry["level"], severity: CodeEntry["severity"], title: Text, explanation: Text): CodeEntry {
  return { level, severity, title, explanation };
}

export const codes = {
  DURE001: entry(
    "syntax",
    "error",
    { en: "The config file cannot be read", ko: "설정 파일을 읽을 수 없습니다" },
    {
      en: "The file does not exist, is a folder, or this user may not read it. Check the path and the permissions.",
      ko: "파일이 없거나, 폴더이거나, 현재 사용자에게 읽기 권한이 없습니다. 경로와 권한을 확인하세요.",
    },
  ),
  DURE002: entry(
    "syntax",
    "error",
    { en: "The config file is not UTF-8", ko: "설정 파일이 UTF-8이 아닙니다" },
    {
      en: "Configs are UTF-8 text. An editor on Korean Windows may have saved it as CP949 (ANSI): save it again as UTF-8.",
      ko: "설정은 UTF-8 텍스트입니다. 한국어 Windows의 편집기가 CP949(ANSI)로 저장했을 수 있으니 UTF-8로 다시 저장하세요.",
    },
  ),
  DURE003: entry(
    "syntax",
    "error",
    { en: "The config is empty", ko: "설정이 비어 있습니다" },
    {
      en: "A config needs a pipeline under `pipelines:`, or a process under `processes:`.",
      ko: "설정에는 `pipelines:` 아래에 파이프라인이, 또는 `processes:` 아래에 프로세스가 있어야 합니다.",
    },
  ),
  DURE010: entry(
    "syntax",
    "error",
    { en: "YAML syntax error", ko: "YAML 문법 오류" },
    {
      en: "The text cannot be read as YAML at this place. Text that starts with a special character, or that contains `: ` or ` #`, must stand in quotes.",
      ko: "이 위치를 YAML로 읽을 수 없습니다. 특수 문자로 시작하거나 `: ` 또는 ` #`이 들어 있는 값은 따옴표로 감싸야 합니다.",
    },
  ),
  DURE011: entry(
    "syntax",
    "error",
    { en: "A quote is not closed", ko: "따옴표가 닫히지 않았습니다" },
    {
      en: "A text that begins with a quote must end with the same one. In double quotes, write \\\" for a quote and \\\\ for a backslash; in single quotes write '' for a quote.",
      ko: "따옴표로 시작한 값은 같은 따옴표로 끝나야 합니다. 큰따옴표 안에서는 따옴표를 \\\", 역슬래시를 \\\\ 로, 작은따옴표 안에서는 따옴표를 '' 로 씁니다.",
    },
  ),
  DURE012: entry(
    "syntax",
    "error",
    { en: "A tab is used for indentation", ko: "들여쓰기에 탭이 쓰였습니다" },
    {
      en: "YAML allows only spaces for indentation. Set your editor to insert spaces in .yml files.",
      ko: "YAML의 들여쓰기에는 빈칸만 쓸 수 있습니다. 편집기가 .yml 파일에 빈칸을 넣도록 설정하세요.",
    },
  ),
  DURE013: entry(
    "syntax",
    "error",
    { en: "A key stands twice", ko: "같은 키가 두 번 나옵니다" },
    {
      en: "A map may hold each key once. If the second was meant for another step, begin it with `- `.",
      ko: "한 맵에는 같은 키를 한 번만 쓸 수 있습니다. 다른 단계에 쓸 값이라면 `- `로 새 단계를 시작하세요.",
    },
  ),
  DURE014: entry(
    "syntax",
    "error",
    { en: "An alias points nowhere", ko: "별칭이 가리키는 앵커가 없습니다" },
    {
      en: "`*name` repeats what was marked with `&name` earlier in the same file, and must not stand inside it. A text that begins with `*` must stand in quotes.",
      ko: "`*이름`은 같은 파일의 앞쪽에서 `&이름`으로 표시한 값을 되풀이하며, 그 값 안에서는 쓸 수 없습니다. `*`로 시작하는 글자는 따옴표로 감싸세요.",
    },
  ),
  DURE015: entry(
    "syntax",
    "error",
    { en: "Wrong indentation", ko: "들여쓰기가 맞지 않습니다" },
    {
      en: "What belongs together starts in the same column; what belongs to a key is indented further than the key. A bracket that was opened must be closed.",
      ko: "한 묶음은 같은 열에서 시작하고, 어떤 키에 딸린 값은 그 키보다 더 들여 써야 합니다. 연 괄호는 닫아야 합니다.",
    },
  ),
  DURE016: entry(
    "syntax",
    "error",
    { en: "The config is too large", ko: "설정이 너무 큽니다" },
    {
      en: "Values may be nested 64 deep, and aliases may not unfold into more than 100,000 values.",
      ko: "값은 64단계까지 겹쳐 쓸 수 있고, 별칭을 펼친 값은 100,000개를 넘을 수 없습니다.",
    },
  ),
  DURE017: entry(
    "syntax",
    "error",
    { en: "A placeholder stands for no known secret", ko: "가린 값의 원래 값을 알 수 없습니다" },
    {
      en: "Where an agent shows its config, `[hidden:…]` stands for each secret, and is put back when the text is applied. This one belongs to no secret of this agent's config or its history: write the value itself, or better `${env:NAME}` or `${file:/run/secrets/name}`.",
      ko: "에이전트가 설정을 보여 줄 때 비밀 값은 `[hidden:…]`로 가리고, 적용할 때 원래 값을 되돌려 씁니다. 이 표시는 이 에이전트의 설정이나 이력에 있는 어떤 비밀 값도 아닙니다. 값을 직접 쓰거나, 더 나은 방법으로 `${env:이름}`이나 `${file:/run/secrets/이름}`을 쓰세요.",
    },
  ),
  DURE101: entry(
    "schema",
    "error",
    { en: "There is no such plugin", ko: "그런 플러그인이 없습니다" },
    {
      en: "A step names its plugin by kind and name: in.FileTail. `dure list` shows what is installed; a plugin of your own is a file in `plugins/` next to the config.",
      ko: "단계에는 in.FileTail처럼 종류와 이름을 씁니다. 설치된 것은 `dure list`로 볼 수 있고, 직접 만든 플러그인은 설정 파일 옆 `plugins/`에 둡니다.",
    },
  ),
  DURE102: entry(
    "schema",
    "error",
    { en: "This is not a config of this program", ko: "이 프로그램의 설정이 아닙니다" },
    {
      en: "A config is a map with `pipelines:` (and `agent:`, `vars:`), or, in the old forms, a list of `- task:` or a map with `sources:` and `matches:`.",
      ko: "설정은 `pipelines:`(와 `agent:`, `vars:`)가 있는 맵이거나, 옛 형식이라면 `- task:` 목록 또는 `sources:`와 `matches:`가 있는 맵입니다.",
    },
  ),
  DURE103: entry(
    "schema",
    "error",
    { en: "Unknown key", ko: "알 수 없는 키" },
    {
      en: "At this place of the config other keys are known. Unknown keys are refused because a typo that is ignored costs more than one that is shown.",
      ko: "이 위치에서는 다른 키를 씁니다. 오타를 무시하면 나중에 더 큰 문제가 되므로, 모르는 키는 받아들이지 않습니다.",
    },
  ),
  DURE104: entry(
    "schema",
    "error",
    { en: "A pipeline is a list of steps", ko: "파이프라인은 단계의 목록입니다" },
    {
      en: "Write each step on a line of its own that begins with `- `, or a map with `steps:` and `retry:`.",
      ko: "단계마다 `- `로 시작하는 줄을 쓰거나, `steps:`와 `retry:`가 있는 맵을 쓰세요.",
    },
  ),
  DURE105: entry(
    "schema",
    "error",
    { en: "This is not a step", ko: "단계가 아닙니다" },
    {
      en: "A step is a plugin's name (`- out.Stdout`), or a name with its options (`- in.FileTail: { path: app.log }`).",
      ko: "단계는 플러그인 이름(`- out.Stdout`)이거나 옵션이 딸린 이름(`- in.FileTail: { path: app.log }`)입니다.",
    },
  ),
  DURE106: entry(
    "schema",
    "error",
    { en: "Two things in one step", ko: "한 단계에 두 가지가 있습니다" },
    {
      en: "Each step begins with its own `- `, and all its options stand under its name, indented further.",
      ko: "단계는 저마다 `- `로 시작하고, 옵션은 모두 그 이름 아래에 더 들여 씁니다.",
    },
  ),
  DURE108: entry(
    "schema",
    "error",
    { en: "Two pipelines have the same name", ko: "파이프라인 이름이 겹칩니다" },
    {
      en: "Positions, buffers and metrics are kept by the pipeline's name, so each name can be given once, also across the documents of one file.",
      ko: "읽은 위치, 버퍼, 지표는 파이프라인 이름으로 관리하므로, 한 파일의 여러 문서를 통틀어 이름은 한 번만 쓸 수 있습니다.",
    },
  ),
  DURE109: entry(
    "schema",
    "error",
    { en: "A pipeline's name cannot be used", ko: "쓸 수 없는 파이프라인 이름입니다" },
    {
      en: "Letters of any script, digits, blanks, `.`, `_` and `-` are allowed, up to 100 characters, beginning with a letter or a digit: the name becomes a folder.",
      ko: "이름은 폴더 이름이 되므로 글자(한글 포함)나 숫자로 시작하고, 글자·숫자·빈칸·`.`·`_`·`-`만 100자까지 쓸 수 있습니다.",
    },
  ),
  DURE110: entry(
    "schema",
    "error",
    { en: "A reference cannot be resolved", ko: "참조를 풀 수 없습니다" },
    {
      en: "`${env:NAME}` is an environment variable, `${env:NAME:-default}` has a default, `${file:/path}` is a file's text, `${var:NAME}` comes from `vars:`. `$${env:NAME}` stands for itself.",
      ko: "`${env:NAME}`은 환경 변수, `${env:NAME:-기본값}`은 기본값이 있는 환경 변수, `${file:/경로}`는 파일 내용, `${var:NAME}`은 `vars:`의 값입니다. 글자 그대로 쓰려면 `$${env:NAME}`로 씁니다.",
    },
  ),
  DURE120: entry(
    "schema",
    "error",
    { en: "`sources:` or `matches:` has another form", ko: "`sources:`나 `matches:`의 형식이 다릅니다" },
    {
      en: "`sources:` is a list of pipe strings (`- in.FakeData | tag test`), `matches:` a map of tag patterns and pipe strings (`\"test*\": out.Stdout`).",
      ko: "`sources:`는 파이프 문자열의 목록(`- in.FakeData | tag test`)이고, `matches:`는 태그 패턴과 파이프 문자열의 맵(`\"test*\": out.Stdout`)입니다.",
    },
  ),
  DURE121: entry(
    "schema",
    "error",
    { en: "A pipe string cannot be read", ko: "파이프 문자열을 읽을 수 없습니다" },
    {
      en: "Steps stand between `|`; each is a plugin's name, then options as on a command line: `-n 3`, `--number 3`, `--number=3`. Quotes, or a backslash, keep blanks and bars together.",
      ko: "단계는 `|`로 나눕니다. 단계마다 플러그인 이름을 쓰고 `-n 3`, `--number 3`, `--number=3`처럼 옵션을 붙입니다. 빈칸이나 `|`가 든 값은 따옴표로 감싸거나 앞에 역슬래시를 붙입니다.",
    },
  ),
  DURE122: entry(
    "schema",
    "error",
    { en: "A source ends in a tag or an output", ko: "소스는 tag나 출력으로 끝납니다" },
    {
      en: "A source that ends in `tag NAME` goes on through the matches that fit the tag; one that ends in an output is complete. A match may not end in a tag.",
      ko: "`tag 이름`으로 끝나는 소스는 그 태그에 맞는 매치로 이어지고, 출력으로 끝나는 소스는 그것으로 완결됩니다. 매치는 tag로 끝날 수 없습니다.",
    },
  ),
  DURE123: entry(
    "schema",
    "error",
    { en: "Two sources have the same tag", ko: "두 소스의 태그가 같습니다" },
    {
      en: "Each source's tag is the name of its pipeline, by which positions and buffers are kept. Give each its own and let one pattern fit both: `web.*`.",
      ko: "소스의 태그는 파이프라인의 이름이 되어 읽은 위치와 버퍼를 구분합니다. 태그를 따로 주고 `web.*`처럼 한 패턴으로 받으세요.",
    },
  ),
  DURE124: entry(
    "schema",
    "warning",
    { en: "A tag without a match", ko: "맞는 매치가 없는 태그" },
    {
      en: "No pattern under `matches:` fits the tag, so its records go to the standard output.",
      ko: "`matches:`에 이 태그에 맞는 패턴이 없어 레코드를 표준 출력으로 보냅니다.",
    },
  ),
  DURE125: entry(
    "schema",
    "warning",
    { en: "A match that no source reaches", ko: "어떤 소스도 닿지 않는 매치" },
    {
      en: "No source's tag fits the pattern, or an earlier match that fits the same tags ends in an output.",
      ko: "이 패턴에 맞는 태그를 가진 소스가 없거나, 같은 태그에 맞는 앞의 매치가 출력으로 끝납니다.",
    },
  ),
  DURE126: entry(
    "schema",
    "error",
    { en: "A tag pattern cannot be read", ko: "태그 패턴을 읽을 수 없습니다" },
    {
      en: "`*` is any run of characters in one part, `**` any number of parts, `{a,b}` either of them; several patterns stand with blanks between them.",
      ko: "`*`는 한 마디 안의 아무 글자, `**`는 여러 마디, `{a,b}`는 둘 중 하나입니다. 패턴이 여럿이면 빈칸으로 나눕니다.",
    },
  ),
  DURE127: entry(
    "schema",
    "error",
    { en: "A tag cannot be used", ko: "쓸 수 없는 태그입니다" },
    {
      en: "A source's tag has letters of any script, digits, `_` and `-`, with `.` between its parts, up to 100 characters: it names the pipeline and its folder.",
      ko: "소스의 태그는 파이프라인과 그 폴더의 이름이 되므로 글자(한글 포함), 숫자, `_`, `-`와 마디를 나누는 `.`만 100자까지 쓸 수 있습니다.",
    },
  ),
  DURE128: entry(
    "schema",
    "warning",
    { en: "An input that cannot be given a tag", ko: "태그를 줄 수 없는 입력" },
    {
      en: "The input has no option `tag`. The source's tag chooses its matches; the records have the tag that the input gives them.",
      ko: "입력에 `tag` 옵션이 없습니다. 소스의 태그로 매치를 고르지만, 레코드에는 입력에서 붙인 태그가 남습니다.",
    },
  ),
  DURE201: entry(
    "schema",
    "error",
    { en: "A value of the wrong type", ko: "값의 형식이 다릅니다" },
    {
      en: "The option takes another type of value. Text that looks like a number, true or false must stand in quotes.",
      ko: "이 옵션은 다른 형식의 값을 받습니다. 숫자나 true, false처럼 보이는 글자는 따옴표로 감싸세요.",
    },
  ),
  DURE202: entry(
    "schema",
    "error",
    { en: "Not one of the possible values", ko: "가능한 값이 아닙니다" },
    {
      en: "The option takes one of a fixed set of values; `dure desc` of the plugin lists them.",
      ko: "이 옵션은 정해진 값 가운데 하나만 받습니다. 플러그인의 `dure desc`에서 볼 수 있습니다.",
    },
  ),
  DURE203: entry(
    "schema",
    "error",
    { en: "Too small or too large", ko: "값이 너무 작거나 큽니다" },
    {
      en: "The value is outside of what the option allows.",
      ko: "옵션이 허용하는 범위를 벗어난 값입니다.",
    },
  ),
  DURE204: entry(
    "schema",
    "error",
    { en: "A required option is missing", ko: "필수 옵션이 없습니다" },
    {
      en: "The plugin cannot work without this option. `dure desc` of the plugin shows an example.",
      ko: "이 옵션이 없으면 플러그인이 동작할 수 없습니다. 플러그인의 `dure desc`에 예가 있습니다.",
    },
  ),
  DURE205: entry(
    "schema",
    "error",
    { en: "The value cannot be used", ko: "쓸 수 없는 값입니다" },
    {
      en: "The value is of the right type but does not say something the plugin can use: a duration without a known unit, an expression that does not compile.",
      ko: "형식은 맞지만 플러그인이 쓸 수 없는 값입니다. 모르는 시간 단위, 컴파일되지 않는 식 따위입니다.",
    },
  ),
  DURE207: entry(
    "schema",
    "error",
    { en: "Unknown option", ko: "알 수 없는 옵션" },
    {
      en: "The plugin has no option of this name. Unknown options are refused: an `encodng` that is silently ignored corrupts data.",
      ko: "플러그인에 그런 옵션이 없습니다. `encodng` 같은 오타를 조용히 무시하면 데이터가 깨지므로 받아들이지 않습니다.",
    },
  ),
  DURE301: entry(
    "topology",
    "error",
    { en: "A pipeline begins with an input", ko: "파이프라인은 입력으로 시작합니다" },
    {
      en: "The first step must be an input (in.…): it gives the records that all others work on.",
      ko: "첫 단계는 입력(in.…)이어야 합니다. 나머지 단계는 입력이 주는 레코드를 다룹니다.",
    },
  ),
  DURE302: entry(
    "topology",
    "error",
    { en: "An input stands in the middle", ko: "입력이 중간에 있습니다" },
    {
      en: "A pipeline has one input, at its beginning. Make a second pipeline for the second input.",
      ko: "파이프라인의 입력은 맨 앞 하나입니다. 두 번째 입력은 다른 파이프라인으로 만드세요.",
    },
  ),
  DURE303: entry(
    "topology",
    "error",
    { en: "A pipeline ends in an output", ko: "파이프라인은 출력으로 끝납니다" },
    {
      en: "The last step (before `sleep`, if there is one) must be an output or a `failover`: otherwise the records go nowhere. An output such as out.Exec whose result goes on as the stream is not an end.",
      ko: "마지막 단계(`sleep`이 있으면 그 앞)는 출력이나 `failover`여야 합니다. 그렇지 않으면 레코드가 갈 곳이 없습니다. out.Exec처럼 결과가 다시 스트림이 되는 출력은 끝이 될 수 없습니다.",
    },
  ),
  DURE304: entry(
    "topology",
    "error",
    { en: "A step stands behind an output", ko: "출력 뒤에 단계가 있습니다" },
    {
      en: "Nothing flows on behind an output, so parsers, filters and buffers must stand before it. Only further outputs and `sleep` may follow.",
      ko: "출력 뒤로는 아무것도 흐르지 않으므로 파서, 필터, 버퍼는 출력 앞에 두어야 합니다. 뒤에는 다른 출력과 `sleep`만 올 수 있습니다.",
    },
  ),
  DURE305: entry(
    "topology",
    "error",
    { en: "A pipeline without steps", ko: "단계가 없는 파이프라인" },
    {
      en: "A pipeline needs at least an input and an output. A config without pipelines needs `processes:`, a `console:` from which they are added, or `jobs:`.",
      ko: "파이프라인에는 적어도 입력 하나와 출력 하나가 있어야 합니다. 파이프라인이 없는 설정에는 `processes:`나 프로세스를 추가할 `console:`, 또는 `jobs:`가 있어야 합니다.",
    },
  ),
  DURE306: entry(
    "topology",
    "error",
    { en: "A buffer has no use here", ko: "버퍼를 둘 수 없는 자리입니다" },
    {
      en: "A buffer collects records on their way to an output: it stands behind the input and before the output, and one in a pipeline is enough.",
      ko: "버퍼는 출력으로 가는 레코드를 모읍니다. 입력 뒤, 출력 앞에 하나만 두세요.",
    },
  ),
  DURE307: entry(
    "topology",
    "error",
    { en: "failover switches between outputs", ko: "failover는 출력끼리 전환합니다" },
    {
      en: "`outputs` and `last` of a failover take final outputs only: no inputs, parsers, filters, buffers, no out.Exec and no further failover.",
      ko: "failover의 `outputs`와 `last`에는 최종 출력만 쓸 수 있습니다. 입력, 파서, 필터, 버퍼, out.Exec, 또 다른 failover는 쓸 수 없습니다.",
    },
  ),
  DURE308: entry(
    "topology",
    "warning",
    { en: "Two steps write the same file", ko: "두 단계가 같은 파일에 씁니다" },
    {
      en: "Each out.File counts its own bytes to be exactly once; two writers of one file spoil that. Give each its own path.",
      ko: "out.File은 쓴 바이트를 세어 정확히 한 번을 보장하는데, 한 파일에 둘이 쓰면 이 보장이 깨집니다. 경로를 따로 쓰세요.",
    },
  ),
  DURE309: entry(
    "topology",
    "warning",
    { en: "Two pipelines keep their positions in the same folder", ko: "두 파이프라인이 같은 폴더에 위치를 저장합니다" },
    {
      en: "When two pipelines follow the same files with the same pos_dir, each moves the other's position. Give each its own pos_dir, or leave it out.",
      ko: "두 파이프라인이 같은 pos_dir로 같은 파일을 따라가면 서로의 위치를 바꿔 버립니다. pos_dir을 따로 쓰거나 빼세요.",
    },
  ),
  DURE310: entry(
    "environment",
    "error",
    { en: "Something the config needs is not ready", ko: "설정에 필요한 것이 준비되지 않았습니다" },
    {
      en: "The config is right, but on this machine something is missing: a folder, a permission, a peer that answers. `--no-environment` leaves these checks out.",
      ko: "설정은 맞지만 이 컴퓨터에서 무언가가 빠져 있습니다(폴더, 권한, 응답하는 상대). `--no-environment`로 이 검사를 뺄 수 있습니다.",
    },
  ),
  DURE311: entry(
    "environment",
    "error",
    { en: "A check had no answer in time", ko: "제시간에 응답이 없습니다" },
    {
      en: "What the step needs did not answer within a second.",
      ko: "단계에 필요한 상대가 1초 안에 응답하지 않았습니다.",
    },
  ),
  DURE312: entry(
    "environment",
    "error",
    { en: "The data folder cannot be written", ko: "데이터 폴더에 쓸 수 없습니다" },
    {
      en: "Positions, buffers and dead letters are kept in `agent.data_dir`; this user must be able to write there.",
      ko: "읽은 위치, 버퍼, 데드레터를 `agent.data_dir`에 두므로 현재 사용자가 쓸 수 있어야 합니다.",
    },
  ),
  DURE314: entry(
    "environment",
    "error",
    { en: "What the rules of jobs need is not there", ko: "작업 규칙에 필요한 것이 없습니다" },
    {
      en: "The folder that `jobs: rules` names has to be there and hold files with functions or programs; Python has to be there for those in Python. `--no-environment` leaves these checks out.",
      ko: "`jobs: rules`에 쓴 폴더와 그 안에 함수가 든 파일이나 프로그램이 있어야 하고, Python 규칙이 있으면 Python도 있어야 합니다. `--no-environment`로 이 검사를 뺄 수 있습니다.",
    },
  ),
  DURE320: entry(
    "topology",
    "error",
    { en: "A step that cannot stand in a branch", ko: "갈래에 쓸 수 없는 단계" },
    {
      en: "A branch of a route is a way of its own for the records that fit it: parsers, filters, one buffer, and outputs at its end. The input stands before the route; `sleep` and a further route stand outside.",
      ko: "route의 갈래는 맞는 레코드만의 길입니다. 파서, 필터, 버퍼 하나, 그리고 끝의 출력으로 이루어집니다. 입력은 route 앞에, `sleep`과 또 다른 route는 바깥에 둡니다.",
    },
  ),
  DURE321: entry(
    "topology",
    "warning",
    { en: "Nothing comes to this branch", ko: "아무것도 오지 않는 갈래" },
    {
      en: "Branches are asked from the first to the last, and a record goes with the first that it fits. One without `when` fits all, so those below it get nothing, unless it says `continue: true`.",
      ko: "갈래는 위에서 아래로 살피고, 레코드는 처음 맞는 갈래로 갑니다. `when`이 없는 갈래에는 모두 맞으므로, `continue: true`가 없으면 그 아래로는 아무것도 가지 않습니다.",
    },
  ),
  DURE322: entry(
    "topology",
    "error",
    { en: "A metric is made in two ways", ko: "지표의 모양이 두 가지입니다" },
    {
      en: "Whoever reads the agent's metrics sees those of all pipelines together. Steps may use the same name, and what they count is added up, when its type, its labels and its buckets are the same.",
      ko: "에이전트의 지표는 모든 파이프라인의 것을 모아 보여 줍니다. 여러 단계에서 같은 이름을 쓰면 값을 더하므로 type과 레이블, buckets를 같게 써야 합니다.",
    },
  ),
  DURE401: entry(
    "schema",
    "warning",
    { en: "Options stand beside their step", ko: "옵션이 단계와 같은 깊이에 있습니다" },
    {
      en: "Options belong under the step's name, indented further. It is understood as it is.",
      ko: "옵션은 단계 이름 아래에 더 들여 써야 합니다. 지금은 그대로 이해합니다.",
    },
  ),
  DURE402: entry(
    "schema",
    "warning",
    { en: "An old name", ko: "옛 이름" },
    {
      en: "The plugin has a new name. The old one still works.",
      ko: "플러그인 이름이 바뀌었습니다. 옛 이름도 아직 동작합니다.",
    },
  ),
  DURE403: entry(
    "schema",
    "warning",
    { en: "A plugin under another kind", ko: "종류가 다르게 쓰인 플러그인" },
    {
      en: "The name exists, but under another kind. It is understood as that one.",
      ko: "이름은 있지만 종류가 다릅니다. 그 종류로 이해합니다.",
    },
  ),
  DURE404: entry(
    "syntax",
    "warning",
    { en: "A comma behind a value", ko: "값 뒤의 쉼표" },
    {
      en: "YAML has no commas at the end of a line; this one is ignored.",
      ko: "YAML은 줄 끝에 쉼표를 쓰지 않습니다. 이 쉼표는 무시합니다.",
    },
  ),
  DURE405: entry(
    "schema",
    "warning",
    { en: "A setting without effect", ko: "효과가 없는 설정" },
    {
      en: "The setting belongs to the old program and has no counterpart: it is accepted and changes nothing.",
      ko: "옛 프로그램의 설정으로, 여기에는 해당하는 것이 없습니다. 받아들이지만 아무것도 바꾸지 않습니다.",
    },
  ),
  DURE501: entry(
    "schema",
    "error",
    { en: "A plugin file cannot be loaded", ko: "플러그인 파일을 읽어 들일 수 없습니다" },
    {
      en: "A file in `plugins/`, or a package's manifest or file, has an error at the place that is shown. All other plugins work.",
      ko: "`plugins/`의 파일이나 플러그인 패키지의 매니페스트 또는 파일에 오류가 있습니다. 위치는 메시지를 보세요. 다른 플러그인은 모두 동작합니다.",
    },
  ),
  DURE502: entry(
    "schema",
    "error",
    { en: "A plugin file holds no plugin", ko: "플러그인이 들어 있지 않은 파일" },
    {
      en: 'A file in `plugins/` exports `function parse(line)`, or `function filter(record)`, or has a plugin as its default export: `export default defineParse({…})` with `import { defineParse } from "dure/plugin"`.',
      ko: '`plugins/`의 파일은 `function parse(line)`이나 `function filter(record)`를 내보내거나, `import { defineParse } from "dure/plugin"` 하여 `export default defineParse({…})`로 플러그인을 내보냅니다.',
    },
  ),
  DURE503: entry(
    "schema",
    "warning",
    { en: "A plugin file hides another plugin", ko: "다른 플러그인을 가리는 파일" },
    {
      en: "Two plugins have the same kind and name; the one in `plugins/` is used.",
      ko: "종류와 이름이 같은 플러그인이 둘입니다. `plugins/`의 것을 씁니다.",
    },
  ),
  ...processCodes,
  ...lintCodes,
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;
