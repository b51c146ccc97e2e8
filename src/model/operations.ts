/** Every operation of Amazon ECS that gameday can send: the client takes no other word, and what is said of rights covers them all. */
export type EcsOperation =
  | 'DescribeClusters'
  | 'DescribeServices'
  | 'ListTasks'
  | 'DescribeTasks'
  | 'DescribeTaskDefinition'
  | 'DescribeContainerInstances'
  | 'GetTaskProtection'
  | 'DescribeCapacityProviders'
  | 'StopTask'
  | 'UpdateService'
  | 'UpdateTaskProtection'
  | 'UpdateContainerInstancesState'
  | 'TagResource'
  | 'UntagResource';

/** Every operation of AWS Fault Injection Service that gameday can send, with the prefix that tells it from one of ECS. */
export type FisOperation =
  | 'fis:GetExperimentTemplate'
  | 'fis:GetExperiment'
  | 'fis:GetSafetyLever'
  | 'fis:ListExperimentTemplates'
  | 'fis:ListExperiments'
  | 'fis:CreateExperimentTemplate'
  | 'fis:StartExperiment'
  | 'fis:StopExperiment'
  | 'fis:DeleteExperimentTemplate';

/** Every operation of Application Auto Scaling that gameday can send. */
export type ScalingOperation =
  | 'DescribeScalableTargets'
  | 'DescribeScalingPolicies'
  | 'DescribeScheduledActions'
  | 'DescribeScalingActivities'
  | 'RegisterScalableTarget';

/** Every operation of AWS, but STS's GetCallerIdentity, which needs no right. */
export type AwsOperation = EcsOperation | ScalingOperation | FisOperation;

/** The operation as AWS's pages name it; null where there is none. */
export function nameOperation(operation: AwsOperation | null): string | null {
  return operation?.replace('fis:', '') ?? null;
}
