import { Global, Module } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Instance } from './engine/instance.js';
import { MetaRepository } from './store/meta.repository.js';
import { Store } from './store/store.js';

/** Which Atoll this is: an id made once and kept in the store, so the store must be there before the engine is used. */
@Global()
@Module({
  providers: [
    {
      provide: Instance,
      inject: [Store, MetaRepository],
      useFactory: async (store: Store, meta: MetaRepository): Promise<Instance> => {
        await store.migrate();
        return { id: await meta.putIfAbsent('instance', randomUUID().slice(0, 13)) };
      },
    },
  ],
  exports: [Instance],
})
export class InstanceModule {}
