import type { Answer, Hold, Outcome } from '../model/answer.ts';
import type { FisCall } from '../model/call.ts';
import type { Experiment, FisOfDrill, FisTemplate, SafetyLever } from '../model/entities/experiment.ts';
import type { Fact } from '../model/world.ts';

/** The port to AWS Fault Injection Service. */
export interface Fis {
  /** One template by id. */
  template(id: string, signal: AbortSignal): Promise<Answer<FisTemplate>>;
  /** One experiment by id. */
  experiment(id: string, signal: AbortSignal): Promise<Answer<Experiment>>;
  /** Every template and every experiment with the drill's tag. */
  ofDrill(drill: string, signal: AbortSignal): Promise<Answer<FisOfDrill>>;
  /** The safety lever of the account in this region. */
  safetyLever(signal: AbortSignal): Promise<Answer<SafetyLever>>;
  /**
   * Sends one mutating call, exactly once. What a drill creates carries its tag and a client token of its own, so that the
   * same call sent again gives the same template or experiment. `hold` as in the port of ECS.
   */
  send(call: FisCall, signal: AbortSignal, hold?: Hold): Promise<Outcome<readonly Fact[]>>;
}
