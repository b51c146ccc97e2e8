import { join } from 'node:path';
import { z } from 'zod';
import { exportsIn, startCli } from '../../support/cli.ts';
import { agentFlags } from './agents.ts';
import type { AgentChoice } from './agents.ts';
import { drill, inFolder, surroundings } from './case.ts';
import type { Played } from './case.ts';
import { writeCase, writeScenario } from './files.ts';
import type { CaseFiles } from './files.ts';
import { whenProven } from './gates.ts';
import type { Opens } from './gates.ts';

const Counts = z.object({
  stopTaskLanded: z.record(z.string(), z.number()),
  foreign: z.number(),
  /** Requests by the names of their operations. */
  buildkite: z.record(z.string(), z.number()),
  ecs: z.record(z.string(), z.number()),
});
const Told = z.object({ ok: z.boolean(), result: z.unknown() });
const State = z.object({
  builds: z.array(z.object({ buildId: z.string(), number: z.number(), state: z.string() })),
  jobs: z.array(
    z.object({
      jobId: z.string(),
      step: z.string().nullable(),
      agentId: z.string().nullable(),
      state: z.string(),
    }),
  ),
  agents: z.array(z.object({ agentId: z.string(), tags: z.array(z.string()) })),
});

/** How a drill is run against a rig that stands by itself. */
export interface RunChoice {
  readonly scenario?: CaseFiles['scenario'];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly opens?: Opens;
}

/** A rig in a process of its own, and what can be done with it. */
export interface Standing {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  run(choice?: RunChoice): Promise<Played>;
  /** Does a verb of the script's through the control endpoint. */
  act(action: { readonly do: string } & Readonly<Record<string, unknown>>): Promise<unknown>;
  counts(): Promise<z.infer<typeof Counts>>;
  state(): Promise<z.infer<typeof State>>;
}

/** Keeps `gameday rig up` running for as long as the work takes. */
export async function standing(
  given: CaseFiles & { readonly agent?: AgentChoice },
  work: (stage: Standing) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await writeCase(folder, given);
    const rig = startCli(
      ['rig', 'up', join(folder, 'rig.yaml'), ...agentFlags(given.agent ?? 'stand-in')],
      folder,
      surroundings(folder),
    );
    try {
      await rig.said('The rig runs');
      const env = { ...exportsIn(rig.stdout()), GAMEDAY_STATE_DIR: join(folder, 'state') };
      await work(stageIn(folder, env, given));
    } finally {
      rig.child.kill('SIGINT');
      await rig.ended;
    }
  });
}

let scenarios = 0;

function stageIn(folder: string, env: Readonly<Record<string, string>>, given: CaseFiles): Standing {
  const control = env['GAMEDAY_RIG_CONTROL'] ?? '';
  const act: Standing['act'] = async (action) => {
    const body = JSON.stringify(action);
    const answer = await fetch(`${control}/do`, { method: 'POST', body });
    return Told.parse(await answer.json()).result;
  };
  return {
    folder,
    env,
    act,
    counts: async () => Counts.parse(await (await fetch(`${control}/counts`)).json()),
    state: async () => State.parse(await act({ do: 'state' })),
    run: async (choice = {}) => {
      scenarios += 1;
      const file = await writeScenario(
        folder,
        { ...given, scenario: { ...given.scenario, ...choice.scenario } },
        `scenario-${String(scenarios)}.yaml`,
      );
      const args = ['run', file, ...(choice.args ?? ['--yes'])];
      return drill(folder, args, { ...env, ...choice.env }, choice.opens ?? whenProven);
    },
  };
}
