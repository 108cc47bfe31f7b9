import { Module } from '@nestjs/common';
import { AgentCommands } from './agent-commands.js';
import { AgentFiles } from './agent-files.js';
import { AgentSetup } from './agent-setup.js';
import { AgentStats } from './agent-stats.js';
import { FileStreams } from './file-streams.js';
import { FileWatch } from './file-watch.js';
import { Guests } from './guests.js';
import { TransportProbe } from './transport-probe.js';

/** Everything that speaks to the agents. The engine and the store come from global modules. */
@Module({
  providers: [Guests, AgentCommands, AgentFiles, AgentSetup, AgentStats, FileStreams, FileWatch, TransportProbe],
  exports: [Guests, AgentCommands, AgentFiles, AgentSetup, AgentStats, FileStreams, FileWatch],
})
export class GuestModule {}
