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
