// Flows against one another and against the processes that they join.
import { circlesOf } from "./circles.ts";
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import type { ProcessesPlan } from "./process-plan.ts";
import { wordsAt } from "./process-words.ts";
import type { Word } from "./process-words.ts";
import type { FlowEntry, ProcessEntry, ReadProcesses } from "./read-processes.ts";
import type { Span } from "./source.ts";
import { entryOf, locate, spanOf } from "./tree.ts";

/** One process feeding one other, as a flow says it. */
interface Edge {
  readonly from: Word;
  readonly to: Word;
  readonly flow: FlowEntry;
}

export function checkFlows({ flows, processes }: ReadProcesses, plan: ProcessesPlan, isKnown: (word: Word) => boolean, problems: Problems): void {
  const edges = flows.flatMap((flow): Edge[] => {
    const [from, to] = [wordsAt(flow.node, "from", flow.nameSpan).filter(isKnown), wordsAt(flow.node, "to", flow.nameSpan).filter(isKnown)];
    return from.flatMap((one) => to.map((other) => ({ from: one, to: other, flow })));
  });
  for (const edge of edges) {
    if (edge.from.name !== edge.to.name) continue;
    problems.add("DURE333", edge.to.span, { text: { en: `'${edge.to.name}' would be fed what it prints itself`, ko: `'${edge.to.name}'${particle(edge.to.name, "이/가")} 자신의 출력을 다시 받게 됩니다` } });
  }
  checkTwice(edges, problems);
  checkAcks(flows, edges, processes, problems);
  checkPipes(edges, plan, problems);
  if (!problems.hasErrors) checkCircles(edges, problems);
}

/** What two flows from the same process to the same process mean nobody can say. */
function checkTwice(edges: readonly Edge[], problems: Problems): void {
  const met = new Map<string, Edge>();
  for (const edge of edges) {
    const pair = JSON.stringify([edge.from.name, edge.to.name]);
    const other = met.get(pair);
    if (other === undefined) met.set(pair, edge);
    else if (other.flow !== edge.flow) {
      const { line } = problems.source.place(other.flow.nameSpan.start);
      const isClash = other.flow.options !== undefined && edge.flow.options !== undefined && other.flow.options.type !== edge.flow.options.type;
      const way = `${edge.from.name} → ${edge.to.name}`;
      problems.add("DURE335", edge.to.span, {
        text: isClash ? { en: `${way} is \`${other.flow.options?.type}\` on line ${line}, and \`${edge.flow.options?.type}\` here`, ko: `${way}: ${line}행에서는 \`${other.flow.options?.type}\`, 여기서는 \`${edge.flow.options?.type}\`입니다` } : { en: `${way} is there already, on line ${line}`, ko: `${way}: ${line}행에 이미 있습니다` },
        help: { en: "each line would come twice: take one of the two out", ko: "같은 줄이 두 번 가게 됩니다. 하나를 빼세요" },
      });
    }
  }
}

// --- acknowledgements -----------------------------------------------------------------------------------------------------

interface Said {
  readonly ack: string;
  readonly span: Span;
}

function checkAcks(flows: readonly FlowEntry[], edges: readonly Edge[], processes: readonly ProcessEntry[], problems: Problems): void {
  const said = new Map<string, Said>();
  for (const { name, node, options } of processes) if (options?.ack !== undefined) said.set(name, { ack: options.ack, span: ackSpan(node, node) });
  for (const flow of flows) {
    const ack = flow.options?.ack;
    if (ack === undefined) continue;
    const span = ackSpan(flow.node, flow.nameSpan);
    for (const name of new Set(edges.filter((edge) => edge.flow === flow).map(({ to }) => to.name))) {
      const before = said.get(name);
      if (before === undefined) said.set(name, { ack, span });
      else if (before.ack !== ack) {
        const { line, column } = problems.source.place(before.span.start);
        problems.add("DURE334", span, {
          text: { en: `'${name}' says in one way only that a line is done: \`${before.ack}\` on line ${line}:${column}, \`${ack}\` here`, ko: `'${name}'의 처리 확인 방법은 하나여야 합니다: ${line}:${column}에서는 \`${before.ack}\`, 여기서는 \`${ack}\`` },
          help: { en: "write the same `ack` at all flows that lead to it", ko: "이 프로세스로 가는 모든 플로우에 같은 `ack`를 쓰세요" },
        });
      }
    }
  }
}

function ackSpan(node: Parameters<typeof locate>[0], fallback: Span): Span {
  return spanOf(locate(node, ["ack"], fallback).value ?? node, fallback);
}

// --- pipes of the kernel --------------------------------------------------------------------------------------------------

/** Where `view: false` and nothing else is asked, what one prints never comes by the agent. */
function checkPipes(edges: readonly Edge[], plan: ProcessesPlan, problems: Problems): void {
  for (const { flow, from, to } of edges) {
    if (flow.options?.view !== false) continue;
    const isAlone = edges.filter((edge) => edge.from.name === from.name || edge.to.name === to.name).length === 1;
    const [giver, taker] = [from, to].map(({ name }) => plan.processes.find((each) => each.name === name));
    if (!isAlone || giver === undefined || taker === undefined || taker.ack.type !== "none") continue;
    const span = flow.node.type === "map" ? (entryOf(flow.node, "view")?.keySpan ?? flow.nameSpan) : flow.nameSpan;
    const many = [giver, taker].find(({ instances }) => 1 < instances);
    const complain = (en: string, ko: string): void => problems.add("DURE336", span, { text: { en: `without \`view\` what '${giver.name}' prints goes straight to '${taker.name}', ${en}`, ko: `\`view\`를 끄면 '${giver.name}'의 출력이 '${taker.name}'에 바로 전달되어 ${ko}` }, help: { en: "leave out `view: false`", ko: "`view: false`를 빼세요" } });
    if (many !== undefined) complain(`which one pipe cannot do with ${many.instances} instances of '${many.name}'`, `'${many.name}'의 인스턴스가 ${many.instances}개이면 이을 수 없습니다`);
    else if (giver.health?.type === "line") complain("and `health: line` never sees it", "`health: line`으로 볼 수 없습니다");
    else if (giver.output.file !== undefined) complain("and is never written to its `output: file`", "`output: file`에 적을 수 없습니다");
  }
}

// --- circles --------------------------------------------------------------------------------------------------------------

function checkCircles(edges: readonly Edge[], problems: Problems): void {
  const words = new Map(edges.map(({ from }) => [from.name, edges.filter((edge) => edge.from.name === from.name).map(({ to }) => to)]));
  for (const circle of circlesOf(words)) {
    const way = [...circle.map(({ from }) => from), circle[0]?.from ?? ""].join(" → ");
    problems.add("DURE338", circle.at(-1)?.word.span ?? { start: 0, end: 1 }, { text: { en: `these flows lead in a circle: ${way}`, ko: `플로우가 원을 이룹니다: ${way}` }, help: { en: "see that one of them prints nothing for some lines, or the queues fill and all of them wait", ko: "어느 하나는 줄을 다시 내보내지 않게 하세요. 그렇지 않으면 큐가 차서 모두 기다리게 됩니다" } });
  }
}
