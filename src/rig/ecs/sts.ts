import { randomUUID } from 'node:crypto';
import { StsError } from './roles.ts';
import type { Caller, Roles } from './roles.ts';

const xmlns = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** The form of a request in the query protocol, in which STS is asked; undefined where it is none. */
export function queryForm(contentType: string | undefined, body: string): URLSearchParams | undefined {
  if (contentType?.startsWith('application/x-www-form-urlencoded') !== true) return undefined;
  return new URLSearchParams(body);
}

/** Answers for STS, at the door of ECS (ECS-101, ECS-102). `caller` has the key of the request; null: the rig gave no such key. */
export async function answerSts(
  form: URLSearchParams,
  caller: Caller | null,
  roles: Roles,
): Promise<Response> {
  const action = form.get('Action') ?? '';
  // The token of the web identity takes the place of a signature.
  if (action === 'AssumeRoleWithWebIdentity') return assume(form, roles);
  if (caller === null)
    return refuse(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  if (action !== 'GetCallerIdentity')
    return refuse(400, 'InvalidAction', `the rig does not model ${action} of STS`);
  const { arn, userId, account } = caller;
  return answerWith(action, `<Arn>${arn}</Arn><UserId>${userId}</UserId><Account>${account}</Account>`);
}

async function assume(form: URLSearchParams, roles: Roles): Promise<Response> {
  try {
    const { keyId, secret, token, expiresAt, caller } = await roles.assume({
      roleArn: form.get('RoleArn') ?? '',
      session: form.get('RoleSessionName') ?? '',
      token: form.get('WebIdentityToken') ?? '',
      durationS: Number(form.get('DurationSeconds') ?? 3600),
    });
    const credentials = [
      ...[`<AccessKeyId>${keyId}</AccessKeyId>`, `<SecretAccessKey>${secret}</SecretAccessKey>`],
      ...[
        `<SessionToken>${token}</SessionToken>`,
        `<Expiration>${new Date(expiresAt).toISOString()}</Expiration>`,
      ],
    ];
    const user = `<AssumedRoleUser><Arn>${caller.arn}</Arn><AssumedRoleId>${caller.userId}</AssumedRoleId></AssumedRoleUser>`;
    return answerWith(
      'AssumeRoleWithWebIdentity',
      `<Credentials>${credentials.join('')}</Credentials>${user}`,
    );
  } catch (error) {
    if (error instanceof StsError) return refuse(error.status, error.code, error.message);
    throw error;
  }
}

function answerWith(action: string, result: string): Response {
  return xml(
    200,
    `<${action}Response xmlns="${xmlns}"><${action}Result>${result}</${action}Result>${metadata()}</${action}Response>`,
  );
}

function refuse(status: number, code: string, message: string): Response {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return xml(
    status,
    `<ErrorResponse xmlns="${xmlns}">${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  );
}

function metadata(): string {
  return `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
}

function xml(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/xml' } });
}
