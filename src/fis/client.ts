import { ECSClient } from '@aws-sdk/client-ecs';
import { ZodError } from 'zod';
import type { Called, Sdk } from '../ecs/sdk.ts';
import { UnusableAnswerError } from '../ecs/failure.ts';
import type { Answer, Hold, Outcome } from '../model/answer.ts';
import type { FisCall, FisOperation } from '../model/call.ts';
import { assertNever } from '../model/errors.ts';
import { DRILL_KEY } from '../model/entities/mark.ts';
import type { Fact } from '../model/world.ts';
import { readExperiment, readLever, readTagged, readTemplate } from './answers.ts';
import { configureFis, makeCommand } from './commands.ts';
import type { Fis } from './port.ts';

/** A listing without an end is given up: FIS keeps at most 500 templates and shows experiments of 120 days. */
const MOST_PAGES = 50;

/** An answer of FIS; which member it has depends on the operation. */
type Body = Readonly<Record<string, unknown>>;

/** The client of AWS Fault Injection Service, with the credentials, the handler and the rules of the client of ECS. */
export function createFisClient(sdk: Sdk): Fis {
  const { reads, once } = sdk.neighbours((config) => new ECSClient({ ...config, ...configureFis(sdk) }));

  async function read<T>(
    operation: FisOperation,
    input: object,
    signal: AbortSignal,
    readAnswer: (body: Body) => T,
  ): Promise<Answer<T>> {
    const ask = async (abortSignal: AbortSignal): Promise<T> => {
      const body = (await reads.send(makeCommand(operation, input), { abortSignal })) as unknown as Body;
      return readShape(() => readAnswer(body));
    };
    const called = await sdk.call(operation, signal, ask, undefined, 'FIS');
    return called.ok ? called : { ok: false, trouble: called.failure.trouble };
  }

  async function listTagged(
    operation: 'fis:ListExperimentTemplates' | 'fis:ListExperiments',
    drill: string,
    signal: AbortSignal,
  ): Promise<Answer<readonly { readonly id: string; readonly status: string }[]>> {
    const found: { readonly id: string; readonly status: string }[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const input = nextToken === undefined ? {} : { nextToken };
      const answer = await read(operation, input, signal, (body) => ({
        tagged: readTagged(body['experimentTemplates'] ?? body['experiments'], DRILL_KEY, drill),
        next: body['nextToken'],
      }));
      if (!answer.ok) return answer;
      found.push(...answer.value.tagged);
      if (typeof answer.value.next !== 'string' || answer.value.next === '') break;
      nextToken = answer.value.next;
    }
    return { ok: true, value: found };
  }

  async function send<T>(
    operation: FisOperation,
    input: object,
    signal: AbortSignal,
    hold: Hold | undefined,
    readAnswer: (body: Body) => T,
  ): Promise<Outcome<T>> {
    const called: Called<T> = await sdk.call(
      operation,
      signal,
      async (abortSignal) => {
        const body = (await once.send(makeCommand(operation, input), { abortSignal })) as unknown as Body;
        return readShape(() => readAnswer(body));
      },
      hold,
      'FIS',
    );
    if (called.ok) return called;
    return { ok: false, certainty: called.failure.certainty, trouble: called.failure.trouble };
  }

  return {
    template: (id, signal) =>
      read('fis:GetExperimentTemplate', { id }, signal, (body) => readTemplate(body['experimentTemplate'])),
    experiment: (id, signal) =>
      read('fis:GetExperiment', { id }, signal, (body) => readExperiment(body['experiment'])),
    async ofDrill(drill, signal) {
      const [templates, experiments] = await Promise.all([
        listTagged('fis:ListExperimentTemplates', drill, signal),
        listTagged('fis:ListExperiments', drill, signal),
      ]);
      if (!templates.ok) return templates;
      if (!experiments.ok) return experiments;
      const value = { templates: templates.value.map(({ id }) => id), experiments: [...experiments.value] };
      return { ok: true, value };
    },
    safetyLever: (signal) =>
      read('fis:GetSafetyLever', { id: 'default' }, signal, (body) => readLever(body['safetyLever'])),
    send(call, signal, hold) {
      const [operation, input] = requestOf(call);
      return send(operation, input, signal, hold, (body): readonly Fact[] => factsOf(call, body));
    },
  };
}

/** What each call sends. A client token makes the same call give the same template or experiment (API reference, clientToken). */
function requestOf(call: FisCall): readonly [FisOperation, object] {
  switch (call.kind) {
    case 'create-template':
      return [
        'fis:CreateExperimentTemplate',
        {
          clientToken: `gameday-${call.drill}`,
          description: `gameday ${call.drill}: one Spot interruption`,
          roleArn: call.role,
          stopConditions: [{ source: 'none' }],
          targets: {
            host: {
              ...{ resourceType: 'aws:ec2:spot-instance', resourceArns: [call.ec2Arn] },
              selectionMode: 'ALL',
            },
          },
          actions: {
            interrupt: {
              actionId: 'aws:ec2:send-spot-instance-interruptions',
              // The shortest there is: the notice comes at once, and two minutes after it the interruption.
              parameters: { durationBeforeInterruption: 'PT2M' },
              targets: { SpotInstances: 'host' },
            },
          },
          tags: { [DRILL_KEY]: call.drill },
        },
      ];
    case 'start-experiment':
      return [
        'fis:StartExperiment',
        {
          ...{ clientToken: `gameday-${call.drill}`, experimentTemplateId: call.template },
          tags: { [DRILL_KEY]: call.drill },
        },
      ];
    case 'stop-experiment':
      return ['fis:StopExperiment', { id: call.experiment }];
    case 'delete-template':
      return ['fis:DeleteExperimentTemplate', { id: call.template }];
    default:
      return assertNever(call);
  }
}

function factsOf(call: FisCall, body: Body): readonly Fact[] {
  switch (call.kind) {
    case 'create-template': {
      const { id } = readTemplate(body['experimentTemplate']);
      return [{ kind: 'fis-of-drill', id: call.drill, value: { templates: [id], experiments: [] } }];
    }
    case 'start-experiment':
    case 'stop-experiment': {
      const value = readExperiment(body['experiment']);
      return [{ kind: 'experiment', id: value.id, value }];
    }
    case 'delete-template':
      return [];
    default:
      return assertNever(call);
  }
}

/** An answer of another shape than the API's is told as such. */
function readShape<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ZodError)
      throw new UnusableAnswerError(
        `something of an unexpected shape at ${error.issues[0]?.path.join('.') ?? ''}`,
      );
    throw error;
  }
}
