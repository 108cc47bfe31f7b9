/** Which Atoll this is: an id kept in the store, on the label of everything that is ours alone. */
export abstract class Instance {
  /** Stable over restarts; letters, digits and dashes, since names on the engine are made of it. */
  abstract readonly id: string;
}
