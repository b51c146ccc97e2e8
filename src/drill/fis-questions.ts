import type { Fis } from '../fis/port.ts';
import type { Answer } from '../model/answer.ts';
import { assertNever } from '../model/errors.ts';
import type { Fact, KindFrom } from '../model/world.ts';
import { mapAnswer, type Of } from './ecs-questions.ts';

/** Asks AWS Fault Injection Service one question. */
export async function askFis(
  { kind, id }: Of<KindFrom<'FIS'>>,
  fis: Fis,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  switch (kind) {
    case 'fis-template':
      return mapAnswer(await fis.template(id, signal), (value) => [{ kind, id, value }]);
    case 'experiment':
      return mapAnswer(await fis.experiment(id, signal), (value) => [{ kind, id, value }]);
    case 'fis-of-drill':
      return mapAnswer(await fis.ofDrill(id, signal), (value) => [{ kind, id, value }]);
    case 'safety-lever':
      return mapAnswer(await fis.safetyLever(signal), (value) => [{ kind, id, value }]);
    default:
      return assertNever(kind);
  }
}
