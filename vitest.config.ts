import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests on real processes and servers: generous, because a busy machine is slow and a slow test is not a wrong one. */
const spawning = { testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 3 };

/** What `npm test` plays of the drills. */
const MATRIX = 'test/e2e/matrix-{assert,disturbed,drain,loss,safety}.test.ts';

/** Projects whose files take minutes: they begin first, so that at the end no long one is left alone. */
const FIRST = ['long', 'every-event'];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isFirst = ({ project }: TestSpecification): boolean => FIRST.includes(project.name);
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongOnesFirst },
    // @oclif/test and the CLI's own streams need the real console.
    disableConsoleIntercept: true,
    pool: 'forks',
    maxWorkers: 4,
    passWithNoTests: false,
    // As bin/run.js does: the SDK's notice about future releases concerns whoever upgrades it.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          setupFiles: ['test/support/seed.ts'],
          // Pure rooms keep nothing between two files, and to load them anew for each costs a third of the whole.
          isolate: false,
          testTimeout: 120_000,
          // Every room's tests but those that play the rig: a new room's are among them without a word here.
          include: ['test/*/**/*.test.ts'],
          exclude: ['test/{contract,docs,e2e,live,long,rig}/**'],
        },
      },
      {
        extends: true,
        test: { name: 'rig', isolate: false, include: ['test/{rig,contract}/**/*.test.ts'], ...spawning },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [MATRIX, 'test/docs/{links,schema-fit}.test.ts'],
          ...spawning,
        },
      },
      // What every fault, trigger and command does, played: `npm run test:long`, for `npm test` is to be over in five minutes.
      {
        extends: true,
        test: {
          name: 'drills',
          include: ['test/e2e/*.test.ts', 'test/docs/commands.test.ts'],
          exclude: [MATRIX],
          ...spawning,
        },
      },
      // The same tests as in `unit`, which let a runner die at some events: here at each.
      {
        extends: true,
        test: {
          name: 'every-event',
          env: { GAMEDAY_EVERY_EVENT: '1' },
          include: [
            'test/drill/{clock-jumps,resume}.test.ts',
            'test/faults/{builds,command,spot-by-fis,undone}.test.ts',
          ],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          setupFiles: ['test/support/seed.ts'],
          include: ['test/long/**/*.test.ts'],
          // Those need an engine beside them: `npm run test:containers` starts one.
          exclude: ['test/long/{containers,image}.test.ts'],
          ...spawning,
          testTimeout: 900_000,
        },
      },
      // Against the real services: `npm run test:live`, with an account of one's own. CI never runs it.
      {
        extends: true,
        test: { name: 'live', include: ['test/live/live.test.ts'], ...spawning },
      },
      {
        extends: true,
        test: {
          name: 'containers',
          include: ['test/long/{containers,image}.test.ts'],
          ...spawning,
          testTimeout: 900_000,
        },
      },
    ],
  },
});
