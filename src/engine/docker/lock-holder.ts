import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Who holds a lock on an engine, told so that others can see that it has died: where it works, of which there is one at a time, and which process it
 * is. As a label: `<where>.<boot>.<pid namespace>.<pid>.<start>`.
 */
export class LockHolder {
  /** To be put on the lock. */
  readonly label: string;
  private readonly where: string;
  private readonly machine: string;

  /** `where`: one service at a time works there, such as an instance with its data directory. */
  constructor(where: string[]) {
    this.where = createHash('sha256').update(where.join('\0')).digest('hex').slice(0, 16);
    this.machine = machine();
    this.label = [this.where, this.machine, process.pid, startOf(process.pid) ?? ''].join('.');
  }

  /** Whether the holder of a lock that is in our way is certainly no more. Ask only when we have none ourselves. One elsewhere can't be looked at. */
  hasDied(label: string): boolean {
    const [where, boot, namespace, pid, start] = label.split('.');
    if (where === this.where) return true;
    if (start === undefined || `${boot}.${namespace}` !== this.machine) return false;
    return startOf(Number(pid)) !== start;
  }
}

/** Processes with the same of these can see each other: this boot of this kernel, this pid namespace. */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}.${readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')}`;
  } catch {
    return 'unknown.unknown'; // not Linux
  }
}

/** When a process started, in the kernel's ticks: with its pid it is that process and no later one. Undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold anything, brackets and blanks too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ['Z', 'X'].includes(fields[0]) ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
