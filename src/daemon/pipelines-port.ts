// What the commands of the pipelines, their dead letters and their buffers need of the running agent.
import { sharedWork } from "#base/shared-work.ts";
import type { PipelinesPort } from "#capabilities/pipelines/commands.ts";
import type { LetterDesk } from "#capabilities/pipelines/letter-desk.ts";
import type { LookedBuffer } from "#capabilities/pipelines/buffer-files.ts";
import { TapSeats } from "#capabilities/pipelines/tap-seats.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ControlParts } from "#edges/cli/agent-port.ts";
import { makeTestApart } from "./make-test-apart.ts";
import type { ControlFacts } from "./control-plane.ts";

const TESTS_WAITING_MAX = 8;

export function pipelinesPort({ agent, looks, history, events }: Pick<ControlParts, "agent"> & Pick<ControlFacts, "looks" | "history" | "events">): PipelinesPort {
  const { tap, pause, resume, plan, replay, samples } = agent;
  // What reads batches is loaded when it is asked for.
  let desk: Promise<LetterDesk> | undefined;
  let making: Promise<unknown> = Promise.resolve();
  let wished = 0;
  let looking: Promise<unknown> = Promise.resolve();
  const lookAtBuffers = async (isDeep: boolean): Promise<readonly LookedBuffer[]> => {
    const [{ keptBuffers, lookAt }, { createRegistry }, { builtInPlugins }] = await Promise.all([import("#capabilities/pipelines/buffer-files.ts"), import("#kernel/registry.ts"), import("#plugins/all.ts")]);
    const registry = createRegistry(builtInPlugins);
    await registry.addFiles(plan().pluginFiles);
    return lookAt(await keptBuffers(plan(), (name) => registry.load(name)), { isDeep, isInUse: true });
  };
  /** One look at a time: each reads through all there is. */
  const inLine = (isDeep: boolean): Promise<readonly LookedBuffer[]> => {
    const mine = looking.then(() => lookAtBuffers(isDeep));
    looking = mine.catch(() => {});
    return mine;
  };
  const look = { light: sharedWork(() => inLine(false)), deep: sharedWork(() => inLine(true)) };
  return {
    looks,
    history,
    seats: new TapSeats(),
    plan,
    tap,
    samples,
    pause,
    resume,
    desk: () => (desk ??= import("#capabilities/pipelines/letter-desk.ts").then(({ LetterDesk: Desk }) => new Desk({ plan, replay, publish: (name, data) => events.publish(name, data) }))),
    /** One at a time, and few wait for it. */
    async makeTest(wish, signal) {
      if (TESTS_WAITING_MAX <= wished) throw tooManyTests();
      wished += 1;
      const mine = making.then(() => makeTestApart(wish, plan(), signal));
      making = mine.catch(() => {});
      return mine.finally(() => (wished -= 1));
    },
    buffers: (isDeep) => (isDeep ? look.deep() : look.light()),
  };
}

function tooManyTests(): CommandFailure {
  return new CommandFailure("BUSY", { message: `${TESTS_WAITING_MAX} tests are being made`, hint: "Try again when they are ready.", ko: { message: `테스트 ${TESTS_WAITING_MAX}개를 만드는 중입니다`, hint: "끝난 뒤 다시 시도하세요." } });
}
