/** What a card may ask of the page that shows it. The desk shows cards with an empty host: the same
 *  picture, nothing to press. */
import { signal, type Signal } from '@preact/signals';
import { store } from '../prefs';
import type { Identity, Media, State } from '../types';

export interface CardHost {
  /** False for older cards whose questions are settled; their chips are shown but not offered. */
  live?: boolean;
  choose?: (token: string, title: string) => void;
  say?: (text: string) => void;
  /** Opens the way to a person, in a mode if it is known. */
  handoff?: (mode?: Media) => void;
  cancelHandoff?: () => void;
  rate?: (ticket: string, score: number, comment: string) => boolean;
  state?: State | null;
  identity?: Identity | null;
}

/** A set of ticked ids, kept on this device under `key`. */
const sets = new Map<string, Signal<ReadonlySet<string>>>();

export function ticks(key: string): Signal<ReadonlySet<string>> {
  let made = sets.get(key);
  if (!made) {
    let saved: string[] = [];
    try {
      saved = JSON.parse(store.get(`sg.tick.${key}`) ?? '[]') as string[];
    } catch {
      /* unreadable: start empty */
    }
    made = signal<ReadonlySet<string>>(new Set(Array.isArray(saved) ? saved : []));
    sets.set(key, made);
  }
  return made;
}

export function setTick(key: string, id: string, on: boolean): void {
  const current = ticks(key);
  const next = new Set(current.value);
  if (on) next.add(id);
  else next.delete(id);
  current.value = next;
  store.set(`sg.tick.${key}`, next.size ? JSON.stringify([...next]) : null);
}

export function clearTicks(key: string): void {
  ticks(key).value = new Set();
  store.set(`sg.tick.${key}`, null);
}

/** Prints one element alone: the style sheet hides everything outside `.print-me`. */
export function printOnly(node: Element | null | undefined): void {
  if (!node) return;
  node.classList.add('print-me');
  document.body.dataset.print = '1';
  const clean = (): void => {
    node.classList.remove('print-me');
    delete document.body.dataset.print;
    removeEventListener('afterprint', clean);
  };
  addEventListener('afterprint', clean);
  window.print();
}
