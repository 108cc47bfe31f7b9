import type { Duplex } from 'node:stream';
import type { Peer } from './handshake.js';

/** A stream whose other end has proven to be that sandbox's agent. */
export interface ProvenStream {
  stream: Duplex;
  peer: Peer;
}

/** One way for a byte stream to a sandbox's agent to come about; `offer` takes each proven one. */
export interface Connector {
  /** Gets ready, before the sandbox is started. */
  open(offer: (proven: ProvenStream) => void): Promise<void>;
  /** Somebody waits for a session. Throws where it is known that none can come; how long to wait is the caller's business. */
  wanted(): Promise<void>;
  close(): Promise<void>;
}
