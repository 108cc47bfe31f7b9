import { Logger } from '@nestjs/common';
import { EngineGate } from '../engine/engine-gate.js';
import type { SandboxLifecycle } from '../sandboxes/sandbox-lifecycle.js';
import { Endings } from './endings.js';

describe('ending what is due', () => {
  const told = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  for (const level of ['log', 'debug'] as const) vi.spyOn(Logger.prototype, level).mockReturnValue();
  const expire = vi.fn<SandboxLifecycle['expire']>();
  let gate: EngineGate;
  let endings: Endings;
  const sweep = async (...ids: string[]) => {
    for (const id of ids) endings.expire(id);
    await vi.advanceTimersByTimeAsync(1000);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    told.mockClear();
    expire
      .mockReset()
      .mockImplementation((id) => (id === 'stuck' ? Promise.reject(new Error('busy')) : Promise.resolve(true)));
    gate = new EngineGate();
    endings = new Endings({ expire } as unknown as SandboxLifecycle, gate);
  });
  afterEach(() => vi.useRealTimers());

  it('asks nothing of an engine that is away, and goes on when it is back', async () => {
    gate.shut();
    await sweep('a', 'b');
    expect(expire).not.toHaveBeenCalled();
    gate.reopen();
    await sweep('a', 'b');
    expect(expire).toHaveBeenCalledTimes(2);
  });

  it('tells of what fails once, tries it again less and less often, and holds nobody up by it', async () => {
    for (let second = 0; second < 130; second++) await sweep('stuck', `other-${second}`);
    expect(told).toHaveBeenCalledOnce();
    const tries = expire.mock.calls.filter(([id]) => id === 'stuck').length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(10);
    expect(expire.mock.calls.length - tries).toBe(130);
    expect(endings.held).toBe(1);
  });

  it('tries all at once that failed before the engine was back', async () => {
    for (let second = 0; second < 20; second++) await sweep('stuck');
    gate.shut();
    gate.reopen();
    expire.mockResolvedValue(true);
    await sweep('stuck');
    expect(expire).toHaveBeenLastCalledWith('stuck');
    expect(endings.held).toBe(0);
  });

  it('forgets what failed when its time is not come any more', async () => {
    await sweep('stuck');
    endings.forgetAllBut(new Set(['another']));
    expect(endings.held).toBe(0);
    await sweep('stuck');
    expect(told).toHaveBeenCalledTimes(2);
  });
});
