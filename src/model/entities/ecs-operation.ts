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
  | 'UpdateContainerInstancesState';
