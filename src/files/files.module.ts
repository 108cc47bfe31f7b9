import { Module } from '@nestjs/common';
import { GuestModule } from '../guest/guest.module.js';
import { SandboxesModule } from '../sandboxes/sandboxes.module.js';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';

@Module({ imports: [GuestModule, SandboxesModule], controllers: [FilesController], providers: [FilesService] })
export class FilesModule {}
