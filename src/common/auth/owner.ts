/** Who a sandbox belongs to. There is one key for now, and so one owner; the column and the checks are there. */
export const DEFAULT_OWNER = 'default';
