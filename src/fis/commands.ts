import { AwsRestJsonProtocol } from '@aws-sdk/core/protocols';
import { $Command } from '@aws-sdk/client-ecs';
import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import type { FisOperation } from '../model/call.ts';
import type { Sdk } from '../ecs/sdk.ts';

const SPACE = 'com.amazonaws.fis';

// In the SDK's terms: [3] a structure, [9] an operation, 0 a string, 15 whatever JSON there is.
const TEXT = 0;
const JSON_VALUE = 15;
/** Traits of a member: it stands in the path, or in the query. */
const IN_PATH = [TEXT, 1] as const;
const inQuery = (name: string) => [TEXT, { httpQuery: name }] as const;

type Members = Readonly<Record<string, unknown>>;

const TEMPLATE_ID: Members = { id: IN_PATH };
const PAGE: Members = { nextToken: inQuery('nextToken') };

/** The operations that gameday sends: method, path, what goes in (AWS FIS API reference). */
const OPERATIONS: Readonly<Record<FisOperation, readonly [string, string, Members]>> = {
  'fis:GetExperimentTemplate': ['GET', '/experimentTemplates/{id}', TEMPLATE_ID],
  'fis:GetExperiment': ['GET', '/experiments/{id}', TEMPLATE_ID],
  'fis:GetSafetyLever': ['GET', '/safetyLevers/{id}', TEMPLATE_ID],
  'fis:ListExperimentTemplates': ['GET', '/experimentTemplates', PAGE],
  'fis:ListExperiments': ['GET', '/experiments', PAGE],
  'fis:CreateExperimentTemplate': [
    'POST',
    '/experimentTemplates',
    {
      ...{ clientToken: TEXT, description: TEXT, roleArn: TEXT },
      ...{ stopConditions: JSON_VALUE, targets: JSON_VALUE, actions: JSON_VALUE, tags: JSON_VALUE },
    },
  ],
  'fis:StartExperiment': [
    'POST',
    '/experiments',
    { clientToken: TEXT, experimentTemplateId: TEXT, tags: JSON_VALUE },
  ],
  'fis:StopExperiment': ['DELETE', '/experiments/{id}', TEMPLATE_ID],
  'fis:DeleteExperimentTemplate': ['DELETE', '/experimentTemplates/{id}', TEMPLATE_ID],
};

/** What any of them answers; which member it is depends on the operation. */
const ANSWERED: Members = {
  ...{ experimentTemplate: JSON_VALUE, experiment: JSON_VALUE, safetyLever: JSON_VALUE },
  ...{ experimentTemplates: JSON_VALUE, experiments: JSON_VALUE, nextToken: TEXT },
};

function structureOf(name: string, members: Members): readonly unknown[] {
  return [3, SPACE, name, 0, Object.keys(members), Object.values(members)];
}

type Send = Sdk['reads']['send'];
type Config = Sdk['reads']['config'];
type Instructions = Parameters<typeof getEndpointPlugin>[1];

/** The command of one operation, for a client that is made with the configuration below. */
export function makeCommand(operation: FisOperation, input: object): Parameters<Send>[0] {
  const name = operation.slice('fis:'.length);
  const [method, path, members] = OPERATIONS[operation];
  const [request, answer] = [structureOf(`${name}Request`, members), structureOf(`${name}Answer`, ANSWERED)];
  const schema = [9, SPACE, name, { http: [method, path, 200] }, () => request, () => answer];
  const Command = $Command
    .classBuilder<object, object, Config>()
    .ep({
      UseFIPS: { type: 'builtInParams', name: 'useFipsEndpoint' },
      Endpoint: { type: 'builtInParams', name: 'endpoint' },
      Region: { type: 'builtInParams', name: 'region' },
      UseDualStack: { type: 'builtInParams', name: 'useDualstackEndpoint' },
    })
    .m((command: { getEndpointParameterInstructions(): Instructions }, _stack, config: Config) => [
      getEndpointPlugin(config, command.getEndpointParameterInstructions()),
    ])
    .s('FaultInjectionSimulator', name, {})
    .n('FisClient', `${name}Command`)
    .sc(schema as never)
    .build();
  return new Command(input) as never;
}

/** What makes a client of the SDK one of FIS: REST, its name in endpoints and signatures. */
export function configureFis({ reads }: Sdk): ECSClientConfig {
  const endpointOfEcs = reads.config.endpointProvider;
  const config = {
    ...{ serviceId: 'fis', signingName: 'fis' },
    protocol: AwsRestJsonProtocol,
    protocolSettings: { defaultNamespace: SPACE },
    // Its endpoints are named as those of ECS are in every partition: fis.REGION, fis-fips.REGION.
    endpointProvider: (...[parameters, context]: Parameters<typeof endpointOfEcs>) => {
      const found = endpointOfEcs(parameters, context);
      if (parameters.Endpoint !== undefined) return found;
      const url = new URL(found.url.href.replace(/^https:\/\/ecs(?=[.-])/, 'https://fis'));
      return { ...found, url };
    },
    httpAuthSchemeProvider: ({ region }: { readonly region?: string }) => [
      {
        schemeId: 'aws.auth#sigv4',
        signingProperties: { name: 'fis', region },
        propertiesExtractor: (config: unknown, context: unknown) => ({
          signingProperties: { config, context },
        }),
      },
    ],
  };
  // The SDK does not name all of them in the configuration of a client, so the object stands by itself first.
  return config;
}
