/** Where the focus goes when what had it is gone: never to the top of the page. */
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';

const STEP_MS = 50;
const TRIES = 20;

/** True when the focus is nowhere: what had it was removed or may not be used any more. */
export function lost(): boolean {
  const now = document.activeElement as (HTMLElement & { disabled?: boolean }) | null;
  return !now || now === document.body || !now.isConnected || now.disabled === true;
}

export function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

/** Once the page has followed and no dialog is open: the focus goes to the first of `selectors` that is
 *  there, if it was lost. */
export function keepFocus(...selectors: string[]): void {
  let left = TRIES;
  const look = (): void => {
    const there = document.querySelector('dialog[open]') ? undefined : selectors.find((selector) => document.querySelector(selector));
    if (there) {
      if (lost()) focusOn(there);
    } else if ((left -= 1) > 0) setTimeout(look, STEP_MS);
  };
  setTimeout(look, STEP_MS);
}

/** A list whose rows go when they are dealt with: `gone(i)` keeps the focus on the row that takes the place
 *  of the i-th, or on the title of the page when there is none. `rows`: what the list is made from. */
export function useNextRow(rows: unknown): { gone: (i: number) => void; list: { current: HTMLUListElement | null } } {
  const list = useRef<HTMLUListElement>(null);
  const waiting = useRef<number | null>(null), before = useRef(rows);
  const tick = useSignal(0);
  useLayoutEffect(() => {
    const i = waiting.current;
    if (before.current !== rows) waiting.current = null;
    before.current = rows;
    if (i === null || !lost()) return;
    const left = list.current?.children;
    const next = left?.[Math.min(i, left.length - 1)] as HTMLElement | undefined;
    if (next) next.focus();
    else focusOn('#view-title');
  }, [rows, tick.value]);
  return { list, gone: (i) => { waiting.current = i; tick.value += 1; } };
}
