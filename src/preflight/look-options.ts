import type { Documents, Live } from './documents.ts';
import type { Places } from './report.ts';

export interface PreflightOptions {
  readonly taskDefinition: string | undefined;
  readonly service: string | undefined;
  readonly pipeline: string | undefined;
  readonly history: string | undefined;
  readonly imageConfig: string | undefined;
  readonly capacityProvider: string | undefined;
  readonly scenario: string | undefined;
  readonly cluster: string | undefined;
  readonly container: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly strict: boolean;
  readonly sarif: boolean;
  readonly insecure: boolean;
}

/** What is looked at: documents, facts of the running world, and what could not be read of it. */
export interface Look {
  readonly documents: Documents;
  readonly live: Live;
  readonly places: Places;
  readonly unread: readonly { readonly rule: string; readonly said: string }[];
  readonly container: string | undefined;
}
