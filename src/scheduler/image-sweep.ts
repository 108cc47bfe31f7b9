import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Config } from '../config/config.js';
import { ImageUpkeep } from '../images/image-upkeep.js';

/** So many of the sweep's intervals lie between two looks at the images. */
const SWEEPS = 30;

/** Removes images that were pulled and are not used any more, where that is wanted. */
@Injectable()
export class ImageSweep implements OnApplicationBootstrap {
  private readonly logger = new Logger(ImageSweep.name);
  private running = false;

  constructor(
    private readonly config: Config,
    private readonly registry: SchedulerRegistry,
    private readonly upkeep: ImageUpkeep,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.upkeep.wanted) return;
    this.registry.addInterval(
      ImageSweep.name,
      setInterval(() => void this.sweep(), this.config.sweepIntervalMs * SWEEPS),
    );
  }

  private async sweep(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      await this.upkeep.run();
    } catch (error) {
      this.logger.warn({ err: error as Error }, 'could not look after the images; trying again');
    } finally {
      this.running = false;
    }
  }
}
