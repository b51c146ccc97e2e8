/** The facts of the rig (`DrillResult.rig`) that make a difference. */
export interface Facts {
  readonly executor: string;
  readonly pid1: boolean;
  readonly agent: string;
  readonly noPid1?: { readonly said: string } | undefined;
}

/** How every rehearsal differs from ECS and Buildkite. */
export function differencesOf(
  { executor, pid1, agent, noPid1 }: Facts,
  lostAfter: number,
): readonly string[] {
  return [
    executor === 'container'
      ? `executor container: the images run here, on the network of this machine, with the ${agent} in them`
      : `executor ${executor}: no image is run; entry point and command are programs of this machine, with its files, its network and your rights; the image's STOPSIGNAL, user and memory limit do not apply; the agent is the ${agent}`,
    ...(pid1
      ? []
      : [
          `there is no real PID 1 here${noPid1 === undefined ? '' : ` (${noPid1.said})`}: what depends on it cannot be judged and does not pass (no-pid1-semantics)`,
        ]),
    `Buildkite and ECS are stand-ins: a silent agent is given up after ${String(lostAfter / 1000)} s instead of three to four minutes; the agent uses the rig's token; there is no repository to check out`,
  ];
}
