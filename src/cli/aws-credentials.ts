import type { CredentialKeep } from '../ecs/credentials.ts';
import type { EcsOptions } from '../ecs/sdk.ts';
import { isAttendedTerminal } from './output.ts';
import type { Environment } from './output.ts';
import { askMfaCodeHere } from './prompt.ts';

/** Asks a person for the code of an MFA device; null: nobody is there. */
export type AskMfaCode = ((device: string) => Promise<string>) | null;

/** Asks for an MFA code at this terminal; null where nobody is there. */
export function codeAsker({ environment }: { readonly environment: Environment }): AskMfaCode {
  return isAttendedTerminal(environment) ? askMfaCodeHere : null;
}

const CREDENTIALS: CredentialKeep = { kept: null, fetching: null };

/** All clients of AWS in this process find the same credentials: they are fetched once, and a person is asked for one code. */
export function keepCredentials(askMfaCode: AskMfaCode): Pick<EcsOptions, 'keep' | 'askMfaCode'> {
  return { keep: CREDENTIALS, ...(askMfaCode === null ? {} : { askMfaCode }) };
}
