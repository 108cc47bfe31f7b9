import { Module } from '@nestjs/common';
import { ImagePolicy } from './image-policy.js';
import { ImagePulls } from './image-pulls.js';
import { ImageRemoval } from './image-removal.js';
import { ImageUpkeep } from './image-upkeep.js';
import { ImageUse } from './image-use.js';
import { ImagesController } from './images.controller.js';
import { ImagesService } from './images.service.js';
import { PullsService } from './pulls.service.js';
import { RegistryCredentials } from './registry-credentials.js';

@Module({
  controllers: [ImagesController],
  providers: [
    ImagePolicy,
    ImagePulls,
    ImageRemoval,
    ImageUpkeep,
    ImageUse,
    ImagesService,
    PullsService,
    RegistryCredentials,
  ],
  exports: [ImageUpkeep, ImageUse],
})
export class ImagesModule {}
