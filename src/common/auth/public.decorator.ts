import { SetMetadata } from '@nestjs/common';

export const PUBLIC = 'atoll:public';

/** This route needs no key. */
export const Public = () => SetMetadata(PUBLIC, true);
