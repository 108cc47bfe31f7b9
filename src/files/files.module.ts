import { Module } from '@nestjs/common';
import { GuestModule } from '../guest/guest.module.js';
import { SandboxesModule } from '../sandboxes/sandboxes.module.js';
import { FileBytesService } from './file-bytes.service.js';
import { FileCallsController } from './file-calls.controller.js';
import { FileChangesService } from './file-changes.service.js';
import { FileSearchController } from './file-search.controller.js';
import { FileSearchService } from './file-search.service.js';
import { FileTreesService } from './file-trees.service.js';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';

@Module({
  imports: [GuestModule, SandboxesModule],
  controllers: [FilesController, FileCallsController, FileSearchController],
  providers: [FilesService, FileBytesService, FileChangesService, FileTreesService, FileSearchService],
})
export class FilesModule {}
