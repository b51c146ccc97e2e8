import { describeChange, formatUntil, parseUndoMark, UNDO_TAG } from '../model/entities/undo-mark.ts';
import type { Service } from '../model/entities/task.ts';
import { listFacts } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/**
 * What a drill left on a service, or is about to put back itself, by the service's tag, and the command that puts it back;
 * null where there is no mark, or only that of the drill that asks (null: nobody's).
 */
export function explainLeftOver(service: Service, cluster: string, drill: string | null): string | null {
  const value = service.tags[UNDO_TAG];
  if (value === undefined) return null;
  const mark = parseUndoMark(value);
  if (mark !== null && mark.drill === drill) return null;
  if (mark === null)
    return `service ${service.name} has the tag ${UNDO_TAG} with a value that gameday did not write: "${value}"; look at the service, and then remove the tag: aws ecs untag-resource --resource-arn ${service.arn} --tag-keys ${UNDO_TAG}`;
  return `drill ${mark.drill} ${describeChange(mark)} (service ${service.name}) and has not put it back; it runs until ${formatUntil(mark)} at the latest, after that \`gameday drills abort --cluster ${lastPartOf(cluster)} --service ${service.name}\` puts it back`;
}

/** The name in an ARN, or the name itself. */
function lastPartOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** A service that another drill changed and has not put back is not drilled: what a stop shows there is not what it usually does. */
export const leftOver: Guard = {
  name: 'left-over',
  rule: 'No service in reach has the tag gameday:undo of another drill, which changed it and has not put it back.',
  reason: 'left-over',
  judge({ world, plan, drill }) {
    for (const service of listFacts(world, 'service')) {
      const said = explainLeftOver(service, plan.scenario.cluster.name, drill);
      if (said !== null) return refuses(said);
    }
    return holds('no service has the mark of another drill');
  },
};
