import type { Listener } from '../config/config.ts';
import { type Place, type Scene, waveOf } from './scene.ts';

/**
 * Where a command runs that is to run once: on the first target that it fits, and in a fleet that switches in waves
 * only in the first wave that has one. Going back counts anew.
 */
export class Once {
  readonly #waves = new Map<string, number>();

  /** Of these targets the first; none where an earlier wave had one. */
  of(places: readonly Place[], command: string, { event, index }: Listener, scene: Scene): readonly Place[] {
    const key = JSON.stringify([event, index, scene.back === true, command]);
    const { number } = waveOf(scene);
    if ((this.#waves.get(key) ?? number) < number) return [];
    if (places.length > 0) this.#waves.set(key, number);
    return places.slice(0, 1);
  }
}
