import { randomUUID } from 'node:crypto';

const xmlns = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** The action of a request in the query protocol, in which STS is asked; undefined where it is none. */
export function queryAction(contentType: string | undefined, body: string): string | undefined {
  if (contentType?.startsWith('application/x-www-form-urlencoded') !== true) return undefined;
  return new URLSearchParams(body).get('Action') ?? '';
}

/** Answers for STS, at the door of ECS (ECS-101): who has the rig's key. No right is needed for that. */
export function answerSts(action: string, account: string, isOurs: boolean): Response {
  if (!isOurs)
    return refuse(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  if (action !== 'GetCallerIdentity')
    return refuse(400, 'InvalidAction', `the rig does not model ${action} of STS`);
  const identity = [
    `<Arn>arn:aws:iam::${account}:user/rig</Arn>`,
    `<UserId>AIDARIGRIGRIGRIGRIGRI</UserId>`,
    `<Account>${account}</Account>`,
  ];
  const result = `<GetCallerIdentityResult>${identity.join('')}</GetCallerIdentityResult>`;
  return xml(
    200,
    `<GetCallerIdentityResponse xmlns="${xmlns}">${result}${metadata()}</GetCallerIdentityResponse>`,
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
