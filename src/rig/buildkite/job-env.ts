import type { Agent, Build, CommandJob, World } from './model.ts';

/** The whole environment of a job, as the accept answer carries it. */
export function jobEnv(world: World, job: CommandJob, agent: Agent): Readonly<Record<string, string>> {
  const { build, step } = job;
  return {
    ...buildEnv(world, build),
    BUILDKITE_STEP_ID: job.stepUuid,
    BUILDKITE_STEP_KEY: step.key ?? '',
    BUILDKITE_JOB_ID: job.uuid,
    BUILDKITE_LABEL: job.label ?? '',
    BUILDKITE_SCRIPT_PATH: job.command,
    BUILDKITE_RETRY_COUNT: String(job.retriesCount),
    BUILDKITE_TIMEOUT: step.timeoutMs === null ? 'false' : String(step.timeoutMs / 60_000),
    BUILDKITE_ARTIFACT_PATHS: step.artifactPaths ?? '',
    ...(step.plugins === null ? {} : { BUILDKITE_PLUGINS: step.plugins }),
    BUILDKITE_AGENT_ID: agent.uuid,
    BUILDKITE_AGENT_NAME: agent.name,
    ...parallel(job),
    ...tagEnv(agent),
    ...build.env,
    ...job.env,
    BUILDKITE_COMMAND: job.command,
  };
}

function buildEnv(world: World, build: Build): Readonly<Record<string, string>> {
  const { pipeline } = build;
  const buildUrl = `${world.url}/${world.organization.slug}/${pipeline.slug}/builds/${build.number}`;
  return {
    BUILDKITE: 'true',
    CI: 'true',
    BUILDKITE_ORGANIZATION_SLUG: world.organization.slug,
    BUILDKITE_ORGANIZATION_ID: world.organization.uuid,
    BUILDKITE_PIPELINE_SLUG: pipeline.slug,
    BUILDKITE_PIPELINE_NAME: pipeline.slug,
    BUILDKITE_PIPELINE_ID: pipeline.uuid,
    BUILDKITE_PIPELINE_DEFAULT_BRANCH: pipeline.defaultBranch,
    BUILDKITE_PIPELINE_PROVIDER: 'git',
    // A repository is required by the agent, and none is ever cloned: workers skip the checkout.
    BUILDKITE_REPO: `git@rig.invalid:${world.organization.slug}/${pipeline.slug}.git`,
    BUILDKITE_SKIP_CHECKOUT: 'true',
    BUILDKITE_COMMIT: build.commit,
    BUILDKITE_COMMIT_RESOLVED: 'true',
    BUILDKITE_BRANCH: build.branch,
    BUILDKITE_TAG: '',
    BUILDKITE_MESSAGE: build.message,
    BUILDKITE_SOURCE: build.source,
    BUILDKITE_PULL_REQUEST: 'false',
    BUILDKITE_BUILD_ID: build.uuid,
    BUILDKITE_BUILD_NUMBER: String(build.number),
    BUILDKITE_BUILD_URL: buildUrl,
    BUILDKITE_BUILD_AUTHOR: build.author?.name ?? '',
    BUILDKITE_BUILD_AUTHOR_EMAIL: build.author?.email ?? '',
    BUILDKITE_BUILD_CREATOR: build.createdBy.name,
    BUILDKITE_BUILD_CREATOR_EMAIL: build.createdBy.email,
    BUILDKITE_REBUILT_FROM_BUILD_ID: build.rebuiltFrom?.uuid ?? '',
  };
}

function parallel(job: CommandJob): Readonly<Record<string, string>> {
  if (job.parallelIndex === null || job.parallelTotal === null) return {};
  return {
    BUILDKITE_PARALLEL_JOB: String(job.parallelIndex),
    BUILDKITE_PARALLEL_JOB_COUNT: String(job.parallelTotal),
  };
}

function tagEnv(agent: Agent): Readonly<Record<string, string>> {
  return Object.fromEntries(
    agent.tags.map((tag) => {
      const [key = '', ...value] = tag.split('=');
      return [`BUILDKITE_AGENT_META_DATA_${key.toUpperCase().replace(/\W/g, '_')}`, value.join('=')];
    }),
  );
}
