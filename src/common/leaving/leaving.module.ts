import { Global, Module } from '@nestjs/common';
import { Leaving } from './leaving.js';

/** One for all rooms: it is the whole service that leaves. */
@Global()
@Module({ providers: [Leaving], exports: [Leaving] })
export class LeavingModule {}
