import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The agent's binary for an architecture, as `bin/up` and the image build it, or the one that the configuration names. */
export async function readAgentBinary(architecture: string, configured?: string): Promise<Buffer> {
  const beside = fileURLToPath(new URL(`../../dist-agent/atoll-agent-linux-${architecture}`, import.meta.url));
  try {
    return await readFile(configured ?? beside);
  } catch (error) {
    const what = configured
      ? 'ATOLL_AGENT_PATH cannot be read'
      : `there is no agent for ${architecture}: build it with bin/up, or set ATOLL_AGENT_PATH`;
    throw new Error(what, { cause: error });
  }
}
