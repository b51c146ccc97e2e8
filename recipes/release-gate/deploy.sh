#!/bin/bash
# Your own deployment. It must not return before the rollout has begun.
set -euo pipefail
definition=$(aws ecs register-task-definition --cli-input-json file://game-day/task.json --query taskDefinition.taskDefinitionArn --output text)
aws ecs update-service --cluster build-prod --service build-agents --task-definition "$definition" > /dev/null
