/** What `gameday iam` is asked. */
export interface IamOptions {
  /** Scenario files, and folders of them. */
  readonly files: readonly string[];
  readonly account: string | undefined;
  readonly format: string;
  readonly uses: readonly string[];
  readonly launchType: string | undefined;
  /** A journal or a drill whose denials are looked at. */
  readonly check: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly out: string;
}
