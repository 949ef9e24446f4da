// The words of the field as this agent uses them, in both languages.
import type { Text } from "../../words/say.ts";

export const glossary: readonly { readonly term: Text; readonly meaning: Text }[] = [
  { term: { en: "agent", ko: "에이전트" }, meaning: { en: "The program that runs all this, one for each config.", ko: "이 모든 것을 실행하는 프로그램. 설정 하나에 하나." } },
  { term: { en: "pipeline", ko: "파이프라인" }, meaning: { en: "A chain of steps that records pass from an input to outputs.", ko: "레코드가 입력에서 출력까지 지나가는 단계들." } },
  { term: { en: "step", ko: "단계" }, meaning: { en: "One part of a pipeline: input, parser, filter, buffer, output.", ko: "파이프라인의 한 부분: 입력, 파서, 필터, 버퍼, 출력." } },
  { term: { en: "process", ko: "프로세스" }, meaning: { en: "A program that the agent keeps alive.", ko: "에이전트가 계속 실행해 두는 프로그램." } },
  { term: { en: "flow", ko: "플로우" }, meaning: { en: "What hands each line that one process prints to others that read it.", ko: "한 프로세스가 출력한 줄을 다른 프로세스의 입력으로 넘기는 것." } },
  { term: { en: "job", ko: "작업" }, meaning: { en: "A rule with its arguments, to be run once by one of the workers.", ko: "규칙을 인자와 함께 워커 하나가 한 번 실행하는 것." } },
  { term: { en: "rule", ko: "규칙" }, meaning: { en: "A function of a file in the rules folder.", ko: "규칙 폴더에 있는 파일의 함수." } },
  { term: { en: "worker", ko: "워커" }, meaning: { en: "A process of the agent's that runs jobs, several at a time.", ko: "작업을 한 번에 여러 개씩 실행하는 에이전트의 프로세스." } },
  { term: { en: "schedule", ko: "일정" }, meaning: { en: "What is sent to a process, or done with it, at given times.", ko: "정해진 시각에 프로세스에 보내거나 하는 일." } },
  { term: { en: "record", ko: "레코드" }, meaning: { en: "One line, event or row on its way.", ko: "지나가는 한 줄, 한 사건, 한 행." } },
  { term: { en: "batch", ko: "배치" }, meaning: { en: "Records that travel together and are settled together.", ko: "함께 이동하고 함께 처리가 끝나는 레코드 묶음." } },
  { term: { en: "tap", ko: "탭" }, meaning: { en: "A look at records as they pass a step, before and after it.", ko: "단계를 지나는 레코드를 앞뒤로 들여다보는 것." } },
  { term: { en: "buffer", ko: "버퍼" }, meaning: { en: "Where records wait while an output is away; on disk it survives a crash.", ko: "출력이 멈춘 동안 레코드가 기다리는 곳. 디스크에 두면 비정상 종료에도 남음." } },
  { term: { en: "failover", ko: "장애 조치" }, meaning: { en: "Several outputs of which the next takes over when one is away.", ko: "출력 하나가 멈추면 다음 출력이 이어받는 것." } },
  { term: { en: "dead letter", ko: "데드레터" }, meaning: { en: "A batch that an output refused for good, kept until somebody sends it again.", ko: "출력이 끝내 받지 않아, 다시 보낼 때까지 보관하는 배치." } },
  { term: { en: "position", ko: "읽은 위치" }, meaning: { en: "How far an input was read; it moves on only when what was read is safe.", ko: "입력을 어디까지 읽었는지. 읽은 것이 안전해진 다음에만 나아감." } },
  { term: { en: "lag", ko: "지연" }, meaning: { en: "How old the newest record is when it leaves.", ko: "가장 최근 레코드가 나갈 때까지 걸린 시간." } },
  { term: { en: "reload", ko: "다시 읽기" }, meaning: { en: "Going over to a changed config; what did not change goes on.", ko: "바뀐 설정으로 넘어가는 것. 바뀌지 않은 것은 그대로 계속됨." } },
  { term: { en: "plan", ko: "계획" }, meaning: { en: "What a reload would change, before it does.", ko: "다시 읽으면 무엇이 바뀌는지 미리 보는 것." } },
  { term: { en: "revision", ko: "설정 이력" }, meaning: { en: "A config as it was at some time, with who and why.", ko: "어느 시점의 설정. 누가 왜 바꿨는지와 함께 남음." } },
  { term: { en: "drain", ko: "비우기" }, meaning: { en: "Taking nothing new and finishing what is in hand.", ko: "새로 받지 않고 손에 든 것을 마치는 것." } },
  { term: { en: "role", ko: "역할" }, meaning: { en: "viewer sees, operator acts on what runs, admin may do everything.", ko: "보기는 보기만, 운영은 실행 중인 것을 다루고, 관리는 모두." } },
  { term: { en: "token", ko: "토큰" }, meaning: { en: "What a program logs in with, for so long and for such commands.", ko: "프로그램이 로그인할 때 쓰는 것. 기간과 범위를 정할 수 있음." } },
  { term: { en: "audit", ko: "감사 기록" }, meaning: { en: "Who did what, in a chain in which nothing can be changed unseen.", ko: "누가 무엇을 했는지. 몰래 바꿀 수 없도록 이어진 기록." } },
];
