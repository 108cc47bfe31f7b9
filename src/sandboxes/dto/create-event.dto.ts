import { ApiProperty, OmitType } from '@nestjs/swagger';
import { PullEvent } from '../../images/dto/pull-image.dto.js';

/** One line of a create that is followed: those of its pull, then one of `created` or `error`. */
export class CreateEvent extends OmitType(PullEvent, ['type']) {
  @ApiProperty({ enum: ['layer', 'pulled', 'created', 'error'] })
  type: 'layer' | 'pulled' | 'created' | 'error';

  /** With `created`. */
  @ApiProperty({ type: String })
  id?: string;

  /** With `created`. */
  @ApiProperty({ type: String })
  name?: string;

  /** With `created`; the first is the routing port. */
  @ApiProperty({ type: [String] })
  ports?: string[];
}
