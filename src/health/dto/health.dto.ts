import { ApiProperty } from '@nestjs/swagger';

export class Healthy {
  @ApiProperty({ enum: ['healthy'] })
  status: 'healthy';
}

export class Unhealthy {
  @ApiProperty({ enum: ['unhealthy'] })
  status: 'unhealthy';

  /**
   * What is wrong, for a person.
   * @example "the container engine does not answer"
   */
  error: string;
}

/** One thing that the service needs. */
export class PartHealth {
  /** `degraded`: it works, but somebody should look at it. */
  @ApiProperty({ enum: ['up', 'degraded', 'down'] })
  status: 'up' | 'degraded' | 'down';

  /**
   * What is wrong, for a person.
   * @example "the data directory is full"
   */
  message?: string;
}

export class PartsHealth {
  /** Whether the database answers. */
  store: PartHealth;

  /** Whether its schema is that of this build. */
  migrations: PartHealth;

  /** Whether the data directory can be written, and has space left. */
  data_directory: PartHealth;

  /** Whether the container engine answers. */
  engine: PartHealth;
}

export class Ready extends Healthy {
  parts: PartsHealth;
}

export class NotReady extends Unhealthy {
  parts: PartsHealth;
}
