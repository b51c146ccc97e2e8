/** The long help of `gameday mcp`. */
export function mcpHelp(): string {
  return `An MCP client starts this command and speaks with it over stdin and stdout; it ends when stdin closes. Its tools are preflight, rehearse, plan (a dry run), doctor, validate, forecast, losses and the drills of this machine; its resources are the schemas and pages of gameday.

Nothing at Buildkite or AWS is changed. \`rehearse\` runs the commands of a task definition on this machine, and only with "yes": true. Only files that the client names are read.

Exit codes:
    0  the client has gone
    1  internal: a defect of gameday itself
    2  bad input: an argument is wrong`;
}
