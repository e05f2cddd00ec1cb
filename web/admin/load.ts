/** Something that is asked of the server and shown: what came, that it is still coming, or why not. */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ended, entered, offline } from './app';
import { said } from './work';

export interface Loaded<T> { data: T | null; busy: boolean; slow: boolean; problem: string }
const SLOW_MS = 2500;

/** Loads when `deps` change, and again after a new sign-in and, where it failed, when the network is back; older
 *  answers never replace newer ones. */
export function useLoad<T>(ask: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[], pause = 0): Loaded<T> & { again: () => void; put: (data: T) => void } {
  const state: Signal<Loaded<T>> = useSignal<Loaded<T>>({ data: null, busy: true, slow: false, problem: '' });
  const round = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    state.value = { ...state.peek(), busy: true, slow: false, problem: '' };
    const slow = setTimeout(() => (state.value = { ...state.peek(), slow: true }), SLOW_MS);
    const timer = setTimeout(() => {
      ask(stop.signal).then(
        (data) => { if (!stop.signal.aborted) state.value = { data, busy: false, slow: false, problem: '' }; },
        (error: unknown) => {
          if (stop.signal.aborted || ended(error)) return;
          state.value = { ...state.peek(), busy: false, slow: false, problem: said(error) };
        },
      ).finally(() => clearTimeout(slow));
    }, pause);
    return () => { clearTimeout(timer); clearTimeout(slow); stop.abort(); };
  }, [...deps, round.value, entered.value]);
  useEffect(() => { if (!offline.value && state.peek().problem) round.value += 1; }, [offline.value]);
  return { ...state.value, again: () => (round.value += 1), put: (data) => (state.value = { data, busy: false, slow: false, problem: '' }) };
}
