/** What the rig says of itself (`DrillResult.rig`), as far as it makes a difference. */
export interface Facts {
  readonly executor: string;
  readonly pid1: boolean;
  readonly agent: string;
  readonly noPid1?: { readonly said: string } | undefined;
}

/** In what every rehearsal is not ECS and Buildkite. */
export function differencesOf(
  { executor, pid1, agent, noPid1 }: Facts,
  lostAfter: number,
): readonly string[] {
  return [
    executor === 'container'
      ? `executor container: the images run here, on the network of this machine, with the ${agent} that is in them`
      : `executor ${executor}: no image is run; entry point and command are programs of this machine, with its files, its network and your rights; STOPSIGNAL, user and memory limit of the image are not in it; the agent is the ${agent}`,
    ...(pid1
      ? []
      : [
          `there is no real PID 1 here${noPid1 === undefined ? '' : ` (${noPid1.said})`}: what hangs on it cannot be judged, and counts as no pass (no-pid1-semantics)`,
        ]),
    `Buildkite and ECS are stand-ins: a silent agent is given up after ${String(lostAfter / 1000)} s, not after three to four minutes; the agent's token is the rig's; there is no repository to check out`,
  ];
}
