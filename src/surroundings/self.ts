import { z } from 'zod';
import type { Self } from '../model/entities/surroundings.ts';
import { OversizeAnswerError } from '../http/bounded.ts';
import { withDeadline } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import { sendRequest } from '../http/request.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const TaskDocument = z.object({ TaskARN: z.string() });

function readEnvironmentVariable(environment: Environment, name: string): string | null {
  const value = environment[name];
  return value === undefined || value === '' ? null : value;
}

/**
 * What the runner runs on: the ECS task, from the container metadata endpoint (`<URI>/task`, field TaskARN), and the
 * Buildkite job, from the variables that an agent sets. Signs of either without an answer are `unresolved`, never "none".
 */
export async function readSelf(
  environment: Environment,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Self> {
  const uri =
    readEnvironmentVariable(environment, 'ECS_CONTAINER_METADATA_URI_V4') ??
    readEnvironmentVariable(environment, 'ECS_CONTAINER_METADATA_URI');
  const task = uri === null ? { arn: null, why: null } : await taskAt(uri, timeoutMs, signal);
  const agentId = readEnvironmentVariable(environment, 'BUILDKITE_AGENT_ID');
  const jobId = readEnvironmentVariable(environment, 'BUILDKITE_JOB_ID');
  const inBuildkite =
    readEnvironmentVariable(environment, 'BUILDKITE') === 'true' || agentId !== null || jobId !== null;
  const nameless = inBuildkite && (agentId === null || jobId === null);
  return {
    taskArn: task.arn,
    agentId,
    jobId,
    buildId: readEnvironmentVariable(environment, 'BUILDKITE_BUILD_ID'),
    triggeringBuildId: readEnvironmentVariable(environment, 'BUILDKITE_TRIGGERED_FROM_BUILD_ID'),
    unresolved:
      task.why ??
      (nameless
        ? 'the environment says that this is a Buildkite job, but BUILDKITE_AGENT_ID or BUILDKITE_JOB_ID is missing'
        : null),
  };
}

const isOk = (status: number): boolean => status >= 200 && status <= 299;

async function taskAt(
  uri: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly arn: string | null; readonly why: string | null }> {
  const unresolved = (why: string): { arn: null; why: string } => ({
    arn: null,
    why: `the ECS metadata endpoint that the environment names ${why}`,
  });
  try {
    return await withDeadline(signal, timeoutMs, async (inner) => {
      const { status, body } = await sendRequest(new URL(`${uri.replace(/\/$/, '')}/task`), {
        method: 'GET',
        signal: inner,
        wantsBody: isOk,
      });
      if (!isOk(status)) return unresolved(`answers HTTP ${String(status)}`);
      const parsed = TaskDocument.safeParse(JSON.parse(new TextDecoder().decode(body)));
      return parsed.success ? { arn: parsed.data.TaskARN, why: null } : unresolved('names no task');
    });
  } catch (error) {
    if (error instanceof OversizeAnswerError) return unresolved(`gives an answer that ${error.message}`);
    const failure = networkFailureOf(error, uri);
    return unresolved(failure === null ? 'gives no usable answer' : `does not answer: ${failure.said}`);
  }
}
