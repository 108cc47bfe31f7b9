/** Somebody who sleeps until one of several things happens. What happens while he is awake is not missed. */
export class Waker {
  private ring?: () => void;
  private rung = false;

  /** Safe to hand around as a callback. */
  readonly wake = (): void => {
    this.rung = true;
    this.ring?.();
  };

  /** Until `wake`, or at most so long. */
  async sleep(milliseconds?: number): Promise<void> {
    if (!this.rung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.ring = resolve;
        if (milliseconds !== undefined) timer = setTimeout(resolve, milliseconds);
      });
      clearTimeout(timer);
    }
    this.rung = false;
  }
}
