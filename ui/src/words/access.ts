// Words of the first run and the login.
import type { Words } from "./say.ts";

export const words = {
  setupTitle: { en: "Welcome to Dure", ko: "두레를 시작합니다" },
  setupText: { en: "Nobody is known to this agent yet. You will be its first admin.", ko: "아직 등록된 사용자가 없습니다. 지금 만드는 사용자가 첫 관리자가 됩니다." },
  setupNeedsLink: { en: "Nobody is known to this agent yet", ko: "아직 등록된 사용자가 없습니다" },
  setupNeedsLinkText: { en: "Open the link that the agent printed when it started. It works once. A new one is made by:", ko: "에이전트가 시작할 때 출력한 링크를 여세요. 링크는 한 번만 쓸 수 있습니다. 새 링크는 다음 명령으로 만듭니다." },
  setupDone: { en: "This agent has its users already", ko: "이미 사용자가 등록된 에이전트입니다" },
  name: { en: "Name", ko: "이름" },
  password: { en: "Password", ko: "비밀번호" },
  passwordAgain: { en: "The password again", ko: "비밀번호 확인" },
  passwordHint: { en: "At least 10 characters. A sentence is easy to keep in mind.", ko: "10자 이상. 문장으로 만들면 기억하기 쉽습니다." },
  passwordShort: { en: "The password has {count} characters; it needs 10.", ko: "비밀번호가 {count}자입니다. 10자 이상이어야 합니다." },
  passwordDiffers: { en: "The two passwords differ.", ko: "두 비밀번호가 서로 다릅니다." },
  create: { en: "Begin", ko: "시작하기" },
  creating: { en: "Making your account…", ko: "계정을 만드는 중…" },
  loginTitle: { en: "Log in", ko: "로그인" },
  loginButton: { en: "Log in", ko: "로그인" },
  loggingIn: { en: "Logging in…", ko: "로그인하는 중…" },
  toLogin: { en: "To the login", ko: "로그인으로 가기" },
} as const satisfies Words;
