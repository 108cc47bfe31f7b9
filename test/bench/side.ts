/** Clears away what a measured step made; not measured itself. */
export type CleanUp = () => Promise<void>;

/** One way to have the work done: through Atoll, or through the engine's own API. Each step checks its outcome. */
export interface Side {
  readonly name: string;
  /** Makes what the steps but the first one work in. */
  open(): Promise<void>;
  /** A new sandbox, and `true` run in it to its end. */
  create(): Promise<CleanUp>;
  /** `true`, waited for, and its exit code read. */
  exec(): Promise<void>;
  /** A file of these bytes (ASCII) at this path. */
  write(path: string, content: Buffer): Promise<void>;
  read(path: string): Promise<Buffer>;
  /** The same with any bytes, as one would write and read what is large. */
  writeBytes(path: string, content: Buffer): Promise<void>;
  readBytes(path: string): Promise<Buffer>;
  /** A directory that holds so many files. */
  list(entries: number): Promise<void>;
  /** A command that says this many bytes of text, until it has ended and the client has them. */
  output(bytes: number): Promise<void>;
  /** The same bytes again: what was kept of them, or by `cat` where nothing is kept. */
  readOutput(bytes: number): Promise<void>;
  /** CPU milliseconds spent so far by the process that stands between client and engine; undefined where there is none. */
  cpuMs(): number | undefined;
  close(): Promise<void>;
}
