import { $Command, STSClient } from '@aws-sdk/nested-clients/sts';
import type {
  AssumeRoleCommandInput,
  AssumeRoleCommandOutput,
  STSClientResolvedConfig,
} from '@aws-sdk/nested-clients/sts';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import { z } from 'zod';
import { AbortedError, DeadlineError, withDeadline } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import { makeTrouble, toOneLine } from '../http/trouble.ts';
import type { Answer, Trouble } from '../model/answer.ts';
import type { Caller } from '../model/entities/surroundings.ts';
import type { EcsOptions, Sdk } from './sdk.ts';

// The SDK's providers of credentials bring a client of STS with the operations that they need. This is one more in its terms
// (AWS STS API Reference, GetCallerIdentity): [4] what goes in, [5] what comes out, [0, 0]: two strings.
const SPACE = 'com.amazonaws.sts';
const REQUEST = [3, SPACE, 'GetCallerIdentityRequest', 0, [], []] as const;
const RESPONSE = [3, SPACE, 'GetCallerIdentityResponse', 0, ['Account', 'Arn'], [0, 0]] as const;
const OPERATION = [9, SPACE, 'GetCallerIdentity', 0, () => REQUEST, () => RESPONSE] as const;

const GetCallerIdentity = $Command
  .classBuilder<AssumeRoleCommandInput, AssumeRoleCommandOutput, STSClientResolvedConfig>()
  .ep({
    UseGlobalEndpoint: { type: 'builtInParams', name: 'useGlobalEndpoint' },
    UseFIPS: { type: 'builtInParams', name: 'useFipsEndpoint' },
    Endpoint: { type: 'builtInParams', name: 'endpoint' },
    Region: { type: 'builtInParams', name: 'region' },
    UseDualStack: { type: 'builtInParams', name: 'useDualstackEndpoint' },
  })
  .m((command: Parameters<typeof instructionsOf>[0], _stack, config: STSClientResolvedConfig) => [
    getEndpointPlugin(config, instructionsOf(command)),
  ])
  .s('AWSSecurityTokenServiceV20110615', 'GetCallerIdentity', {})
  .n('STSClient', 'GetCallerIdentityCommand')
  .sc(OPERATION as never)
  .build();

type Instructions = Parameters<typeof getEndpointPlugin>[1];

function instructionsOf(command: { getEndpointParameterInstructions(): Instructions }): Instructions {
  return command.getEndpointParameterInstructions();
}

const Identity = z.object({ Account: z.string().regex(/^\d{12}$/), Arn: z.string().startsWith('arn:') });

/** Whom AWS takes us for. Asks STS with the credentials, the handler and the rules of the client of ECS. */
export async function readCaller(
  { reads: { config } }: Sdk,
  options: EcsOptions,
  signal: AbortSignal,
): Promise<Answer<Caller>> {
  const { credentials, requestHandler, region } = config;
  const client = new STSClient({
    ...{ credentials, requestHandler, region, maxAttempts: 2, retryMode: 'standard' },
    ...(options.loopbackOnly ? { useFipsEndpoint: false, useDualstackEndpoint: false } : {}),
    // The rig answers for STS where it answers for ECS.
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
  });
  let host = 'STS';
  client.middlewareStack.add(
    (next) => async (args) => {
      host = hostOf(args.request) ?? host;
      return next(args);
    },
    { step: 'finalizeRequest', name: 'gamedayHost' },
  );
  try {
    const input = {} as AssumeRoleCommandInput;
    const answer: unknown = await withDeadline(signal, options.timeoutMs ?? 10_000, (abortSignal) =>
      client.send(new GetCallerIdentity(input), { abortSignal }),
    );
    const identity = Identity.safeParse(answer);
    if (!identity.success)
      return { ok: false, trouble: makeTrouble('garbage', `STS (${host}) named no account and no ARN`) };
    return { ok: true, value: { account: identity.data.Account, arn: identity.data.Arn } };
  } catch (error) {
    return { ok: false, trouble: troubleOf(error, host) };
  }
}

const Request = z.object({ hostname: z.string(), port: z.number().optional(), protocol: z.string() });

function hostOf(request: unknown): string | null {
  const parsed = Request.safeParse(request);
  if (!parsed.success) return null;
  const { hostname, port, protocol } = parsed.data;
  return `${hostname}:${String(port ?? (protocol === 'http:' ? 80 : 443))}`;
}

function troubleOf(error: unknown, host: string): Trouble {
  if (error instanceof AbortedError) return makeTrouble('aborted', 'GetCallerIdentity was interrupted');
  if (error instanceof DeadlineError)
    return makeTrouble('timeout', `STS (${host}) gave ${error.message} to GetCallerIdentity`);
  const network = networkFailureOf(error, host);
  if (network !== null) return makeTrouble(network.kind, `STS: ${network.said} at GetCallerIdentity`);
  // The SDK found no credentials, so nothing was asked.
  if (error instanceof Error && /^(Credentials|Token)ProviderError/.test(error.name))
    return makeTrouble('unauthorized', toOneLine(error.message));
  const said = error instanceof Error ? toOneLine(`${error.name}: ${error.message}`) : 'no reason given';
  return makeTrouble('refused', `STS (${host}) did not answer GetCallerIdentity: ${said}`);
}
