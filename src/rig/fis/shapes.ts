import * as z from 'zod';

const text = z.string().min(1);
const texts = z.record(text, z.string());

/** The actions that the rig can carry out (FIS-5 to FIS-8). */
export const actionIds = [
  'aws:ec2:send-spot-instance-interruptions',
  'aws:ecs:stop-task',
  'aws:ecs:drain-container-instances',
  'aws:fis:wait',
] as const;

const target = z.strictObject({
  resourceType: z.enum(['aws:ec2:spot-instance', 'aws:ecs:task', 'aws:ecs:cluster']),
  resourceArns: z.array(text).min(1).max(5).optional(),
  resourceTags: texts.optional(),
  filters: z.array(z.unknown()).max(0).optional(),
  selectionMode: z.string().regex(/^(ALL|COUNT\([1-9]\d*\)|PERCENT\(\d{1,3}\))$/),
  parameters: texts.optional(),
});
const action = z.strictObject({
  actionId: z.enum(actionIds),
  description: z.string().optional(),
  parameters: texts.optional(),
  targets: texts.optional(),
  startAfter: z.array(text).optional(),
});
const stopCondition = z.strictObject({
  source: z.enum(['none', 'aws:cloudwatch:alarm']),
  value: text.optional(),
});

/** CreateExperimentTemplate. */
export const createShape = z.strictObject({
  clientToken: text.max(1024),
  description: text.max(512),
  stopConditions: z.array(stopCondition).min(1).max(5),
  targets: z.record(text, target).default({}),
  actions: z.record(text, action),
  roleArn: z.string().min(20),
  tags: texts.default({}),
  experimentOptions: z
    .strictObject({
      accountTargeting: z.literal('single-account').default('single-account'),
      emptyTargetResolutionMode: z.enum(['fail', 'skip']).default('fail'),
    })
    .prefault({}),
});

/** StartExperiment. */
export const startShape = z.strictObject({
  clientToken: text.max(1024),
  experimentTemplateId: text,
  experimentOptions: z
    .strictObject({ actionsMode: z.enum(['run-all', 'skip-all']).default('run-all') })
    .prefault({}),
  tags: texts.default({}),
});

export type TemplateInput = z.infer<typeof createShape>;
export type StartInput = z.infer<typeof startShape>;
export type TargetInput = z.infer<typeof target>;
export type ActionInput = z.infer<typeof action>;
