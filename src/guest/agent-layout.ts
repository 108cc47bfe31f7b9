/** Where our things lie inside a sandbox; the agent and docs/agent-protocol.md say the same. */
export const AGENT_PATH = '/.atoll/bin/agent';
export const RUN_PATH = '/.atoll/run';
